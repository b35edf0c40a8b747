/* SPDX-License-Identifier: MIT */
/* PNG by its rules (W3C, 2003): 5.3 chunks, 11.2 the critical ones. */
#include "support/bytes.h"

#include <check.h>
#include <string.h>
#include <zlib.h>

#include "support/pace.h"

void bytes_add(struct bytes *bytes, const void *more, size_t n) {
    CHECK_OFTEN(n <= sizeof bytes->at - bytes->n, "no room for %zu bytes", n);
    memcpy(bytes->at + bytes->n, more, n);
    bytes->n += n;
}

void bytes_add_big_endian(struct bytes *bytes, unsigned long value) {
    const unsigned char four[] = {(unsigned char)(value >> 24), (unsigned char)(value >> 16),
                                  (unsigned char)(value >> 8), (unsigned char)value};
    bytes_add(bytes, four, 4);
}

static void add_chunk(struct bytes *png, const char *type, const void *data, size_t n) {
    bytes_add_big_endian(png, n);
    const size_t start = png->n;
    bytes_add(png, type, 4);
    bytes_add(png, data, n);
    bytes_add_big_endian(png, crc32(0, png->at + start, (unsigned)(png->n - start)));
}

struct bytes png_header(unsigned height, unsigned width, unsigned char type) {
    struct bytes header;
    header.n = 0;
    bytes_add_big_endian(&header, width);
    bytes_add_big_endian(&header, height);
    bytes_add(&header, (unsigned char[]){8, type, 0, 0, 0}, 5);
    return header;
}

struct bytes png_make(const struct bytes *header, const void *rows, size_t n) {
    struct bytes png;
    unsigned char packed[BYTES_MOST];
    unsigned long n_packed = sizeof packed;
    CHECK_OFTEN(compress2(packed, &n_packed, rows, n, 9) == Z_OK, "%zu bytes do not pack", n);
    png.n = 0;
    bytes_add(&png, "\x89PNG\r\n\x1a\n", 8);
    add_chunk(&png, "IHDR", header->at, header->n);
    add_chunk(&png, "IDAT", packed, n_packed);
    add_chunk(&png, "IEND", "", 0);
    return png;
}
