/* SPDX-License-Identifier: MIT */
#include "support/npz_files.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Archives: APPNOTE.TXT 4.3, one disk, no extra fields ----------------------------------------- */

static void put(unsigned char **out, size_t value, size_t n_bytes) {
    for (size_t b = 0; b < n_bytes; b++) {
        *(*out)++ = (unsigned char)(value >> (8 * b));
    }
}

/* From "version needed" to "extra field length", which both headers share. */
static void put_common(unsigned char **out, unsigned method, unsigned long sum, size_t packed,
                       size_t size, size_t name_length) {
    put(out, 20, 2);
    put(out, 0, 2);
    put(out, method, 2);
    put(out, 0, 4); /* time and date */
    put(out, sum, 4);
    put(out, packed, 4);
    put(out, size, 4);
    put(out, name_length, 2);
    put(out, 0, 2);
}

static size_t deflate_into(unsigned char *out, size_t room, const void *bytes, size_t n) {
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)bytes,
                       .avail_in = (unsigned)n,
                       .next_out = out,
                       .avail_out = (unsigned)room};
    ck_assert_int_eq(deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return stream.total_out;
}

void zip_add(struct zip *zip, const char *name, const void *bytes, size_t n, bool pack) {
    const size_t length = strlen(name), room = zip->n + 30 + length + n + 100;
    zip->bytes = realloc(zip->bytes, room);
    zip->directory = realloc(zip->directory, zip->n_directory + 46 + length);
    ck_assert(zip->bytes != NULL && zip->directory != NULL);
    unsigned char *data = zip->bytes + zip->n + 30 + length;
    size_t packed = n;
    if (pack) {
        packed = deflate_into(data, n + 100, bytes, n);
    } else {
        memcpy(data, bytes, n);
    }
    const unsigned long sum = crc32(0, bytes, (unsigned)n);
    const size_t start = zip->n;
    unsigned char *out = zip->bytes + start;
    put(&out, 0x04034b50, 4);
    put_common(&out, pack ? 8 : 0, sum, packed, n, length);
    memcpy(out, name, length);
    zip->n += 30 + length + packed;

    out = zip->directory + zip->n_directory;
    put(&out, 0x02014b50, 4);
    put(&out, 20, 2);
    put_common(&out, pack ? 8 : 0, sum, packed, n, length);
    put(&out, 0, 6); /* comment, disk, attributes */
    put(&out, 0, 4);
    put(&out, start, 4);
    memcpy(zip->directory + zip->n_directory + 46, name, length);
    zip->n_directory += 46 + length;
    zip->n_entries++;
}

void zip_end(struct zip *zip) {
    zip->bytes = realloc(zip->bytes, zip->n + zip->n_directory + 22);
    ck_assert_ptr_nonnull(zip->bytes);
    if (zip->n_directory > 0) {
        memcpy(zip->bytes + zip->n, zip->directory, zip->n_directory);
    }
    unsigned char *out = zip->bytes + zip->n + zip->n_directory;
    put(&out, 0x06054b50, 4);
    put(&out, 0, 4);
    put(&out, zip->n_entries, 2);
    put(&out, zip->n_entries, 2);
    put(&out, zip->n_directory, 4);
    put(&out, zip->n, 4);
    put(&out, 0, 2);
    zip->n += zip->n_directory + 22;
}

void zip_free(struct zip *zip) {
    free(zip->bytes);
    free(zip->directory);
    *zip = (struct zip){.n = 0};
}

/* Arrays: numpy.lib.format --------------------------------------------------------------------- */

struct npy npy_raw(unsigned version, const char *header, const void *data, size_t n) {
    struct npy npy = {.n = 0};
    const size_t length = strlen(header);
    unsigned char *out = npy.bytes;
    memcpy(out, "\x93NUMPY", 6);
    out += 6;
    put(&out, version, 1);
    put(&out, 0, 1);
    put(&out, length, version == 1 ? 2 : 4);
    memcpy(out, header, length);
    memcpy(out + length, data, n);
    npy.n = (size_t)(out - npy.bytes) + length + n;
    ck_assert_uint_le(npy.n, sizeof npy.bytes);
    return npy;
}

struct npy npy_make(unsigned version, const char *type, bool is_fortran, const char *shape,
                    const void *data, size_t n) {
    char header[256];
    snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }    \n",
             type, is_fortran ? "True" : "False", shape);
    return npy_raw(version, header, data, n);
}

void zip_add_npy(struct zip *zip, const char *name, const char *header, const void *data,
                 size_t n) {
    const struct npy npy = npy_raw(1, header, "", 0);
    unsigned char *bytes = malloc(npy.n + n);
    ck_assert_ptr_nonnull(bytes);
    memcpy(bytes, npy.bytes, npy.n);
    memcpy(bytes + npy.n, data, n);
    zip_add(zip, name, bytes, npy.n + n, false);
    free(bytes);
}
