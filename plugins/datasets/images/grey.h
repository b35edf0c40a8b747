/* SPDX-License-Identifier: MIT */
/* PNGs as grey bytes, with the values that Pillow reads. */
#ifndef GREY_H
#define GREY_H

#include <png.h>

#include "../buffer.h"

/* The luma of ITU-R 601-2, in Pillow's integers. */
static inline unsigned char grey_luma(const unsigned char *rgb) {
    return (unsigned char)((rgb[0] * 19595U + rgb[1] * 38470U + rgb[2] * 7471U + 0x8000U) >> 16);
}

enum background { BACKGROUND_NONE, BACKGROUND_BLACK, BACKGROUND_WHITE };

/* Reads the header of a PNG; removes from *file the chunks that do not say which values its pixels
 * have. Returns NULL, or why it is unreadable. *image is to be freed by png_image_free. */
const char *grey_begin(png_image *image, struct buffer *file);

/* Bytes that grey_read needs to unpack the pixels. */
size_t grey_unpacked_size(const png_image *image);

/* Reads the pixels to grey [height][width]. Returns NULL, or why the file is unreadable.
 * *is_transparent: some pixels are, and `background` is BACKGROUND_NONE. */
const char *grey_read(png_image *image, enum background background, unsigned char *unpacked,
                      unsigned char *grey, bool *is_transparent);

#endif
