/* SPDX-License-Identifier: MIT */
/* Writes .npz: a zip of uncompressed members, each a .npy of format 1.0 with float32 or float64 in
 * little-endian, row-major order. The zip is written here, since libarchive ends or crashes the
 * process where it lacks memory. Every size and place is of 64 bits (APPNOTE.TXT 4.5.3), so that
 * large members are no case of their own. */
#include "base/npz.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/file.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "arrays are written as they are in memory");

/* Magic, version 1.0, two bytes of length, and the description: 128 bytes, since the format
 * requires a multiple of 64. A shape of two numbers of 20 digits fits. */
enum { HEADER_SIZE = 128, HEADER_PREFIX = 10 };

static void write_header(const struct npz_array *array, char header[HEADER_SIZE]) {
    static const char prefix[HEADER_PREFIX] = {
        '\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, HEADER_SIZE - HEADER_PREFIX, 0};
    char shape[64], text[HEADER_SIZE - HEADER_PREFIX + 1];
    if (array->n_columns == 0) {
        snprintf(shape, sizeof shape, "%zu,", array->n_rows);
    } else {
        snprintf(shape, sizeof shape, "%zu, %zu", array->n_rows, array->n_columns);
    }
    const int length =
        snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }",
                 array->doubles != NULL ? "<f8" : "<f4", shape);
    memcpy(header, prefix, sizeof prefix);
    memset(header + HEADER_PREFIX, ' ', HEADER_SIZE - HEADER_PREFIX);
    memcpy(header + HEADER_PREFIX, text, (size_t)length);
    header[HEADER_SIZE - 1] = '\n';
}

/* Zip: APPNOTE.TXT 4.3 ------------------------------------------------------------------------- */

enum { NAME_SIZE = 256, ZIP_VERSION = 45, ZIP64 = 1 };
enum { LOCAL = 0x04034b50, CENTRAL = 0x02014b50, END = 0x06054b50 };
enum { END64 = 0x06064b50, LOCATOR64 = 0x07064b50 };
enum { FIRST_DAY = 0x21 }; /* 1980-01-01: results contain no time */
#define IN_EXTRA UINT32_MAX

struct zip {
    FILE *stream;
    uint64_t size; /* written */
};

static void put_bytes(struct zip *zip, const void *bytes, size_t n) {
    fwrite(bytes, 1, n, zip->stream); /* a failure is noticed at the end */
    zip->size += n;
}

static void put(struct zip *zip, size_t width, uint64_t value) {
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "as zips are");
    put_bytes(zip, &value, width);
}

struct member {
    char name[NAME_SIZE + sizeof ".npy"], header[HEADER_SIZE];
    const void *values;
    uint64_t size; /* of the values */
    uint64_t start;
    uint32_t sum;
};

static uint32_t sum_of(uint32_t sum, const void *bytes, size_t n) {
    return (uint32_t)crc32_z(sum, bytes, n);
}

static struct member make_member(const struct npz_array *array) {
    const size_t n_values = array->n_rows * (array->n_columns > 0 ? array->n_columns : 1);
    struct member member = {
        .values = array->doubles != NULL ? (const void *)array->doubles : array->values,
        .size = n_values * (array->doubles != NULL ? sizeof(double) : sizeof(float))};
    snprintf(member.name, sizeof member.name, "%.*s.npy", NAME_SIZE, array->name);
    write_header(array, member.header);
    member.sum = sum_of(sum_of(0, member.header, HEADER_SIZE), member.values, member.size);
    return member;
}

/* What both headers of a member have; n_extra: how many numbers follow the name. */
static void put_member(struct zip *zip, const struct member *member, unsigned n_extra) {
    put(zip, 2, ZIP_VERSION);
    put(zip, 2, 0); /* no flags */
    put(zip, 2, 0); /* stored */
    put(zip, 2, 0);
    put(zip, 2, FIRST_DAY);
    put(zip, 4, member->sum);
    put(zip, 4, IN_EXTRA);
    put(zip, 4, IN_EXTRA);
    put(zip, 2, strlen(member->name));
    put(zip, 2, 4 + 8 * n_extra);
}

static void put_extra(struct zip *zip, const struct member *member, unsigned n_extra) {
    put_bytes(zip, member->name, strlen(member->name));
    put(zip, 2, ZIP64);
    put(zip, 2, 8 * n_extra);
    put(zip, 8, HEADER_SIZE + member->size);
    put(zip, 8, HEADER_SIZE + member->size);
}

static void put_local(struct zip *zip, struct member *member) {
    member->start = zip->size;
    put(zip, 4, LOCAL);
    put_member(zip, member, 2);
    put_extra(zip, member, 2);
    put_bytes(zip, member->header, HEADER_SIZE);
    put_bytes(zip, member->values, member->size);
}

static void put_central(struct zip *zip, const struct member *member) {
    put(zip, 4, CENTRAL);
    put(zip, 2, 3 << 8 | ZIP_VERSION); /* made on Unix */
    put_member(zip, member, 3);
    put(zip, 2, 0);                    /* no comment */
    put(zip, 2, 0);                    /* first disk */
    put(zip, 2, 0);                    /* not text */
    put(zip, 4, (uint64_t)0644 << 16); /* a file's permissions */
    put(zip, 4, IN_EXTRA);
    put_extra(zip, member, 3);
    put(zip, 8, member->start);
}

static void put_end(struct zip *zip, uint64_t n, uint64_t directory) {
    const uint64_t end = zip->size;
    put(zip, 4, END64);
    put(zip, 8, 44); /* bytes that follow */
    put(zip, 2, 3 << 8 | ZIP_VERSION);
    put(zip, 2, ZIP_VERSION);
    put(zip, 8, 0); /* disks */
    put(zip, 8, n);
    put(zip, 8, n);
    put(zip, 8, end - directory);
    put(zip, 8, directory);
    put(zip, 4, LOCATOR64);
    put(zip, 4, 0);
    put(zip, 8, end);
    put(zip, 4, 1);
    put(zip, 4, END);
    put(zip, 4, 0);
    put(zip, 2, UINT16_MAX);
    put(zip, 2, UINT16_MAX);
    put(zip, 4, IN_EXTRA);
    put(zip, 4, IN_EXTRA);
    put(zip, 2, 0);
}

static synrl_status write_draft(struct core *core, struct draft *draft, size_t n_arrays,
                                const struct npz_array *arrays) {
    struct member *members = core_alloc(core, n_arrays, sizeof *members);
    if (members == NULL) {
        draft_abandon(draft);
        return SYNRL_NO_MEMORY;
    }
    struct zip zip = {.stream = draft_stream(draft)};
    for (size_t i = 0; i < n_arrays; i++) {
        members[i] = make_member(&arrays[i]);
        put_local(&zip, &members[i]);
    }
    const uint64_t directory = zip.size;
    for (size_t i = 0; i < n_arrays; i++) {
        put_central(&zip, &members[i]);
    }
    put_end(&zip, n_arrays, directory);
    core_free(core, members);
    return draft_commit(draft); /* looks at the stream's errors */
}

synrl_status npz_write(struct core *core, const char *path, size_t n_arrays,
                       const struct npz_array *arrays) {
    struct draft *draft;
    SYNRL_TRY(draft_begin(core, path, &draft));
    return write_draft(core, draft, n_arrays, arrays);
}

synrl_status npz_output(struct core *core, const char *path, size_t n_arrays,
                        const struct npz_array *arrays) {
    struct draft *draft;
    SYNRL_TRY(draft_begin_output(core, path, &draft));
    return write_draft(core, draft, n_arrays, arrays);
}
