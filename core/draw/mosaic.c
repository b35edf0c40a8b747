/* SPDX-License-Identifier: MIT */
#include "draw/mosaic.h"

#include <math.h>

#include "draw/gnuplot.h"

enum { GAP = 3, CAPTION = 9 }; /* pixels between pictures, and above each */

/* The picture whose pixel (*y, *x) this is; n: none. */
static size_t find_picture(const struct mosaic *mosaic, size_t *y, size_t *x) {
    const size_t row = *y / (mosaic->height + CAPTION), column = *x / (mosaic->width + GAP);
    const size_t picture = row * MOSAIC_COLUMNS + column;
    *y %= mosaic->height + CAPTION;
    *x %= mosaic->width + GAP;
    if (picture >= mosaic->n || *y < CAPTION || *x >= mosaic->width) {
        return mosaic->n;
    }
    *y -= CAPTION;
    return picture;
}

static void write_pixel(FILE *script, const struct mosaic *mosaic, size_t y, size_t x) {
    size_t row = y, column = x;
    const size_t picture = find_picture(mosaic, &row, &column);
    const bool is_inside = picture < mosaic->n;
    if (!mosaic->is_coloured) {
        fprintf(script, "%g ",
                is_inside ? mosaic->value(mosaic->context, picture, row, column, 0) : 0.0);
        return;
    }
    fprintf(script, "%zu %zu", x, y);
    for (size_t c = 0; c < 3; c++) {
        const double value =
            is_inside ? mosaic->value(mosaic->context, picture, row, column, c) : 1.0;
        fprintf(script, " %.0f", 255.0 * fmin(fmax(value, 0.0), 1.0));
    }
    fputc('\n', script);
}

static void write_captions(FILE *script, const struct mosaic *mosaic) {
    char caption[MOSAIC_CAPTION];
    fprintf(script, "array captions[%zu]\n", mosaic->n);
    for (size_t p = 0; p < mosaic->n; p++) {
        mosaic->caption(mosaic->context, p, caption);
        gnuplot_entry(script, "captions", p + 1, caption);
    }
    fputs("$captions << END\n", script);
    for (size_t p = 0; p < mosaic->n; p++) {
        fprintf(script, "%g %zu\n",
                (double)(p % MOSAIC_COLUMNS * (mosaic->width + GAP)) + (double)mosaic->width / 2,
                p / MOSAIC_COLUMNS * (mosaic->height + CAPTION) + CAPTION / 2);
    }
    fputs("END\n", script);
}

void mosaic_write(FILE *script, const struct mosaic *mosaic) {
    const size_t n_rows = (mosaic->n + MOSAIC_COLUMNS - 1) / MOSAIC_COLUMNS;
    const size_t height = n_rows * (mosaic->height + CAPTION);
    const size_t width = MOSAIC_COLUMNS * (mosaic->width + GAP);
    fputs("$pixels << END\n", script);
    for (size_t y = 0; y < height; y++) {
        for (size_t x = 0; x < width; x++) {
            write_pixel(script, mosaic, y, x);
        }
        fputs(mosaic->is_coloured ? "" : "\n", script);
    }
    fputs("END\n", script);
    write_captions(script, mosaic);
    fprintf(script, "n_captions = %zu\nwidth = %zu\nheight = %zu\nis_coloured = %d\n", mosaic->n,
            width, height, mosaic->is_coloured);
}
