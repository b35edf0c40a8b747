/* SPDX-License-Identifier: MIT */
/* The pixels of PNGs, with the values that Pillow reads. */
#ifndef PNG_FILE_H
#define PNG_FILE_H

#include <png.h>

#include "../buffer.h"
#include "pixels.h"

/* Reads the header of a PNG; removes from *file the chunks that do not say which values its pixels
 * have. Returns NULL, or why it is unreadable. *image is to be freed by png_image_free. */
const char *png_file_begin(png_image *image, struct buffer *file);

/* Bytes that png_file_read needs to unpack the pixels. */
size_t png_file_unpacked_size(const png_image *image);

/* Reads and converts the pixels to `out` [height][width][pixels_size]. Returns NULL, or why the
 * file is unreadable. */
const char *png_file_read(png_image *image, struct pixels *pixels, unsigned char *unpacked,
                          unsigned char *out);

#endif
