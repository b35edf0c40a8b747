/* SPDX-License-Identifier: MIT */
/* The errors of a classifier, as a table and as pictures. */
#include "draw/mistakes.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"
#include "draw/gnuplot.h"
#include "draw/mosaic.h"
#include "synrl/utf8.h"
#include "train/derive.h"
#include "train/evaluate.h"

enum {
    CLASSES_MAX = 30, /* for which a picture of a confusion matrix has room */
    SIDE_MAX = 64,    /* of an image that is drawn */
    ROWS = 4,
    CHARACTERS_MAX = 20, /* of a name in a picture */
    NAME_SIZE = 4 * CHARACTERS_MAX + 4
};

/* The network's predictions for the validation set, or without one for the training set. */
struct predictions {
    struct dataset *set;
    const synrl_data *data;
    struct evaluation evaluation;
};

static synrl_status predict(struct core *core, const struct trainer *trainer,
                            struct predictions *predictions) {
    const struct train_options *options = trainer_options(trainer);
    struct tensors weights;
    predictions->set = trainer_judged_data(trainer);
    predictions->data = dataset_data(predictions->set);
    SYNRL_TRY(trainer_tensors(core, trainer, &weights));
    const synrl_status status = evaluate(core, options->model, &weights, NULL, predictions->set,
                                         true, &predictions->evaluation);
    tensors_free(core, &weights);
    return status;
}

static bool has_classes(const struct trainer *trainer) {
    const synrl_data *data = dataset_data(trainer_judged_data(trainer));
    const size_t n_outputs = trainer_layout(trainer)->n_outputs;
    return data->labels != NULL && n_outputs > 1 && n_outputs <= CONFUSION_CLASSES_MAX;
}

/* The name of a class, or its number. */
static const char *class_name(const synrl_data *data, size_t label, char number[NUMBER_SIZE]) {
    snprintf(number, NUMBER_SIZE, "%zu", label);
    return data->class_names != NULL && label < data->n_classes ? data->class_names[label] : number;
}

/* The same for a picture: in UTF-8, on one line, and not too long. */
static void short_name(const synrl_data *data, size_t label, char name[NAME_SIZE]) {
    char number[NUMBER_SIZE];
    const char *from = class_name(data, label, number);
    size_t n = 0, n_characters = 0;
    while (*from != '\0' && n_characters++ < CHARACTERS_MAX) {
        const size_t length = synrl_utf8_character(from, strlen(from));
        const bool is_printed = length > 1 || (length == 1 && !iscntrl((unsigned char)*from));
        memcpy(name + n, is_printed ? from : "?", length > 0 ? length : 1);
        n += length > 0 ? length : 1;
        from += length > 0 ? length : 1;
    }
    strcpy(name + n, *from != '\0' ? "..." : "");
}

/* Confusion ------------------------------------------------------------------------------------ */

/* As RFC 4180 asks for, but on one line. */
static void write_field(FILE *stream, const char *text) {
    const size_t n = strlen(text);
    const bool has_blank =
        n > 0 && (isblank((unsigned char)text[0]) || isblank((unsigned char)text[n - 1]));
    const bool is_quoted = n == 0 || has_blank || strpbrk(text, "\",") != NULL;
    fputs(is_quoted ? "\"" : "", stream);
    for (; *text != '\0'; text++) {
        fputs(*text == '"' ? "\"" : "", stream);
        fputc(iscntrl((unsigned char)*text) ? '?' : *text, stream);
    }
    fputs(is_quoted ? "\"" : "", stream);
}

static void write_confusion(FILE *stream, const struct predictions *predictions) {
    const size_t n = predictions->evaluation.n_classes;
    char number[NUMBER_SIZE];
    fputs("actual", stream);
    for (size_t label = 0; label < n; label++) {
        fputc(',', stream);
        write_field(stream, class_name(predictions->data, label, number));
    }
    for (size_t actual = 0; actual < n; actual++) {
        fputc('\n', stream);
        write_field(stream, class_name(predictions->data, actual, number));
        for (size_t predicted = 0; predicted < n; predicted++) {
            fprintf(stream, ",%" PRIu64, predictions->evaluation.confusion[actual * n + predicted]);
        }
    }
    fputc('\n', stream);
}

static synrl_status save_confusion(struct core *core, const struct predictions *predictions,
                                   const char *folder) {
    struct draft *draft;
    char *path = core_printf(core, "%s/confusion.csv", folder);
    if (path == NULL) {
        return SYNRL_NO_MEMORY;
    }
    synrl_status status = draft_begin(core, path, &draft);
    if (status == SYNRL_OK) {
        write_confusion(draft_stream(draft), predictions);
        status = draft_commit(draft);
    }
    core_free(core, path);
    return status;
}

synrl_status confusion_write(struct core *core, const struct trainer *trainer, const char *folder) {
    struct predictions predictions;
    const size_t n = dataset_data(trainer_judged_data(trainer))->n_classes;
    if (n > CONFUSION_CLASSES_MAX) {
        core_log(core, SYNRL_LOG_INFO,
                 "%s: there is no confusion.csv of %zu classes, only of up to %d", folder, n,
                 CONFUSION_CLASSES_MAX);
    }
    if (!has_classes(trainer)) {
        return SYNRL_OK;
    }
    SYNRL_TRY(predict(core, trainer, &predictions));
    const synrl_status status = save_confusion(core, &predictions, folder);
    evaluation_free(core, &predictions.evaluation);
    return status;
}

static synrl_status draw_confusion(struct core *core, const struct predictions *predictions,
                                   const char *folder) {
    const size_t n = predictions->evaluation.n_classes;
    char name[NAME_SIZE];
    FILE *script;
    if (n > CLASSES_MAX) {
        return SYNRL_OK;
    }
    SYNRL_TRY(gnuplot_begin(core, &script));
    fprintf(script, "n_classes = %zu\narray names[%zu]\n", n, n);
    for (size_t label = 0; label < n; label++) {
        short_name(predictions->data, label, name);
        gnuplot_entry(script, "names", label + 1, name);
    }
    fputs("$cells << END\n", script);
    for (size_t actual = 0; actual < n; actual++) {
        const uint64_t *row = predictions->evaluation.confusion + actual * n;
        uint64_t total = 0;
        for (size_t predicted = 0; predicted < n; predicted++) {
            total += row[predicted];
        }
        for (size_t predicted = 0; predicted < n; predicted++) {
            fprintf(script, "%zu %zu %g %" PRIu64 "\n", predicted, actual,
                    (double)row[predicted] / (double)(total > 0 ? total : 1), row[predicted]);
        }
    }
    fputs("END\n", script);
    return gnuplot_picture(core, script, PICTURE_CONFUSION, folder);
}

/* Mistakes ------------------------------------------------------------------------------------- */

struct mistake {
    size_t sample;
    float margin; /* output of the predicted class minus that of the actual one */
};

static int by_margin(const void *left, const void *right) {
    const struct mistake *a = left, *b = right;
    if (a->margin < b->margin || a->margin > b->margin) {
        return a->margin < b->margin ? 1 : -1;
    }
    return a->sample < b->sample ? -1 : 1;
}

static int32_t actual_class(const struct predictions *predictions, size_t sample) {
    return predictions->data->labels[dataset_row(predictions->set, sample)];
}

/* All errors, the worst first. */
static size_t find_mistakes(const struct predictions *predictions, struct mistake *mistakes) {
    const struct evaluation *evaluation = &predictions->evaluation;
    size_t n = 0;
    for (size_t s = 0; s < evaluation->n_samples; s++) {
        const int32_t actual = actual_class(predictions, s), predicted = evaluation->predicted[s];
        if (actual != predicted) {
            const float *outputs = evaluation->outputs + s * evaluation->n_outputs;
            mistakes[n++] = (struct mistake){s, outputs[predicted] - outputs[actual]};
        }
    }
    qsort(mistakes, n, sizeof *mistakes, by_margin);
    return n;
}

/* The worst mistakes. */
struct shown {
    const struct predictions *predictions;
    const struct mistake *mistakes;
};

/* Of three channels, or the mean of others. */
static double value_of(const void *context, size_t m, size_t y, size_t x, size_t channel) {
    const struct shown *shown = context;
    const struct dataset *set = shown->predictions->set;
    const synrl_data *data = shown->predictions->data;
    const size_t n = data->n_channels, sample = shown->mistakes[m].sample;
    const size_t first = (y * data->width + x) * n;
    double sum = 0;
    if (n == 3) {
        return dataset_input(set, sample, first + channel);
    }
    for (size_t c = 0; c < n; c++) {
        sum += dataset_input(set, sample, first + c);
    }
    return sum / (double)n;
}

static void caption(const void *context, size_t m, char text[MOSAIC_CAPTION]) {
    const struct shown *shown = context;
    const struct predictions *predictions = shown->predictions;
    const size_t sample = shown->mistakes[m].sample;
    char actual[NAME_SIZE], predicted[NAME_SIZE];
    short_name(predictions->data, (size_t)actual_class(predictions, sample), actual);
    short_name(predictions->data, (size_t)predictions->evaluation.predicted[sample], predicted);
    snprintf(text, MOSAIC_CAPTION, "%s: %s", actual, predicted);
}

static synrl_status draw_mistakes(struct core *core, const struct predictions *predictions,
                                  size_t n, const struct mistake *mistakes, const char *folder) {
    FILE *script;
    SYNRL_TRY(gnuplot_begin(core, &script));
    mosaic_write(script, &(struct mosaic){.n = n,
                                          .height = predictions->data->height,
                                          .width = predictions->data->width,
                                          .is_coloured = predictions->data->n_channels == 3,
                                          .value = value_of,
                                          .caption = caption,
                                          .context = &(struct shown){predictions, mistakes}});
    return gnuplot_picture(core, script, PICTURE_MISTAKES, folder);
}

static bool are_small_pictures(const synrl_data *data) {
    return data->height > 0 && data->width > 0 && data->n_channels > 0 &&
           data->height <= SIDE_MAX && data->width <= SIDE_MAX &&
           data->height * data->width * data->n_channels == data->n_inputs;
}

static synrl_status draw(struct core *core, const struct predictions *predictions,
                         const char *folder) {
    SYNRL_TRY(draw_confusion(core, predictions, folder));
    if (!are_small_pictures(predictions->data)) {
        return SYNRL_OK;
    }
    struct mistake *mistakes =
        core_alloc(core, predictions->evaluation.n_samples, sizeof *mistakes);
    if (mistakes == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const size_t n = find_mistakes(predictions, mistakes), max = (size_t)MOSAIC_COLUMNS * ROWS;
    synrl_status status = SYNRL_OK;
    if (n > 0) {
        status = draw_mistakes(core, predictions, n < max ? n : max, mistakes, folder);
    }
    core_free(core, mistakes);
    return status;
}

synrl_status mistakes_draw(struct core *core, const struct trainer *trainer, const char *folder) {
    struct predictions predictions;
    if (!has_classes(trainer)) {
        return SYNRL_OK;
    }
    SYNRL_TRY(predict(core, trainer, &predictions));
    const synrl_status status = draw(core, &predictions, folder);
    evaluation_free(core, &predictions.evaluation);
    return status;
}
