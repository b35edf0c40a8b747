/* SPDX-License-Identifier: MIT */
/* Files under construction: bytes that grow up to a bound, and PNG. What does not fit ends the
 * test. */
#ifndef BYTES_H
#define BYTES_H

#include <stddef.h>

enum { BYTES_MOST = 1 << 15 };

struct bytes {
    unsigned char at[BYTES_MOST];
    size_t n;
};

void bytes_add(struct bytes *bytes, const void *more, size_t n);
void bytes_add_big_endian(struct bytes *bytes, unsigned long value);

enum { PNG_GREY = 0, PNG_COLOUR = 2, PNG_GREY_ALPHA = 4, PNG_COLOUR_ALPHA = 6 };

/* The 13 bytes of a header: one byte a channel, not interlaced. */
struct bytes png_header(unsigned height, unsigned width, unsigned char type);
/* header: as above; rows: of bytes, each row begun by its filter type. Neither is checked. */
struct bytes png_make(const struct bytes *header, const void *rows, size_t n);

#endif
