/* SPDX-License-Identifier: MIT */
/* Pixels as a file has them become grey bytes, or red, green and blue, with the values that Pillow
 * gives. */
#ifndef PIXELS_H
#define PIXELS_H

#include <stdbool.h>
#include <stddef.h>

enum colour { COLOUR_GREY, COLOUR_RGB };
enum background { BACKGROUND_NONE, BACKGROUND_BLACK, BACKGROUND_WHITE };

struct pixels {
    enum colour colour; /* what they are to become */
    enum background background;
    bool is_transparent; /* found: some are, and `background` is BACKGROUND_NONE */
    bool is_coloured;    /* found: some are not grey */
};

/* Bytes of a pixel. */
static inline size_t pixels_size(const struct pixels *pixels) {
    return pixels->colour == COLOUR_RGB ? 3 : 1;
}

/* Converts n pixels. n_samples of each: 1 grey, 2 with alpha, 3 red, green and blue, 4 with alpha.
 */
void pixels_convert(struct pixels *pixels, size_t n, unsigned n_samples, const unsigned char *from,
                    unsigned char *to);

#endif
