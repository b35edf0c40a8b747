/* SPDX-License-Identifier: MIT */
/* See frame.h. Invariant: between two inputs the core holds what it held before, but for plugins
 * that an input was the first to open. */
#include "fuzz/guided/frame.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/host.h"
#include "support/sanitizer.h"

#ifdef HAS_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, n) ((void)(at), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(at, n) ((void)(at), (void)(n))
#endif

enum { ALIGNMENT = 64 };

_Noreturn void frame_fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "fuzz: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    abort();
}

/* Memory: each piece is preceded by its size ----------------------------------------------------
 *
 * Large pieces are used again, since new pages from the system for each input would take most of
 * the time. Meanwhile they are poisoned, as is what a piece does not use of its block. */

enum { KEPT_FIRST = 12, KEPT_LAST = 19 }; /* powers of two: 4 KiB .. 512 KiB */

struct block {
    size_t size; /* of the piece */
    struct block *next;
};
static struct block *kept[KEPT_LAST + 1];

/* The power of two that a kept block of that many bytes has; 0: it is not kept. */
static unsigned power_for(size_t n) {
    unsigned power = KEPT_FIRST;
    while (power <= KEPT_LAST && n > (size_t)1 << power) {
        power++;
    }
    return n > (size_t)1 << (KEPT_FIRST - 1) && power <= KEPT_LAST ? power : 0;
}

static struct block *take_block(size_t n) {
    const unsigned power = power_for(n);
    struct block *block = kept[power];
    if (power == 0 || block == NULL) {
        block = aligned_alloc(ALIGNMENT, power == 0 ? n : (size_t)1 << power);
    } else {
        ASAN_UNPOISON_MEMORY_REGION(block, ALIGNMENT);
        kept[power] = block->next;
    }
    if (power != 0 && block != NULL) {
        ASAN_UNPOISON_MEMORY_REGION(block, n);
        ASAN_POISON_MEMORY_REGION((char *)block + n, ((size_t)1 << power) - n);
    }
    return block;
}

static void *allocate(void *context, size_t size) {
    struct frame *frame = context;
    if (size > frame->most - frame->n_bytes) {
        return NULL;
    }
    const size_t n = (2 * ALIGNMENT - 1 + size) / ALIGNMENT * ALIGNMENT;
    struct block *block = take_block(n);
    if (block == NULL) {
        return NULL;
    }
    block->size = size;
    if (power_for(n) != 0) {
        ASAN_POISON_MEMORY_REGION((char *)block + ALIGNMENT + size, n - ALIGNMENT - size);
    }
    frame->n_live++;
    frame->n_bytes += size;
    return (char *)block + ALIGNMENT;
}

static void give_back(void *context, void *memory) {
    struct frame *frame = context;
    struct block *block = (void *)((char *)memory - ALIGNMENT);
    const unsigned power = power_for((2 * ALIGNMENT - 1 + block->size) / ALIGNMENT * ALIGNMENT);
    frame->n_live--;
    frame->n_bytes -= block->size;
    if (power == 0) {
        free(block);
        return;
    }
    block->next = kept[power];
    kept[power] = block;
    ASAN_POISON_MEMORY_REGION(block, (size_t)1 << power);
}

static void free_kept(void) {
    for (unsigned power = KEPT_FIRST; power <= KEPT_LAST; power++) {
        while (kept[power] != NULL) {
            struct block *block = kept[power];
            ASAN_UNPOISON_MEMORY_REGION(block, (size_t)1 << power);
            kept[power] = block->next;
            free(block);
        }
    }
}

/* Files ---------------------------------------------------------------------------------------- */

const char *frame_path(const struct frame *frame, const char *name) {
    static char paths[4][256];
    static unsigned n;
    char *path = paths[n++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", frame->folder, name);
    return path;
}

/* The files that inputs are written to stay open, since opening costs more than writing. */
static struct written {
    char name[64];
    int file;
} written[8];

static struct written *find_written(const char *name) {
    for (size_t i = 0; i < COUNT_OF(written); i++) {
        if (written[i].name[0] == '\0' || strcmp(written[i].name, name) == 0) {
            return &written[i];
        }
    }
    return &written[COUNT_OF(written) - 1];
}

/* Whether the open file is still the one of its name: a reader may have removed or replaced it. */
static bool is_open(const struct written *at, const char *name, off_t *size) {
    struct stat status;
    const bool is_same =
        strcmp(at->name, name) == 0 && fstat(at->file, &status) == 0 && status.st_nlink > 0;
    *size = is_same ? status.st_size : 0;
    return is_same;
}

const char *frame_write(const struct frame *frame, const char *name, const void *bytes, size_t n) {
    const char *path = frame_path(frame, name);
    struct written *at = find_written(name);
    off_t size;
    if (!is_open(at, name, &size)) {
        if (at->name[0] != '\0') {
            close(at->file);
        }
        at->file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        snprintf(at->name, sizeof at->name, "%s", name);
    }
    if (at->file < 0 || pwrite(at->file, bytes, n, 0) != (ssize_t)n ||
        (size > (off_t)n && ftruncate(at->file, (off_t)n) != 0)) {
        frame_fail("%s cannot be written", path);
    }
    return path;
}

void frame_make_folder(const struct frame *frame, const char *name) {
    mkdir(frame_path(frame, name), 0777);
}

static void remove_folder(const char *folder) {
    DIR *listing = opendir(folder);
    struct dirent *entry;
    char path[512];
    while (listing != NULL && (entry = readdir(listing)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            if (unlink(path) != 0) {
                remove_folder(path);
            }
        }
    }
    if (listing != NULL) {
        closedir(listing);
    }
    rmdir(folder);
}

/* Inputs --------------------------------------------------------------------------------------- */

uint8_t input_byte(struct input *input) {
    return (uint8_t)(input->at < input->end ? *input->at++ : 0);
}

struct input input_part(struct input *input, size_t most) {
    const size_t n = most < input_size(input) ? most : input_size(input);
    const struct input part = {input->at, input->at + n};
    input->at += n;
    return part;
}

const char *input_line(struct input *input, char *text, size_t size) {
    size_t n = 0;
    while (input->at < input->end && *input->at != '\n') {
        if (n + 1 < size) {
            text[n++] = (char)*input->at;
        }
        input->at++;
    }
    input->at += input->at < input->end;
    text[n] = '\0';
    return text;
}

/* The frame ------------------------------------------------------------------------------------ */

void frame_open(struct frame *frame, const struct harness *harness) {
    const char *given = getenv("SYNRL_FUZZ_FOLDER"); /* whoever gives one removes it */
    const char *memory = given != NULL                   ? given
                         : access("/dev/shm", W_OK) == 0 ? "/dev/shm"
                                                         : "/tmp";
    *frame = (struct frame){.most = SIZE_MAX};
    snprintf(frame->folder, sizeof frame->folder, "%s/synrl-fuzz-XXXXXX", memory);
    if (mkdtemp(frame->folder) == NULL) {
        frame_fail("no folder %s", frame->folder);
    }
    const struct allocator allocator = {frame, allocate, give_back};
    frame->core = core_create(
        &(struct core_options){.n_threads = 1,
                               .allocator = &allocator,
                               .plugin_path = BUILD_DIR "/plugins:" BUILD_DIR "/tests/fixtures"});
    if (frame->core == NULL) {
        frame_fail("no core");
    }
    if (harness->prepare != NULL) {
        harness->prepare(frame);
    }
}

void frame_close(struct frame *frame) {
    core_destroy(frame->core);
    free_kept();
    remove_folder(frame->folder);
    if (frame->n_live != 0) {
        frame_fail("%zu pieces of memory are left", frame->n_live);
    }
}

static size_t read_once(struct frame *frame, const struct harness *harness, const uint8_t *bytes,
                        size_t n) {
    const size_t n_live = frame->n_live;
    frame->most = frame->n_bytes + ((size_t)harness->most << 20);
    frame->core->message[0] = '\0';
    harness->read(frame, bytes, n);
    frame->most = SIZE_MAX;
    return frame->n_live - n_live;
}

void frame_read(struct frame *frame, const struct harness *harness, const uint8_t *bytes,
                size_t n) {
    if (read_once(frame, harness, bytes, n) == 0) {
        return;
    }
    const size_t n_left = read_once(frame, harness, bytes, n);
    if (n_left != 0) {
        frame_fail("%zu pieces of memory are left", n_left);
    }
}

void frame_expect_refusal(const struct frame *frame, synrl_status status) {
    const char *message = frame->core->message;
    if (status == SYNRL_NO_MEMORY) {
        frame_fail("too much memory: %s", message);
    }
    if (status != SYNRL_OK && strstr(message, frame->folder) == NULL) {
        frame_fail("status %d, and no file is named: \"%s\"", (int)status, message);
    }
}

/* The tables ----------------------------------------------------------------------------------- */

const struct harness *harness_at(size_t i) {
    const struct harness *const tables[] = {data_harnesses, array_harnesses, picture_harnesses,
                                            run_harnesses,  index_harness,   script_harnesses,
                                            serve_harness};
    for (size_t t = 0; t < COUNT_OF(tables); t++) {
        for (const struct harness *harness = tables[t]; harness->name != NULL; harness++) {
            if (i-- == 0) {
                return harness;
            }
        }
    }
    return NULL;
}

const struct harness *harness_find(const char *name) {
    const struct harness *harness = NULL;
    for (size_t i = 0; (harness = harness_at(i)) != NULL && strcmp(harness->name, name) != 0;) {
        i++;
    }
    return harness;
}
