/* synrl sweep: a script with every combination of options, side by side, and what came of it as a
 * table. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "engine/pool.h"
#include "plugin/host.h"
#include "sweep/grid.h"
#include "sweep/sweep_display.h"

enum { VALUES_MAX = 100000, METRICS_MAX = 16 };

struct request {
    struct sweep_options options;
    bool json, quiet;
    const char *metrics; /* by commas; NULL: the usual ones */
    json_t *grid;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
    (void)number;
    interrupted = 1;
}

/* The command line ----------------------------------------------------------------------------- */

/* A word as a script would have it: an integer, a number, true or false, else a string. */
static json_t *value_of(const char *text, size_t length) {
    char word[256], *end;
    snprintf(word, sizeof word, "%.*s", (int)length, text);
    if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0) {
        return json_boolean(strcmp(word, "true") == 0);
    }
    errno = 0;
    const long long integer = strtoll(word, &end, 10);
    if (end != word && *end == '\0' && errno == 0) {
        return json_integer(integer);
    }
    return json_stringn(text, length); /* as it was written: 1e-3 stays 1e-3 */
}

/* "1..5" */
static bool add_range(json_t *values, const char *text, size_t length) {
    char word[64], *end;
    snprintf(word, sizeof word, "%.*s", (int)length, text);
    errno = 0;
    const long long first = strtoll(word, &end, 10);
    if (end == word || strncmp(end, "..", 2) != 0) {
        return false;
    }
    const char *second = end + 2;
    const long long last = strtoll(second, &end, 10);
    if (end == second || *end != '\0' || errno != 0 || last < first || last - first >= VALUES_MAX) {
        return false;
    }
    for (long long value = first; value <= last; value++) {
        json_array_append_new(values, json_integer(value));
    }
    return true;
}

static int add_option(struct request *request, const char *word) {
    const char *equals = strchr(word, '=');
    if (equals == NULL || equals == word) {
        return misused("\"%s\": options are written key=value,value or key=1..5", word);
    }
    char key[128];
    snprintf(key, sizeof key, "%.*s", (int)(equals - word), word);
    if (json_object_get(request->grid, key) != NULL) {
        return misused("option \"%s\" is given twice", key);
    }
    json_t *values = json_array();
    json_object_set_new(request->grid, key, values);
    for (const char *item = equals + 1;; item++) {
        const size_t length = strcspn(item, ",");
        if (!add_range(values, item, length)) {
            json_array_append_new(values, value_of(item, length));
        }
        item += length;
        if (*item == '\0') {
            return EXIT_DONE;
        }
    }
}

static bool read_count(const char *text, size_t min, size_t *count) {
    char *end;
    errno = 0;
    const unsigned long value = strtoul(text, &end, 10);
    *count = value;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && value >= min &&
           value <= 100000;
}

static int parse_value(struct request *request, const char *flag, const char *value) {
    struct sweep_options *options = &request->options;
    if (value == NULL) {
        return misused("%s needs a value", flag);
    }
    bool good = true;
    char *end = NULL;
    if (strcmp(flag, "-j") == 0) {
        good = read_count(value, 1, &options->jobs);
    } else if (strcmp(flag, "--threads") == 0) {
        good = read_count(value, 1, &options->threads);
    } else if (strcmp(flag, "--retries") == 0) {
        good = read_count(value, 0, &options->retries);
    } else if (strcmp(flag, "--runs") == 0) {
        options->runs = value;
    } else if (strcmp(flag, "--metric") == 0) {
        request->metrics = value;
    } else {
        options->shard = strtoul(value, &end, 10);
        good = *end == '/' && read_count(end + 1, 1, &options->n_shards) && options->shard >= 1 &&
               options->shard <= options->n_shards;
    }
    return good ? EXIT_DONE : misused("%s: \"%s\" is no value for it", flag, value);
}

static int parse(struct request *request, int argc, char **argv) {
    static const char *const with_value[] = {"-j",     "--threads", "--retries",
                                             "--runs", "--metric",  "--shard"};
    struct {
        const char *name;
        bool *flag;
    } switches[] = {{"--json", &request->json},
                    {"--quiet", &request->quiet},
                    {"--fail-fast", &request->options.fail_fast},
                    {"--fresh", &request->options.fresh}};
    for (int i = 1; i < argc; i++) {
        int code = EXIT_DONE;
        bool found = false;
        for (size_t f = 0; f < sizeof with_value / sizeof with_value[0] && !found; f++) {
            if (strcmp(argv[i], with_value[f]) == 0) {
                found = true;
                i++;
                code = parse_value(request, with_value[f], i < argc ? argv[i] : NULL);
            }
        }
        for (size_t f = 0; f < sizeof switches / sizeof switches[0] && !found; f++) {
            if (strcmp(argv[i], switches[f].name) == 0) {
                found = *switches[f].flag = true;
            }
        }
        if (!found && strcmp(argv[i], "--no-record") == 0) {
            request->options.record = false;
        } else if (!found && argv[i][0] == '-') {
            code = misused("unknown option %s; see `synrl help`", argv[i]);
        } else if (!found && request->options.script == NULL) {
            request->options.script = argv[i];
        } else if (!found) {
            code = add_option(request, argv[i]);
        }
        if (code != EXIT_DONE) {
            return code;
        }
    }
    return request->options.script != NULL
               ? EXIT_DONE
               : misused("which script? write synrl sweep SCRIPT n=1,2,3 seed=1..5 -j 2");
}

/* The table ------------------------------------------------------------------------------------ */

/* What is compared most; a result may hold them under a name: adaptive.accuracy. */
static bool is_usual(const char *metric) {
    static const char *const usual[] = {"accuracy", "valid_accuracy", "loss", "valid_loss",
                                        "value"};
    const char *dot = strrchr(metric, '.'), *last = dot != NULL ? dot + 1 : metric;
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        if (strcmp(last, usual[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_wanted(const struct request *request, const char *metric) {
    if (request->metrics == NULL) {
        return is_usual(metric);
    }
    const size_t length = strlen(metric);
    for (const char *at = strstr(request->metrics, metric); at != NULL;
         at = strstr(at + 1, metric)) {
        if ((at == request->metrics || at[-1] == ',') &&
            (at[length] == ',' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}

static int compare_names(const void *a, const void *b) {
    const char *const *left = a, *const *right = b;
    return strcmp(*left, *right);
}

/* The metrics of all groups that are shown; of none of the usual, all. */
static size_t choose_metrics(const struct request *request, const json_t *groups,
                             const char *names[METRICS_MAX]) {
    size_t n = 0;
    for (int usual = 1; usual >= 0 && n == 0; usual--) {
        for (size_t g = 0; g < json_array_size(groups); g++) {
            const char *metric;
            json_t *value;
            json_object_foreach(json_object_get(json_array_get(groups, g), "mean"), metric, value) {
                bool known = n == METRICS_MAX || (usual == 1 && !is_wanted(request, metric));
                for (size_t i = 0; i < n && !known; i++) {
                    known = strcmp(names[i], metric) == 0;
                }
                if (!known) {
                    names[n++] = metric;
                }
            }
        }
    }
    qsort(names, n, sizeof *names, compare_names);
    return n;
}

static void print_value(const json_t *value, int width) {
    char text[64] = "";
    if (json_is_string(value)) {
        snprintf(text, sizeof text, "%s", json_string_value(value));
    } else if (json_is_number(value)) {
        snprintf(text, sizeof text, "%.6g", json_number_value(value));
    } else if (value != NULL) {
        snprintf(text, sizeof text, "%s", json_is_true(value) ? "true" : "false");
    }
    printf("%-*s  ", width, text);
}

static void print_statistics(const json_t *group, const char *metric) {
    const json_t *mean = json_object_get(json_object_get(group, "mean"), metric);
    const json_t *stdev = json_object_get(json_object_get(group, "stdev"), metric);
    const json_t *ci95 = json_object_get(json_object_get(group, "ci95"), metric);
    char text[64] = "-";
    if (stdev != NULL) {
        snprintf(text, sizeof text, "%.5g +- %.2g (%.2g)", json_real_value(mean),
                 json_real_value(ci95), json_real_value(stdev));
    } else if (mean != NULL) {
        snprintf(text, sizeof text, "%.5g", json_real_value(mean));
    }
    printf("  %-28s", text);
}

static void print_table(const struct request *request, const json_t *results) {
    const json_t *groups = json_object_get(results, "groups");
    const char *names[METRICS_MAX], *key;
    json_t *values;
    const size_t n = choose_metrics(request, groups, names);
    json_object_foreach(request->grid, key, values) {
        if (strcmp(key, "seed") != 0) {
            printf("%-12s  ", key);
        }
    }
    printf("%4s %6s %7s", "n", "failed", "missing");
    for (size_t i = 0; i < n; i++) {
        printf("  %-28s", names[i]);
    }
    puts("");
    for (size_t g = 0; g < json_array_size(groups); g++) {
        const json_t *group = json_array_get(groups, g);
        json_object_foreach(request->grid, key, values) {
            if (strcmp(key, "seed") != 0) {
                print_value(json_object_get(json_object_get(group, "parameters"), key), 12);
            }
        }
        printf("%4lld %6lld %7lld", (long long)json_integer_value(json_object_get(group, "n")),
               (long long)json_integer_value(json_object_get(group, "failed")),
               (long long)json_integer_value(json_object_get(group, "missing")));
        for (size_t i = 0; i < n; i++) {
            print_statistics(group, names[i]);
        }
        puts("");
    }
    printf("mean +- half of the 95%% confidence interval over seeds (standard deviation)\n");
}

/* Running -------------------------------------------------------------------------------------- */

struct watcher {
    struct core *core;
    struct sweep_display display;
};

static synrl_status watch(void *context, const struct job_counts *counts, size_t n_failed) {
    struct watcher *watcher = context;
    if (interrupted != 0) {
        return core_fail(watcher->core, SYNRL_STOPPED,
                         "interrupted; the same command finishes what is missing");
    }
    return sweep_show(&watcher->display, counts, n_failed);
}

static void log_line(void *context, synrl_log_level level, const char *line) {
    (void)context;
    (void)level;
    fprintf(stderr, "%ssynrl: %s\n", isatty(STDERR_FILENO) != 0 ? "\r\033[K" : "", line);
}

static int carry_out(struct core *core, struct request *request) {
    struct watcher watcher = {core, {request->quiet, isatty(STDERR_FILENO) != 0, 0, 0}};
    json_t *results = NULL, *cells = sweep_cells(request->grid);
    request->options.tick = watch;
    request->options.tick_context = &watcher;
    if (request->options.threads == 0) {
        request->options.threads = pool_size(core->pool);
    }
    const synrl_status status =
        cells != NULL ? sweep_run(core, &request->options, cells, &results) : SYNRL_NO_MEMORY;
    json_decref(cells);
    if (status != SYNRL_OK) {
        fprintf(stderr, "synrl: %s\n", core->message);
        return interrupted != 0 ? EXIT_INTERRUPTED : EXIT_ERROR;
    }
    bool is_written = true;
    if (request->json) {
        is_written = output_json(stdout, results);
    } else {
        print_table(request, results);
    }
    const json_int_t n_failed = json_integer_value(json_object_get(results, "failed"));
    if (request->options.record) {
        index_runs(request->options.runs);
    }
    const char *file = json_string_value(json_object_get(results, "file"));
    if (file != NULL && !request->quiet) {
        fprintf(stderr, "kept in %s; synrl report %s shows its runs\n", file, file);
    }
    json_decref(results);
    if (n_failed > 0) {
        fprintf(stderr, "synrl: %lld cells failed\n", (long long)n_failed);
    }
    if (!is_written) {
        fprintf(stderr, "synrl: not enough memory to write JSON\n");
    }
    return n_failed > 0 || !is_written ? EXIT_ERROR : EXIT_DONE;
}

int command_sweep(int argc, char **argv) {
    struct request request = {.options = {.runs = "runs", .record = true, .jobs = 1},
                              .grid = json_object()};
    int code = parse(&request, argc, argv);
    if (code == EXIT_DONE) {
        const struct sigaction action = {.sa_handler = on_signal};
        const struct core_options options = {.log = log_line};
        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
        struct core *core = core_create(&options);
        if (core == NULL) {
            fprintf(stderr, "synrl: not enough memory\n");
            code = EXIT_ERROR;
        } else {
            code = carry_out(core, &request);
        }
        core_destroy(core);
    }
    json_decref(request.grid);
    return code;
}
