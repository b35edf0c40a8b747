/* SPDX-License-Identifier: MIT */
/* Writes .npz: a zip of uncompressed members, each a .npy of format 1.0 with float32 or float64 in
 * little-endian, row-major order. */
#include "base/npz.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

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

static bool write_all(struct archive *zip, const void *bytes, size_t size) {
    const char *next = bytes;
    while (size > 0) {
        const la_ssize_t written = archive_write_data(zip, next, size);
        if (written <= 0) {
            return false;
        }
        next += written;
        size -= (size_t)written;
    }
    return true;
}

static bool write_array(struct archive *zip, struct archive_entry *entry,
                        const struct npz_array *array) {
    char name[256], header[HEADER_SIZE];
    const size_t n_values = array->n_rows * (array->n_columns > 0 ? array->n_columns : 1);
    snprintf(name, sizeof name, "%s.npy", array->name);
    const void *values = array->doubles != NULL ? (const void *)array->doubles : array->values;
    const size_t size = n_values * (array->doubles != NULL ? sizeof(double) : sizeof(float));
    archive_entry_clear(entry);
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_mtime(entry, 0, 0); /* results contain no time */
    archive_entry_set_size(entry, (la_int64_t)(HEADER_SIZE + size));
    write_header(array, header);
    return archive_write_header(zip, entry) == ARCHIVE_OK &&
           write_all(zip, header, sizeof header) && write_all(zip, values, size);
}

static bool write_zip(struct archive *zip, struct archive_entry *entry, FILE *stream,
                      size_t n_arrays, const struct npz_array *arrays) {
    bool is_written = archive_write_set_format_zip(zip) == ARCHIVE_OK &&
                      archive_write_zip_set_compression_store(zip) == ARCHIVE_OK &&
                      archive_write_set_bytes_in_last_block(zip, 1) == ARCHIVE_OK &&
                      archive_write_open_FILE(zip, stream) == ARCHIVE_OK;
    for (size_t i = 0; is_written && i < n_arrays; i++) {
        is_written = write_array(zip, entry, &arrays[i]);
    }
    return is_written && archive_write_close(zip) == ARCHIVE_OK;
}

synrl_status npz_write(struct core *core, const char *path, size_t n_arrays,
                       const struct npz_array *arrays) {
    struct draft *draft;
    SYNRL_TRY(draft_begin(core, path, &draft));
    struct archive *zip = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    synrl_status status = SYNRL_OK;
    if (zip == NULL || entry == NULL) {
        status = core_fail(core, SYNRL_NO_MEMORY, "%s: not enough memory to write it", path);
    } else if (!write_zip(zip, entry, draft_stream(draft), n_arrays, arrays)) {
        const char *reason = archive_error_string(zip);
        status = core_fail(core, SYNRL_IO, "%s: cannot write it: %s", path,
                           reason != NULL ? reason : strerror(errno));
    }
    archive_entry_free(entry);
    archive_write_free(zip);
    if (status != SYNRL_OK) {
        draft_abandon(draft);
        return status;
    }
    return draft_commit(draft);
}
