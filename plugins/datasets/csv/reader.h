/* SPDX-License-Identifier: MIT */
/* Records of a text file, gzip or plain: RFC 4180 with any one-byte separator or with blanks, and
 * LF, CRLF or CR at the ends of lines. Read through a window, so that a file takes no more memory
 * than its longest record. */
#ifndef READER_H
#define READER_H

#include <stdbool.h>
#include <stdint.h>
#include <zlib.h>

#include "../buffer.h"

/* Without its quotes and the blanks around it; terminated; until the next record is read. */
struct field {
    char *text;
    size_t length;
    bool has_quotes; /* within the quotes, still to be removed */
};

enum { N_FIELDS_MAX = 1000000 };

struct reader {
    const synrl_host *host;
    const char *path;
    char separator;       /* 0 with is_blanks */
    bool is_blanks;       /* any number of blanks separate, and those around a line do not count */
    char comment;         /* lines that begin with it are skipped; 0: none */
    bool stops[256];      /* the bytes that end a field without quotes */
    gzFile stream;        /* NULL once the file has been read */
    size_t limit;         /* bytes that the unpacked file may have */
    size_t size;          /* of the file, where it is plain; else 0 */
    struct buffer window; /* followed by a 0 */
    size_t next;          /* in the window, the first byte that has not been read */
    size_t checked;       /* in the window, the first byte that has not been checked */
    size_t n_before;      /* bytes of the file in front of the window */
    size_t line;          /* the first of the current record, from 1 */
    size_t next_line;     /* the line of `next` */
    size_t n_comments;
    struct buffer fields; /* struct field */
};

/* Opens a file whose separator, comment, path, host and limit are set, and skips its first lines.
 * To be closed even after a failure. */
synrl_status reader_open(struct reader *reader, size_t n_skipped);
/* Reads the next record that is not an empty line into `fields`; *found is false after the last. */
synrl_status reader_next(struct reader *reader, bool *found);
void reader_close(struct reader *reader);

#endif
