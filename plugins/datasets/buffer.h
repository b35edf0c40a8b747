/* Bytes that grow as data arrives, for the loaders: a size that stands in a file is never believed
 * before that many bytes have come. Always n <= capacity; all-zero but for the host is empty. */
#ifndef BUFFER_H
#define BUFFER_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <synrl/host.h>

struct buffer {
    const synrl_host *host;
    unsigned char *bytes;
    size_t n, capacity;
};

static inline void buffer_free(struct buffer *buffer) {
    buffer->host->free(buffer->host, buffer->bytes);
    *buffer = (struct buffer){.host = buffer->host};
}

/* Room for `more` bytes behind the n that there are. After a failure the buffer is as it was. */
static inline synrl_status buffer_reserve(struct buffer *buffer, size_t more) {
    if (more <= buffer->capacity - buffer->n) {
        return SYNRL_OK;
    }
    size_t capacity = buffer->capacity < 4096 ? 4096 : buffer->capacity;
    while (capacity - buffer->n < more && capacity <= SIZE_MAX / 2) {
        capacity *= 2;
    }
    if (capacity - buffer->n < more) {
        return buffer->host->fail(buffer->host, SYNRL_NO_MEMORY, "not enough memory for %zu bytes",
                                  more);
    }
    unsigned char *bytes = buffer->host->alloc(buffer->host, capacity, 1);
    if (bytes == NULL) {
        return SYNRL_NO_MEMORY;
    }
    if (buffer->n > 0) {
        memcpy(bytes, buffer->bytes, buffer->n);
    }
    buffer->host->free(buffer->host, buffer->bytes);
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return SYNRL_OK;
}

static inline synrl_status buffer_append(struct buffer *buffer, const void *bytes, size_t n) {
    SYNRL_TRY(buffer_reserve(buffer, n));
    if (n > 0) {
        memcpy(buffer->bytes + buffer->n, bytes, n);
    }
    buffer->n += n;
    return SYNRL_OK;
}

/* All that is left of an open stream. */
static inline synrl_status buffer_read(struct buffer *buffer, FILE *file, const char *path) {
    for (;;) {
        SYNRL_TRY(buffer_reserve(buffer, 65536));
        const size_t n = fread(buffer->bytes + buffer->n, 1, buffer->capacity - buffer->n, file);
        buffer->n += n;
        if (n == 0) {
            break;
        }
    }
    return ferror(file) == 0 ? SYNRL_OK
                             : buffer->host->fail(buffer->host, SYNRL_IO, "%s: cannot be read: %s",
                                                  path, strerror(errno));
}

#endif
