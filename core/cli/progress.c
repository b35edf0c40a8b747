/* SPDX-License-Identifier: MIT */
/* What a person sees of a run. All goes to stderr, so that stdout is the script's. */
#include "cli/progress.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"

/* Seconds between two lines. */
#define TERMINAL_INTERVAL 0.1
#define FILE_INTERVAL 5.0

static unsigned terminal_columns(void) {
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

void progress_clear(struct progress *progress) {
    if (progress->line_is_open) {
        fputs("\r\033[K", stderr);
        progress->line_is_open = false;
    }
}

/* The line while it runs ----------------------------------------------------------------------- */

struct line {
    char text[256];
    size_t length;
};

static void add(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct line *line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const size_t room = sizeof line->text - line->length;
    const int written = vsnprintf(line->text + line->length, room, format, arguments);
    va_end(arguments);
    if (written > 0) {
        line->length += (size_t)written < room ? (size_t)written : room - 1;
    }
}

static void add_time_left(struct line *line, double seconds) {
    const unsigned long left = seconds < 1e7 ? (unsigned long)seconds : 9999999UL;
    if (left >= 3600) {
        add(line, "  %lu:%02lu:%02lu left", left / 3600, left / 60 % 60, left % 60);
    } else {
        add(line, "  %lu:%02lu left", left / 60, left % 60);
    }
}

static void add_share(struct line *line, const char *name, double share) {
    if (!isnan(share)) {
        add(line, "  %s %.1f%%", name, 100 * share);
    }
}

/* The name comes last: it may be cut off. */
static void compose_line(struct line *line, const struct progress *progress,
                         const struct metrics *metrics, double time) {
    const double n_done = (double)(metrics->iteration - progress->first);
    const double rate = n_done / fmax(time - progress->start, 1e-9);
    add(line, "%" PRIu64 "/%" PRIu64 "  %.0f it/s", metrics->iteration, progress->iterations, rate);
    if (rate > 0) {
        add_time_left(line, (double)(progress->iterations - metrics->iteration) / rate);
    }
    add(line, "  loss %.4g", metrics->loss);
    if (progress->n_steps > 0) {
        add(line, "  rewarded %.0f%%",
            100 * (double)progress->n_rewarded / (double)progress->n_steps);
    }
    add_share(line, "accuracy", metrics->accuracy);
    add_share(line, "valid", metrics->valid_accuracy);
    add(line, "  %s", progress->name);
}

static synrl_status count_reward(void *context, uint64_t iteration, int reward) {
    (void)iteration;
    struct progress *progress = context;
    if (progress->depth == 1) {
        progress->n_steps++;
        progress->n_rewarded += reward > 0;
    }
    return SYNRL_OK;
}

static synrl_status show(void *context, const struct metrics *metrics) {
    struct progress *progress = context;
    const double time = clock_seconds();
    const double interval = progress->is_terminal ? TERMINAL_INTERVAL : FILE_INTERVAL;
    if (progress->depth != 1 || time - progress->last < interval) {
        return SYNRL_OK;
    }
    struct line line = {.length = 0};
    compose_line(&line, progress, metrics, time);
    progress->last = time;
    progress->n_steps = progress->n_rewarded = 0;
    if (progress->is_terminal) {
        fprintf(stderr, "\r%.*s\033[K", (int)terminal_columns() - 1, line.text);
        progress->line_is_open = true;
    } else {
        fprintf(stderr, "%s\n", line.text);
    }
    return SYNRL_OK;
}

static void begin_run(void *context, const struct trainer *trainer) {
    struct progress *progress = context;
    if (progress->depth++ == 0) {
        struct summary summary;
        trainer_summary(trainer, &summary);
        progress->name = trainer_options(trainer)->name;
        progress->iterations = trainer_options(trainer)->iterations;
        progress->first = summary.iterations;
        progress->start = progress->last = clock_seconds();
        progress->n_steps = progress->n_rewarded = 0;
    }
}

/* The table at the end ------------------------------------------------------------------------- */

/* "valid_accuracy" as "valid accuracy". */
static void print_title(const char *name) {
    char title[METRIC_NAME_SIZE];
    snprintf(title, sizeof title, "%s", name);
    for (char *c = title; *c != '\0'; c++) {
        *c = (char)(*c == '_' ? ' ' : *c);
    }
    fprintf(stderr, "  %-15s ", title);
}

/* What is not known, and what has not happened, is left out. */
static void print_metrics(const struct metric_names *own, const struct metrics *last) {
    for (size_t i = 0; i < metric_count(own); i++) {
        const struct metric *metric = metric_at(i);
        const double value = metric_value(last, i);
        if (!metric->in_summary || isnan(value) || (metric->is_count && value <= 0)) {
            continue;
        }
        print_title(metric_name(own, i));
        if (metric->is_count) {
            fprintf(stderr, "%" PRIu64 "\n", metric_value_count(last, i));
        } else if (metric->is_share) {
            fprintf(stderr, "%.2f%%\n", 100 * value);
        } else {
            fprintf(stderr, "%.6g\n", value);
        }
    }
}

static void print_summary(const char *name, const struct metric_names *own,
                          const struct summary *summary, synrl_status outcome, bool has_diverged) {
    const double seconds = summary->seconds;
    const char *how = has_diverged               ? "diverged"
                      : outcome == SYNRL_OK      ? "done"
                      : outcome == SYNRL_STOPPED ? "stopped"
                                                 : "failed";
    fprintf(stderr, "%s: %s%s%s, %" PRIu64 " iterations in %.2f s", name, how,
            summary->stopped[0] != '\0' ? ": " : "", summary->stopped, summary->iterations,
            seconds);
    if (seconds > 0) {
        fprintf(stderr, " (%.0f it/s)", (double)summary->iterations / seconds);
    }
    fputs("\n", stderr);
    print_metrics(own, &summary->last);
    if (summary->weights_hash != 0) { /* a failed run has none */
        fprintf(stderr, "  %-16s%016" PRIx64 "\n", "weights hash", summary->weights_hash);
    }
}

static void print_plot(const struct trainer *trainer, const struct recorder *recorder) {
    struct core *core = dataset_core(trainer_options(trainer)->data);
    char *text = NULL;
    if (recorder_plot_text(recorder, terminal_columns(), &text) == SYNRL_OK) {
        fputs(text, stderr);
    } else {
        fprintf(stderr, "synrl: no plot: %s\n", core->message);
    }
    core_free(core, text);
}

static void end_run(void *context, const struct trainer *trainer, const struct recorder *recorder,
                    synrl_status outcome) {
    struct progress *progress = context;
    progress->depth--;
    progress_clear(progress);
    struct summary summary;
    trainer_summary(trainer, &summary);
    print_summary(trainer_options(trainer)->name, trainer_metric_names(trainer), &summary, outcome,
                  trainer_has_diverged(trainer));
    if (recorder != NULL) {
        fprintf(stderr, "  %-16s%s\n", "run", recorder_folder(recorder));
    }
    const bool is_whole = outcome == SYNRL_OK || outcome == SYNRL_STOPPED;
    if (recorder != NULL && progress->plot && is_whole) {
        print_plot(trainer, recorder);
    }
}

void progress_init(struct progress *progress, bool plot) {
    *progress = (struct progress){
        .display = {.context = progress,
                    .begin = begin_run,
                    .end = end_run,
                    .observer = {.context = progress, .reward = count_reward, .tick = show}},
        .is_terminal = isatty(STDERR_FILENO) == 1,
        .plot = plot,
    };
}
