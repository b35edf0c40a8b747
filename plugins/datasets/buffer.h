/* SPDX-License-Identifier: MIT */
/* Bytes that grow with the data read, for the loaders: memory is never allocated for a size in a
 * file before that many bytes have been read. Invariant: n <= capacity; all zero is empty. The host
 * frees with the data set what is not freed before. */
#ifndef BUFFER_H
#define BUFFER_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <synrl/host.h>

struct buffer {
    unsigned char *bytes;
    size_t n, capacity;
};

/* A buffer as an array. */
#define ITEMS(type, buffer) ((type *)(void *)(buffer).bytes)
#define N_ITEMS(type, buffer) ((buffer).n / sizeof(type))

static inline void buffer_free(const synrl_host *host, struct buffer *buffer) {
    host->free(host, buffer->bytes);
    *buffer = (struct buffer){0};
}

/* Makes room for `more` bytes after the present n. After a failure the buffer is unchanged. */
static inline synrl_status buffer_reserve(const synrl_host *host, struct buffer *buffer,
                                          size_t more) {
    if (more <= buffer->capacity - buffer->n) {
        return SYNRL_OK;
    }
    struct buffer larger = {.n = buffer->n,
                            .capacity = buffer->capacity < 4096 ? 4096 : buffer->capacity};
    while (larger.capacity - larger.n < more && larger.capacity <= SIZE_MAX / 2) {
        larger.capacity *= 2;
    }
    if (larger.capacity - larger.n < more) {
        return host->fail(host, SYNRL_NO_MEMORY, "not enough memory for %zu bytes", more);
    }
    SYNRL_TRY(SYNRL_NEW(host, larger.bytes, larger.capacity));
    if (buffer->n > 0) {
        memcpy(larger.bytes, buffer->bytes, buffer->n);
    }
    host->free(host, buffer->bytes);
    *buffer = larger;
    return SYNRL_OK;
}

static inline synrl_status buffer_append(const synrl_host *host, struct buffer *buffer,
                                         const void *bytes, size_t n) {
    SYNRL_TRY(buffer_reserve(host, buffer, n));
    if (n > 0) {
        memcpy(buffer->bytes + buffer->n, bytes, n);
    }
    buffer->n += n;
    return SYNRL_OK;
}

/* Replaces the buffer's contents by FOLDER/NAME, terminated. */
static inline synrl_status buffer_join(const synrl_host *host, struct buffer *buffer,
                                       const char *folder, const char *name) {
    buffer->n = 0;
    SYNRL_TRY(buffer_append(host, buffer, folder, strlen(folder)));
    SYNRL_TRY(buffer_append(host, buffer, "/", 1));
    return buffer_append(host, buffer, name, strlen(name) + 1);
}

/* Reads an open stream until the buffer has n bytes, or the stream ends; after an error, ferror is
 * set. */
static inline synrl_status buffer_fill(const synrl_host *host, struct buffer *buffer, FILE *file,
                                       size_t n) {
    for (size_t got = 0, asked = 0; got == asked && buffer->n < n; buffer->n += got) {
        SYNRL_TRY(buffer_reserve(host, buffer, 65536));
        const size_t room = buffer->capacity - buffer->n, left = n - buffer->n;
        asked = room < left ? room : left;
        got = fread(buffer->bytes + buffer->n, 1, asked, file);
    }
    return SYNRL_OK;
}

static inline synrl_status fail_open_why(const synrl_host *host, const char *path,
                                         const char *why) {
    return host->fail(host, SYNRL_IO, "%s: cannot be opened: %s", path, why);
}

static inline synrl_status fail_open(const synrl_host *host, const char *path) {
    return fail_open_why(host, path, strerror(errno));
}

#endif
