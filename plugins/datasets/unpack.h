/* SPDX-License-Identifier: MIT */
/* Archives, for the loaders that use libarchive. */
#ifndef UNPACK_H
#define UNPACK_H

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include "buffer.h"
#include "open.h"
#include "xz.h"

/* An archive being read. libarchive turns names that are said to be UTF-8 into those of the
 * thread's locale, so that has to be one of UTF-8 then. */
struct unpack {
    const synrl_host *host;
    const char *path, *what; /* the expected kind of file, such as "an NPZ" */
    FILE *file;
    struct archive *archive;
    locale_t locale; /* of UTF-8, or 0 where there is none */
};

static inline locale_t unpack_enter(const struct unpack *unpack) {
    return uselocale(unpack->locale);
}

static inline synrl_status unpack_fail_memory(struct unpack *unpack) {
    return unpack->host->fail(unpack->host, SYNRL_NO_MEMORY, "%s: not enough memory to read it",
                              unpack->path);
}

/* After a call of libarchive, before which errno was set to 0: the library does not always say
 * that it lacked memory. */
static inline synrl_status unpack_fail(struct unpack *unpack) {
    const char *why = archive_error_string(unpack->archive);
    if (errno == ENOMEM || archive_errno(unpack->archive) == ENOMEM) {
        return unpack_fail_memory(unpack);
    }
    return unpack->host->fail(unpack->host, SYNRL_INVALID, "%s: is not %s, or damaged: %s",
                              unpack->path, unpack->what, why != NULL ? why : "unknown reason");
}

enum { XZ_DICTIONARY_MAX = 256 << 20 }; /* xz -9 takes 64 MiB */

static inline synrl_status unpack_check_memory(struct unpack *unpack) {
    uint64_t size;
    SYNRL_TRY(xz_dictionary(unpack->host, fileno(unpack->file), &size));
    return size <= XZ_DICTIONARY_MAX
               ? SYNRL_OK
               : unpack->host->fail(unpack->host, SYNRL_INVALID,
                                    "%s: is packed by xz with a dictionary of %zu MiB: must be at "
                                    "most %d",
                                    unpack->path, (size_t)(size >> 20), XZ_DICTIONARY_MAX >> 20);
}

/* Opens an archive; `support` enables formats of libarchive. To be closed even after a failure. */
static inline synrl_status unpack_open(struct unpack *unpack, int (*support)(struct archive *)) {
    const char *why;
    unpack->file = file_open(unpack->path, &why);
    if (unpack->file == NULL) {
        return fail_open_why(unpack->host, unpack->path, why);
    }
    SYNRL_TRY(unpack_check_memory(unpack));
    /* Without memory for its first pieces libarchive crashes, so it is asked for here. */
    enum { SPARE = 1 << 18 };
    unsigned char *spare;
    SYNRL_TRY(SYNRL_NEW(unpack->host, spare, SPARE));
    unpack->host->free(unpack->host, spare);
    errno = 0;
    unpack->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    unpack->archive = unpack->locale != (locale_t)0 || errno != ENOMEM ? archive_read_new() : NULL;
    if (unpack->archive == NULL) {
        return unpack_fail_memory(unpack);
    }
    errno = 0;
    return support(unpack->archive) == ARCHIVE_OK &&
                   archive_read_open_fd(unpack->archive, fileno(unpack->file), 1 << 16) ==
                       ARCHIVE_OK
               ? SYNRL_OK
               : unpack_fail(unpack);
}

static inline void unpack_close(struct unpack *unpack) {
    archive_read_free(unpack->archive); /* NULL is allowed */
    if (unpack->file != NULL) {
        fclose(unpack->file);
    }
    if (unpack->locale != (locale_t)0) {
        freelocale(unpack->locale);
    }
    unpack->archive = NULL;
    unpack->file = NULL;
    unpack->locale = (locale_t)0;
}

/* *entry is NULL after the last. */
static inline synrl_status unpack_next(struct unpack *unpack, struct archive_entry **entry) {
    const locale_t before = unpack_enter(unpack);
    errno = 0;
    const int code = archive_read_next_header(unpack->archive, entry);
    uselocale(before);
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) {
        *entry = NULL;
    }
    return *entry != NULL || code == ARCHIVE_EOF ? SYNRL_OK : unpack_fail(unpack);
}

/* The entry's path, as bytes. */
static inline synrl_status unpack_name(struct unpack *unpack, struct archive_entry *entry,
                                       const char **name) {
    const locale_t before = unpack_enter(unpack);
    errno = 0;
    *name = archive_entry_pathname(entry);
    *name = *name != NULL ? *name : archive_entry_pathname_utf8(entry);
    uselocale(before);
    if (*name == NULL && errno == ENOMEM) {
        return unpack_fail_memory(unpack);
    }
    return *name != NULL
               ? SYNRL_OK
               : unpack->host->fail(unpack->host, SYNRL_INVALID,
                                    "%s: has an entry whose name is unreadable", unpack->path);
}

/* Refuses what a zip can be packed by besides deflate. LZMA and PPMd take as much memory as the
 * entry says, gigabytes if it says so. To be called before the entry is read. */
static inline synrl_status unpack_check(struct unpack *unpack) {
    const char *format = archive_format_name(unpack->archive); /* "ZIP 2.0 (deflation)" */
    const char *method =
        format != NULL && strncmp(format, "ZIP", 3) == 0 ? strchr(format, '(') : NULL;
    if (method == NULL || strcmp(method, "(uncompressed)") == 0 ||
        strncmp(method, "(deflation", 10) == 0 || strncmp(method, "(bzip", 5) == 0) {
        return SYNRL_OK;
    }
    return unpack->host->fail(unpack->host, SYNRL_INVALID,
                              "%s: is packed by %.40s: must be stored, or packed by deflate",
                              unpack->path, method);
}

/* Continues reading until the buffer has n bytes of the current entry, or the entry ends. */
static inline synrl_status unpack_fill(struct unpack *unpack, struct buffer *buffer, size_t n) {
    enum { PIECE = 1 << 16 };
    while (buffer->n < n) {
        const size_t left = n - buffer->n, size = left < PIECE ? left : PIECE;
        SYNRL_TRY(buffer_reserve(unpack->host, buffer, size));
        errno = 0;
        const la_ssize_t got = archive_read_data(unpack->archive, buffer->bytes + buffer->n, size);
        if (got < 0) {
            return unpack_fail(unpack);
        }
        if (got == 0) {
            break;
        }
        buffer->n += (size_t)got;
    }
    return SYNRL_OK;
}

#endif
