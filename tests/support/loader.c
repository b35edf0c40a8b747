/* SPDX-License-Identifier: MIT */
/* See loader.h. A piece of memory is preceded by its size, so that bytes can be counted. */
#include "support/loader.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "plugin/host.h"
#include "support/pace.h"

enum { ALIGNMENT = 64, FILLING = 0xa5 }; /* what is not asked for, up to the alignment */

/* In front of each piece of memory. */
struct piece {
    size_t size;
    size_t mapped; /* bytes, with the page behind it that nobody may touch; 0: by aligned_alloc */
};

static size_t aligned(size_t size) {
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static char *map(size_t size, size_t *mapped) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    *mapped = (ALIGNMENT + aligned(size) + 2 * page - 1) / page * page;
    char *start = mmap(NULL, *mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) {
        return NULL;
    }
    char *end = start + *mapped - page;
    ck_assert_int_eq(mprotect(end, page, PROT_NONE), 0);
    return end - aligned(size);
}

static void *count_allocate(void *context, size_t size) {
    struct loader *loader = context;
    struct piece piece = {.size = size};
    if (size > SIZE_MAX - (1 << 20) || size > loader->most - loader->n_bytes) {
        return NULL;
    }
    char *memory;
    if (loader->has_guards) {
        memory = map(size, &piece.mapped);
    } else {
        memory = aligned_alloc(ALIGNMENT, ALIGNMENT + aligned(size));
        memory = memory != NULL ? memory + ALIGNMENT : NULL;
    }
    if (memory == NULL) {
        return NULL;
    }
    memcpy(memory - ALIGNMENT, &piece, sizeof piece);
    memset(memory + size, FILLING, aligned(size) - size);
    loader->n_live++;
    loader->n_bytes += size;
    loader->peak = loader->n_bytes > loader->peak ? loader->n_bytes : loader->peak;
    return memory;
}

static void count_free(void *context, void *memory) {
    struct loader *loader = context;
    struct piece piece;
    memcpy(&piece, (char *)memory - ALIGNMENT, sizeof piece);
    for (size_t i = piece.size; i < aligned(piece.size); i++) {
        CHECK_OFTEN(((unsigned char *)memory)[i] == FILLING, "written %zu bytes past the end",
                    i + 1 - piece.size);
    }
    loader->n_live--;
    loader->n_bytes -= piece.size;
    if (piece.mapped > 0) {
        char *end = (char *)memory + aligned(piece.size) + sysconf(_SC_PAGESIZE);
        munmap(end - piece.mapped, piece.mapped);
    } else {
        test_spoil((char *)memory - ALIGNMENT, piece.size + ALIGNMENT);
        free((char *)memory - ALIGNMENT);
    }
}

static void note(void *context, synrl_log_level level, const char *line) {
    struct loader *loader = context;
    if (level == SYNRL_LOG_WARNING && loader->n_warnings++ == 0) {
        snprintf(loader->warning, sizeof loader->warning, "%s", line);
    }
}

void loader_open(struct loader *loader) {
    *loader = (struct loader){.most = SIZE_MAX};
    scratch_make(&loader->scratch);
    const struct allocator allocator = {loader, count_allocate, count_free};
    loader->core = core_create(
        &(struct core_options){.n_threads = 1,
                               .allocator = &allocator,
                               .plugin_path = BUILD_DIR "/plugins:" BUILD_DIR "/tests/fixtures",
                               .log = note,
                               .log_context = loader});
    ck_assert_ptr_nonnull(loader->core);
}

void loader_close(struct loader *loader) {
    core_destroy(loader->core);
    ck_assert_msg(loader->n_live == 0, "%zu pieces of memory are left", loader->n_live);
    scratch_remove(&loader->scratch);
}

static void write_file(const char *path, const void *bytes, size_t n) {
    FILE *file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "%s cannot be written", path);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
}

const char *loader_file(struct loader *loader, const char *name, const void *bytes, size_t n) {
    const char *path = scratch_path(&loader->scratch, name);
    write_file(path, bytes, n);
    return path;
}

synrl_status loader_try(struct loader *loader, const char *id, size_t n,
                        const struct named_value *values, struct dataset **made) {
    struct component *component = test_component(loader->core, SYNRL_KIND_DATASET, id, n, values);
    loader->core->message[0] = '\0';
    const synrl_status status = dataset_create(loader->core, component, made);
    component_release(component);
    ck_assert_msg(status == SYNRL_OK || (*made == NULL && loader->core->message[0] != '\0'),
                  "status %d without a message, or with a data set", (int)status);
    return status;
}

struct dataset *loader_load(struct loader *loader, const char *id, size_t n,
                            const struct named_value *values) {
    struct dataset *made;
    const synrl_status status = loader_try(loader, id, n, values, &made);
    ck_assert_msg(status == SYNRL_OK, "%s", loader->core->message);
    return made;
}

void loader_refuse(struct loader *loader, synrl_status status, const char *part, const char *id,
                   size_t n, const struct named_value *values) {
    struct dataset *made;
    loader_try(loader, id, n, values, &made); /* by now all plugins are open */
    const size_t n_live = loader->n_live;
    const synrl_status got = loader_try(loader, id, n, values, &made);
    test_failure(loader->core, status, got, part);
    ck_assert_msg(loader->n_live == n_live, "%zu pieces of memory are left",
                  loader->n_live - n_live);
}

static void load_damaged(struct loader *loader, const char *what, size_t at, size_t most,
                         const char *id, size_t n, const struct named_value *values) {
    struct dataset *made;
    const size_t n_live = loader->n_live, n_bytes = loader->n_bytes;
    loader->peak = n_bytes;
    loader_try(loader, id, n, values, &made);
    dataset_release(made);
    ck_assert_msg(loader->n_live == n_live, "%s %zu: %zu pieces of memory are left", what, at,
                  loader->n_live - n_live);
    ck_assert_msg(loader->peak - n_bytes <= most, "%s %zu: took %zu bytes", what, at,
                  loader->peak - n_bytes);
}

void loader_damage(struct loader *loader, const char *path, size_t most, const char *id, size_t n,
                   const struct named_value *values) {
    size_t size;
    char *bytes = scratch_read(path, &size);
    dataset_release(loader_load(loader, id, n, values)); /* as it is, it works */
    for (size_t length = 0; length < size; length++) {
        write_file(path, bytes, length);
        load_damaged(loader, "cut at", length, most, id, n, values);
    }
    static const unsigned char masks[] = {0x01, 0x80, 0xff};
    for (size_t at = 0; at < size; at++) {
        for (size_t m = 0; m < sizeof masks; m++) {
            bytes[at] = (char)(bytes[at] ^ masks[m]);
            write_file(path, bytes, size);
            bytes[at] = (char)(bytes[at] ^ masks[m]);
            load_damaged(loader, "changed at", at, most, id, n, values);
        }
    }
    write_file(path, bytes, size);
    free(bytes);
}

struct request {
    const char *id;
    size_t n;
    const struct named_value *values;
};

static synrl_status load_once(struct core *core, void *context) {
    const struct request *request = context;
    struct component *component;
    struct dataset *made = NULL;
    SYNRL_TRY(component_create(core, SYNRL_KIND_DATASET, request->id, &component));
    synrl_status status = test_configure(component, request->n, request->values);
    if (status == SYNRL_OK) {
        status = dataset_create(core, component, &made);
    }
    dataset_release(made);
    component_release(component);
    return status;
}

void loader_short_memory(const char *id, size_t n, const struct named_value *values) {
    test_short_memory_with(load_once, &(struct request){id, n, values});
}
