/* SPDX-License-Identifier: MIT */
/* A record is split without changing the window, so that it can be split again when more of it has
 * been read; only then are its quotes removed and its fields terminated. */
#define _GNU_SOURCE
#include "reader.h"

#include "../open.h"
#include "text.h"

enum { PIECE = 1 << 17 };

#define FAIL(reader, ...) (reader)->host->fail((reader)->host, SYNRL_INVALID, __VA_ARGS__)

static char *at(const struct reader *reader, size_t offset) {
    return (char *)reader->window.bytes + offset;
}

/* Filling -------------------------------------------------------------------------------------- */

/* is_whole: nothing that follows can complete a character. */
static synrl_status check_text(struct reader *reader, bool is_whole) {
    struct buffer *window = &reader->window;
    const bool is_late = reader->checked < reader->next; /* in the record that has been read */
    const bool is_first = reader->n_before == 0 && reader->checked == 0;
    const struct text text = {.bytes = window->bytes,
                              .n = window->n,
                              .first = reader->checked,
                              .n_before = reader->n_before,
                              .is_whole = is_whole,
                              .line_at = is_late ? reader->checked : reader->next,
                              .line = is_late ? reader->line : reader->next_line};
    SYNRL_TRY(text_check(reader->host, reader->path, &text, &reader->checked));
    reader->next += is_first ? text_mark(window->bytes, window->n) : 0;
    return SYNRL_OK;
}

static void close_stream(struct reader *reader) {
    if (reader->stream != NULL) {
        gzclose_r(reader->stream);
        reader->stream = NULL;
    }
}

/* Reads more of the file; at its end, closes it. */
static synrl_status read_piece(struct reader *reader, unsigned size) {
    struct buffer *window = &reader->window;
    SYNRL_TRY(buffer_reserve(reader->host, window, size + 1));
    const int got = gzread(reader->stream, window->bytes + window->n, size);
    int code = Z_OK;
    const char *why = gzerror(reader->stream, &code), *colon = strstr(why, ">: "); /* "<fd:4>: " */
    why = colon != NULL ? colon + 3 : why;
    if (got < 0 || (code != Z_OK && code != Z_STREAM_END)) {
        return code == Z_ERRNO
                   ? reader->host->fail(reader->host, SYNRL_IO, "%s: cannot be read: %s",
                                        reader->path, strerror(errno))
                   : FAIL(reader, "%s: is damaged or truncated: %s", reader->path, why);
    }
    window->n += (size_t)got;
    window->bytes[window->n] = 0;
    if (got == 0) {
        close_stream(reader);
    }
    if (reader->n_before + window->n > reader->limit) {
        return FAIL(reader, "%s: has more than limit = %zu MiB", reader->path, reader->limit >> 20);
    }
    return SYNRL_OK;
}

/* Moves what has not been read to the beginning of the window, and reads more behind it: as much as
 * is there, so that a long record is moved few times. */
static synrl_status fill(struct reader *reader) {
    struct buffer *window = &reader->window;
    const size_t rest = window->n - reader->next;
    if (reader->checked < reader->next) { /* a record ends after half a character */
        SYNRL_TRY(check_text(reader, true));
    }
    if (reader->next > 0) {
        memmove(window->bytes, window->bytes + reader->next, rest + 1);
        window->n = rest;
        reader->n_before += reader->next;
        reader->checked -= reader->next;
        reader->next = 0;
    }
    SYNRL_TRY(read_piece(reader, rest < PIECE ? PIECE : rest < 1 << 30 ? (unsigned)rest : 1 << 30));
    return check_text(reader, reader->stream == NULL);
}

/* Lines ---------------------------------------------------------------------------------------- */

static bool is_line_end(char c) {
    return c == '\n' || c == '\r';
}

static bool is_blank(const struct reader *reader, char c) {
    return (c == ' ' || c == '\t') && (reader->is_blanks || c != reader->separator);
}

static char *skip_blanks(const struct reader *reader, char *next) {
    while (is_blank(reader, *next)) { /* the window ends with a 0 */
        next++;
    }
    return next;
}

/* Skips one LF, CRLF or CR, of which the second byte may be still in the file. */
static synrl_status skip_line_end(struct reader *reader) {
    if (*at(reader, reader->next) == '\r' && reader->next + 1 == reader->window.n &&
        reader->stream != NULL) {
        SYNRL_TRY(fill(reader));
    }
    const char *text = at(reader, reader->next);
    reader->next += text[0] == '\r' && text[1] == '\n' ? 2 : 1;
    reader->next_line++;
    return SYNRL_OK;
}

/* Skips to the end of the line and past it. */
static synrl_status skip_line(struct reader *reader) {
    for (;;) {
        const size_t length = strcspn(at(reader, reader->next), "\r\n");
        reader->next += length;
        if (reader->next < reader->window.n) {
            return skip_line_end(reader);
        }
        if (reader->stream == NULL) {
            return SYNRL_OK;
        }
        SYNRL_TRY(fill(reader));
    }
}

/* Skips comments, and lines of nothing but blanks. */
static synrl_status skip_empty_lines(struct reader *reader) {
    for (;;) {
        const char *start = at(reader, reader->next);
        const char *end = skip_blanks(reader, at(reader, reader->next));
        if (reader->comment != 0 && *start == reader->comment) {
            reader->n_comments++;
            SYNRL_TRY(skip_line(reader));
        } else if (is_line_end(*end)) {
            reader->next += (size_t)(end - start);
            SYNRL_TRY(skip_line_end(reader));
        } else if (end < at(reader, reader->window.n) || reader->stream == NULL) {
            reader->next += *end == '\0' ? (size_t)(end - start) : 0;
            return SYNRL_OK;
        } else {
            SYNRL_TRY(fill(reader));
        }
    }
}

/* Splitting ------------------------------------------------------------------------------------ */

/* Where a record is split. */
struct split {
    char *next, *end;
    size_t line;
    bool is_open; /* more of the file is needed */
};

/* From after an opening quote to after the closing one. */
static synrl_status split_quoted(struct reader *reader, struct split *split, struct field *field) {
    const size_t line = split->line;
    *field = (struct field){.text = split->next};
    for (char *in = split->next; in < split->end; in++) {
        if (in[0] == '"' && in[1] != '"') {
            split->is_open = in + 1 == split->end && reader->stream != NULL;
            field->length = (size_t)(in - field->text);
            split->next = in + 1;
            return SYNRL_OK;
        }
        field->has_quotes = field->has_quotes || *in == '"';
        in += in[0] == '"';
        split->line += *in == '\n' || (*in == '\r' && in[1] != '\n');
    }
    split->is_open = reader->stream != NULL;
    return split->is_open ? SYNRL_OK
                          : FAIL(reader, "%s:%zu: a quote (\") is opened and never closed",
                                 reader->path, line);
}

static synrl_status split_field(struct reader *reader, struct split *split, struct field *field) {
    split->next = skip_blanks(reader, split->next);
    char *next = split->next;
    if (*next == '"') {
        split->next++;
        SYNRL_TRY(split_quoted(reader, split, field));
        next = split->next = skip_blanks(reader, split->next);
        if (!split->is_open && next < split->end && *next != reader->separator &&
            !is_line_end(*next) && !(reader->is_blanks && next[-1] != '"')) {
            return FAIL(reader, "%s:%zu: unexpected text after a closing quote: \"%.20s\"",
                        reader->path, split->line, next);
        }
    } else {
        while (!reader->stops[(unsigned char)*next]) {
            next++;
        }
        *field = (struct field){.text = split->next};
        split->next = next;
        while (next > field->text && (next[-1] == ' ' || next[-1] == '\t')) {
            next--;
        }
        field->length = (size_t)(next - field->text);
    }
    split->is_open = split->is_open || (split->next == split->end && reader->stream != NULL);
    return SYNRL_OK;
}

/* Skips what separates two fields; false where the record ends. */
static bool skip_separator(const struct reader *reader, struct split *split) {
    if (reader->is_blanks) {
        split->next = skip_blanks(reader, split->next);
        return split->next < split->end && !is_line_end(*split->next);
    }
    const bool is_separator = split->next < split->end && *split->next == reader->separator;
    split->next += is_separator;
    return is_separator;
}

static synrl_status split_record(struct reader *reader, struct split *split) {
    struct field field;
    do {
        SYNRL_TRY(split_field(reader, split, &field));
        if (split->is_open) {
            return SYNRL_OK;
        }
        if (N_ITEMS(struct field, reader->fields) == N_FIELDS_MAX) {
            return FAIL(reader, "%s:%zu: more than %d fields", reader->path, reader->line,
                        N_FIELDS_MAX);
        }
        SYNRL_TRY(buffer_append(reader->host, &reader->fields, &field, sizeof field));
    } while (skip_separator(reader, split));
    const bool is_cut = *split->next == '\r' && split->next + 1 == split->end; /* CRLF */
    split->is_open = reader->stream != NULL && (split->next == split->end || is_cut);
    return SYNRL_OK;
}

/* Removes the quotes within quotes, which stand twice. */
static void unquote(struct field *field) {
    char *out = field->text;
    for (const char *in = out, *end = out + field->length; in < end; in++) {
        in += *in == '"';
        *out++ = *in;
    }
    field->length = (size_t)(out - field->text);
}

synrl_status reader_next(struct reader *reader, bool *found) {
    SYNRL_TRY(skip_empty_lines(reader));
    reader->line = reader->next_line;
    *found = reader->next < reader->window.n;
    if (!*found) {
        return SYNRL_OK;
    }
    struct split split;
    for (;;) {
        reader->fields.n = 0;
        split = (struct split){at(reader, reader->next), at(reader, reader->window.n),
                               reader->next_line, false};
        SYNRL_TRY(split_record(reader, &split));
        if (!split.is_open) {
            break;
        }
        SYNRL_TRY(fill(reader));
    }
    reader->next = (size_t)(split.next - at(reader, 0));
    reader->next_line = split.line;
    if (split.next < split.end) {
        const char end = *split.next, after = split.next[1];
        reader->next += end == '\r' && after == '\n' ? 2 : 1;
        reader->next_line++;
    }
    struct field *fields = ITEMS(struct field, reader->fields);
    for (size_t f = 0; f < N_ITEMS(struct field, reader->fields); f++) {
        if (fields[f].has_quotes) {
            unquote(&fields[f]);
        }
        fields[f].text[fields[f].length] = '\0';
    }
    return SYNRL_OK;
}

/* Opening -------------------------------------------------------------------------------------- */

synrl_status reader_open(struct reader *reader, size_t n_skipped) {
    const char *why;
    struct stat status;
    const int opened = file_open_fd(reader->path, &why);
    if (opened < 0) {
        return fail_open_why(reader->host, reader->path, why);
    }
    const size_t size = fstat(opened, &status) == 0 ? (size_t)status.st_size : 0;
    reader->stream = gzdopen(opened, "rb");
    if (reader->stream == NULL) {
        close(opened);
        return reader->host->fail(reader->host, SYNRL_NO_MEMORY, "%s: not enough memory to read it",
                                  reader->path);
    }
    gzbuffer(reader->stream, PIECE);
    reader->stops[0] = reader->stops['\n'] = reader->stops['\r'] = true;
    reader->stops[(unsigned char)reader->separator] = true;
    reader->stops[' '] = reader->stops[' '] || reader->is_blanks;
    reader->stops['\t'] = reader->stops['\t'] || reader->is_blanks;
    reader->next_line = 1;
    SYNRL_TRY(fill(reader));
    reader->size = reader->stream == NULL || gzdirect(reader->stream) == 1 ? size : 0;
    for (size_t line = 0; line < n_skipped && reader->next < reader->window.n; line++) {
        SYNRL_TRY(skip_line(reader));
    }
    return SYNRL_OK;
}

void reader_close(struct reader *reader) {
    close_stream(reader);
    buffer_free(reader->host, &reader->window);
    buffer_free(reader->host, &reader->fields);
}
