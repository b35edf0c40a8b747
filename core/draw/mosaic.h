/* SPDX-License-Identifier: MIT */
/* Pictures side by side, ten in a row, with a caption above each: the data of samples.gp and
 * mistakes.gp. */
#ifndef MOSAIC_H
#define MOSAIC_H

#include <stdbool.h>
#include <stdio.h>

enum { MOSAIC_COLUMNS = 10, MOSAIC_CAPTION = 192 /* bytes, with the end */ };

struct mosaic {
    size_t n, height, width;
    bool is_coloured; /* three values per pixel: red, green, blue; else one, where 0 is white */
    double (*value)(const void *context, size_t picture, size_t y, size_t x, size_t channel);
    void (*caption)(const void *context, size_t picture, char caption[MOSAIC_CAPTION]);
    const void *context;
};

/* Writes $pixels, $captions, captions, n_captions, width, height and is_coloured. Colours are
 * values from 0 to 1. */
void mosaic_write(FILE *script, const struct mosaic *mosaic);

#endif
