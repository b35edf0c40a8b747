/* SPDX-License-Identifier: MIT */
/* The pixels of JPEGs, with the values that Pillow reads: libjpeg-turbo's accurate transform. */
#ifndef JPEG_H
#define JPEG_H

#include <stdbool.h>

#include "../buffer.h"
#include "pixels.h"

struct jpeg {
    void *decoder; /* of libjpeg-turbo, made with the first picture */
    size_t width, height;
    bool is_grey;
};

/* Whether the bytes begin as a JPEG does. */
bool jpeg_is(const struct buffer *file);

/* Reads the header. Returns NULL, or why it is unreadable. */
const char *jpeg_begin(struct jpeg *jpeg, const struct buffer *file);

/* Bytes that jpeg_read needs to unpack the pixels. */
size_t jpeg_unpacked_size(const struct jpeg *jpeg);

/* Reads and converts the pixels to `out` [height][width][pixels_size]. Returns NULL, or why the
 * file is unreadable. */
const char *jpeg_read(struct jpeg *jpeg, const struct buffer *file, struct pixels *pixels,
                      unsigned char *unpacked, unsigned char *out);

void jpeg_free(struct jpeg *jpeg);

#endif
