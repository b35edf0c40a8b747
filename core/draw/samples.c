/* SPDX-License-Identifier: MIT */
#include "draw/samples.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "draw/gnuplot.h"
#include "draw/mosaic.h"
#include "synrl/utf8.h"
#include "train/derive.h"

enum {
    DRAWN_MAX = 40,
    SIDE_MAX = 256,  /* of a picture that is drawn */
    WIDE_MAX = 1024, /* inputs of a row */
    NAME_SIZE = 64
};

/* What is shown, and the range of all its inputs. */
struct shown {
    const struct dataset *dataset;
    struct statistics all;
};

/* In UTF-8, on one line, and not too long: the class of a sample, or its number. */
static void caption(const void *context, size_t sample, char name[MOSAIC_CAPTION]) {
    const struct dataset *dataset = ((const struct shown *)context)->dataset;
    const synrl_data *data = dataset_data(dataset);
    const size_t row = dataset_row(dataset, sample);
    size_t n = 0;
    if (data->labels == NULL || data->class_names == NULL) {
        snprintf(name, NAME_SIZE, "%zu",
                 data->labels != NULL ? (size_t)data->labels[row] : sample + 1);
        return;
    }
    for (const char *from = data->class_names[data->labels[row]]; *from != '\0';) {
        const size_t length = synrl_utf8_character(from, strlen(from));
        const bool is_printed = length > 1 || (length == 1 && !iscntrl((unsigned char)*from));
        if (n + 8 > NAME_SIZE) {
            break;
        }
        memcpy(name + n, is_printed ? from : "?", length > 0 ? length : 1);
        n += length > 0 ? length : 1;
        from += length > 0 ? length : 1;
    }
    name[n] = '\0';
}

/* The mean of a pixel's channels. */
static double pixel(const struct dataset *dataset, size_t sample, size_t y, size_t x) {
    const synrl_data *data = dataset_data(dataset);
    const size_t n = data->n_channels;
    double sum = 0;
    for (size_t c = 0; c < n; c++) {
        sum += dataset_input(dataset, sample, (y * data->width + x) * n + c);
    }
    return sum / (double)n;
}

/* From 0 for the least of all inputs to 1 for the largest. */
static double shade(double value, const struct statistics *of) {
    return of->max > of->min ? (value - of->min) / (of->max - of->min) : 0.0;
}

static double value_of(const void *context, size_t sample, size_t y, size_t x, size_t channel) {
    const struct shown *shown = context;
    const synrl_data *data = dataset_data(shown->dataset);
    const double value = data->n_channels == 3 ? dataset_input(shown->dataset, sample,
                                                               (y * data->width + x) * 3 + channel)
                                               : pixel(shown->dataset, sample, y, x);
    return shade(value, &shown->all);
}

/* Colours of pixels are as they are, other values from the least to the largest. */
static void write_pictures(FILE *script, const struct dataset *dataset, size_t n) {
    const synrl_data *data = dataset_data(dataset);
    struct shown shown = {.dataset = dataset};
    dataset_statistics(dataset, 1, &shown.all);
    if (data->n_channels == 3 && data->format == SYNRL_INPUT_BYTES) {
        shown.all.min = 0;
        shown.all.max = 255 * (double)data->scale;
    }
    mosaic_write(script, &(struct mosaic){.n = n,
                                          .height = data->height,
                                          .width = data->width,
                                          .is_coloured = data->n_channels == 3,
                                          .value = value_of,
                                          .caption = caption,
                                          .context = &shown});
    gnuplot_string(script, "heading", "the first samples");
}

static synrl_status write_rows(struct core *core, FILE *script, const struct dataset *dataset,
                               size_t n) {
    const size_t n_inputs = dataset_data(dataset)->n_inputs;
    struct statistics *of = core_alloc(core, n_inputs, sizeof *of);
    if (of == NULL) {
        return SYNRL_NO_MEMORY;
    }
    dataset_statistics(dataset, n_inputs, of);
    fputs("$pixels << END\n", script);
    for (size_t s = 0; s < n; s++) {
        for (size_t i = 0; i < n_inputs; i++) {
            fprintf(script, "%.4g ", shade(dataset_input(dataset, s, i), &of[i]));
        }
        fputc('\n', script);
    }
    fprintf(script, "END\nn_captions = 0\nwidth = %zu\nheight = %zu\nis_coloured = 0\n", n_inputs,
            n);
    gnuplot_string(script, "heading",
                   "the first samples, one per row; each input from its least to its largest");
    core_free(core, of);
    return SYNRL_OK;
}

static synrl_status draw(struct core *core, const struct dataset *dataset, const char *path) {
    const synrl_data *data = dataset_data(dataset);
    const size_t n = data->n_samples < DRAWN_MAX ? data->n_samples : DRAWN_MAX;
    FILE *script;
    if (data->height > SIDE_MAX || data->width > SIDE_MAX ||
        (data->height == 0 && data->n_inputs > WIDE_MAX)) {
        return core_fail(
            core, SYNRL_INVALID,
            "%s: samples of %zu inputs are not drawn: must be pictures of at most %d x "
            "%d, or at most %d inputs",
            path, data->n_inputs, SIDE_MAX, SIDE_MAX, WIDE_MAX);
    }
    SYNRL_TRY(gnuplot_begin(core, &script));
    if (data->height > 0) {
        write_pictures(script, dataset, n);
    } else {
        const synrl_status status = write_rows(core, script, dataset, n);
        if (status != SYNRL_OK) {
            fclose(script);
            return status;
        }
    }
    return gnuplot_file(core, script, draw_samples_gp, path);
}

synrl_status samples_draw(struct core *core, const struct dataset *dataset, const char *path) {
    const locale_t before = number_enter();
    const synrl_status status = draw(core, dataset, path);
    number_leave(before);
    return status;
}

synrl_status samples_text(struct core *core, const struct dataset *dataset, size_t columns,
                          char **text) {
    static const char shades[] = " .:-=+*#%@";
    const synrl_data *data = dataset_data(dataset);
    const size_t width = data->width, height = data->height;
    size_t n = width > 0 ? (columns + 1) / (width + 1) : 0;
    struct statistics all;
    *text = NULL;
    n = n < data->n_samples ? n : data->n_samples;
    if (n == 0 || height > SIDE_MAX) {
        return SYNRL_OK;
    }
    char *out = core_alloc(core, height / 2 + 1, n * (width + 1) + 1);
    if (out == NULL) {
        return SYNRL_NO_MEMORY;
    }
    *text = out;
    dataset_statistics(dataset, 1, &all);
    for (size_t y = 0; y < height; y += 2) { /* a character is twice as high as wide */
        for (size_t s = 0; s < n; s++) {
            for (size_t x = 0; x < width; x++) {
                const size_t below = y + 1 < height ? y + 1 : y;
                const double value = (pixel(dataset, s, y, x) + pixel(dataset, s, below, x)) / 2;
                *out++ = shades[(size_t)lround(shade(value, &all) * (sizeof shades - 2))];
            }
            *out++ = s + 1 < n ? ' ' : '\n';
        }
    }
    *out = '\0';
    return SYNRL_OK;
}
