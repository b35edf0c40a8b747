/* SPDX-License-Identifier: MIT */
#include "pixels.h"

/* The luma of ITU-R 601-2, in Pillow's integers. */
static unsigned luma(const unsigned char *rgb) {
    return (rgb[0] * 19595U + rgb[1] * 38470U + rgb[2] * 7471U + 0x8000U) >> 16;
}

/* The nearest of a share alpha / 255 of the value before what is behind. */
static unsigned char blend(unsigned value, unsigned alpha, unsigned behind) {
    return (unsigned char)((value * alpha + behind * (255 - alpha) + 127) / 255);
}

void pixels_convert(struct pixels *pixels, size_t n, unsigned n_samples, const unsigned char *from,
                    unsigned char *to) {
    const unsigned behind = pixels->background == BACKGROUND_WHITE ? 255 : 0;
    const bool has_colours = n_samples > 2, has_alpha = n_samples % 2 == 0;
    for (size_t i = 0; i < n; i++, from += n_samples) {
        const unsigned alpha = has_alpha ? from[n_samples - 1] : 255;
        pixels->is_transparent |= alpha < 255 && pixels->background == BACKGROUND_NONE;
        pixels->is_coloured |= has_colours && (from[0] != from[1] || from[1] != from[2]);
        if (pixels->colour == COLOUR_GREY) {
            *to++ = blend(has_colours ? luma(from) : from[0], alpha, behind);
            continue;
        }
        for (size_t c = 0; c < 3; c++) {
            *to++ = blend(from[has_colours ? c : 0], alpha, behind);
        }
    }
}
