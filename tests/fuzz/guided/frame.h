/* SPDX-License-Identifier: MIT */
/* Coverage-guided fuzzing: what the harnesses share. libFuzzer hands a harness bytes; the harness
 * makes files or a script's values of them and calls one reader. What it reads loads and makes
 * sense, or is refused with a message that names it, in little memory and leaving none.
 *
 * The same harnesses read the corpora in `make check`, in a program that libFuzzer does not drive.
 */
#ifndef FRAME_H
#define FRAME_H

#include "base/core.h"
#include "support/values.h"

struct frame {
    struct core *core;
    char folder[64]; /* in memory where there is such a file system; empty at first */
    size_t n_live, n_bytes,
        most; /* pieces of the core's memory, their bytes, and how many may be */
};

struct harness {
    const char *name;
    unsigned most;                        /* MiB of the core's memory that one input may take */
    void (*prepare)(struct frame *frame); /* once, before the first input; or NULL */
    void (*clear)(struct frame *frame);   /* at the end; or NULL */
    void (*read)(struct frame *frame, const uint8_t *bytes, size_t n);
};

extern const struct harness data_harnesses[], array_harnesses[], picture_harnesses[],
    run_harnesses[], index_harness[], script_harnesses[], serve_harness[];
/* Of all tables, which each end with a name of NULL; NULL: none of this name. */
const struct harness *harness_find(const char *name);
const struct harness *harness_at(size_t i);

void frame_open(struct frame *frame, const struct harness *harness);
void frame_close(struct frame *frame);
/* Reads one input, and aborts where anything is not as it must be. */
void frame_read(struct frame *frame, const struct harness *harness, const uint8_t *bytes, size_t n);

/* FOLDER/NAME; good until the fourth call after this one. */
const char *frame_path(const struct frame *frame, const char *name);
const char *frame_write(const struct frame *frame, const char *name, const void *bytes, size_t n);
void frame_make_folder(const struct frame *frame, const char *name);

/* Says what is wrong, and aborts. */
_Noreturn void frame_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A failure that is allowed: its message names a file of the folder, and memory was enough. */
void frame_expect_refusal(const struct frame *frame, synrl_status status);

/* A piece taken from the front of the input: up to `most` bytes. */
struct input {
    const uint8_t *at, *end;
};
uint8_t input_byte(struct input *input); /* 0 past the end */
struct input input_part(struct input *input, size_t most);
/* Up to the next line feed, which is left out; a terminated copy of at most `size` - 1 bytes. */
const char *input_line(struct input *input, char *text, size_t size);
static inline size_t input_size(const struct input *input) {
    return (size_t)(input->end - input->at);
}

#endif
