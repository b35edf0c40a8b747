/* SPDX-License-Identifier: MIT */
/* Checkpoints: written under a temporary name, brought to the disk, renamed; checked when read. */
#include "record/checkpoint.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#include "base/file.h"
#include "base/number.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "numbers are written as they are in memory");

#define PREFIX "checkpoint-"
#define SUFFIX ".bin"

/* The last letter of the magic is the version: a new layout takes a new letter. */
struct header {
    char magic[8];
    uint64_t iteration, metrics_size, n_rewards, state_size;
    uint64_t checksum; /* of the header up to here, and of the state */
};
static const char magic[8] = {'s', 'y', 'n', 'r', 'l', 'c', 'p', '2'};

static uint64_t checksum(const struct header *header, const void *state) {
    const uint64_t seed = XXH3_64bits(header, offsetof(struct header, checksum));
    return XXH3_64bits_withSeed(state, header->state_size, seed);
}

static char *path_of(struct core *core, const char *folder, uint64_t iteration) {
    return core_printf(core, "%s/" PREFIX "%012" PRIu64 SUFFIX, folder, iteration);
}

/* Listing -------------------------------------------------------------------------------------- */

static bool read_name(const char *name, uint64_t *iteration) {
    const size_t length = strlen(name), prefix = strlen(PREFIX), suffix = strlen(SUFFIX);
    return length > prefix + suffix && strncmp(name, PREFIX, prefix) == 0 &&
           strcmp(name + length - suffix, SUFFIX) == 0 &&
           integer_read(name + prefix, length - prefix - suffix, 0, UINT64_MAX, iteration);
}

static int newest_first(const void *left, const void *right) {
    const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a < b) - (a > b);
}

static synrl_status collect(struct core *core, DIR *directory, uint64_t **iterations, size_t *n) {
    size_t capacity = 0;
    uint64_t iteration;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (!read_name(entry->d_name, &iteration)) {
            continue;
        }
        uint64_t *grown = core_grow(core, *iterations, *n, &capacity, sizeof *grown);
        if (grown == NULL) {
            return SYNRL_NO_MEMORY;
        }
        *iterations = grown;
        grown[(*n)++] = iteration;
    }
    return SYNRL_OK;
}

synrl_status checkpoint_list(struct core *core, const char *folder, uint64_t **iterations,
                             size_t *n) {
    *n = 0;
    *iterations = core_alloc(core, 1, sizeof **iterations);
    if (*iterations == NULL) {
        return SYNRL_NO_MEMORY;
    }
    DIR *directory = opendir(folder);
    synrl_status status = file_fail(core, folder, "read");
    if (directory != NULL) {
        status = collect(core, directory, iterations, n);
        closedir(directory);
    }
    if (status != SYNRL_OK) {
        core_free(core, *iterations);
        *iterations = NULL;
        return status;
    }
    qsort(*iterations, *n, sizeof **iterations, newest_first);
    return SYNRL_OK;
}

/* Writing -------------------------------------------------------------------------------------- */

static synrl_status write_file(struct core *core, const char *path,
                               const struct checkpoint *checkpoint) {
    struct draft *draft;
    struct header header = {.iteration = checkpoint->iteration,
                            .metrics_size = checkpoint->metrics_size,
                            .n_rewards = checkpoint->n_rewards,
                            .state_size = checkpoint->state_size};
    memcpy(header.magic, magic, sizeof magic);
    header.checksum = checksum(&header, checkpoint->state);
    SYNRL_TRY(draft_begin(core, path, &draft));
    FILE *stream = draft_stream(draft);
    if (fwrite(&header, sizeof header, 1, stream) != 1 ||
        fwrite(checkpoint->state, 1, checkpoint->state_size, stream) != checkpoint->state_size) {
        const synrl_status status = file_fail(core, path, "write");
        draft_abandon(draft);
        return status;
    }
    return draft_commit(draft);
}

static synrl_status remove_older(struct core *core, const char *folder, size_t keep) {
    uint64_t *iterations;
    size_t n;
    synrl_status status = checkpoint_list(core, folder, &iterations, &n);
    for (size_t i = keep; status == SYNRL_OK && i < n; i++) {
        char *path = path_of(core, folder, iterations[i]);
        if (path == NULL) {
            status = SYNRL_NO_MEMORY;
        } else if (unlink(path) != 0) {
            status = file_fail(core, path, "remove");
        }
        core_free(core, path);
    }
    core_free(core, iterations);
    return status;
}

synrl_status checkpoint_write(struct core *core, const char *folder, size_t keep,
                              const struct checkpoint *checkpoint) {
    char *path = path_of(core, folder, checkpoint->iteration);
    const synrl_status status = path != NULL ? write_file(core, path, checkpoint) : SYNRL_NO_MEMORY;
    core_free(core, path);
    return status == SYNRL_OK ? remove_older(core, folder, keep) : status;
}

/* Reading -------------------------------------------------------------------------------------- */

static synrl_status check(struct core *core, const char *path, const char *bytes, size_t size,
                          uint64_t iteration, size_t state_size) {
    struct header header;
    if (size >= sizeof magic && memcmp(bytes, magic, sizeof magic - 1) == 0 &&
        bytes[sizeof magic - 1] != magic[sizeof magic - 1]) {
        return core_fail(core, SYNRL_INVALID,
                         "%s: a checkpoint of version %c: must be of version %c", path,
                         bytes[sizeof magic - 1], magic[sizeof magic - 1]);
    }
    if (size < sizeof header || memcmp(bytes, magic, sizeof magic) != 0) {
        return core_fail(core, SYNRL_INVALID, "%s: not a checkpoint file, or truncated", path);
    }
    memcpy(&header, bytes, sizeof header);
    if (header.state_size != size - sizeof header ||
        header.checksum != checksum(&header, bytes + sizeof header)) {
        return core_fail(core, SYNRL_INVALID,
                         "%s: truncated or damaged: the checksum does not match", path);
    }
    if (header.iteration != iteration || header.state_size != state_size) {
        return core_fail(core, SYNRL_INVALID, "%s: the checkpoint of another run", path);
    }
    return SYNRL_OK;
}

static synrl_status take(struct core *core, const char *bytes, struct checkpoint *checkpoint) {
    struct header header;
    memcpy(&header, bytes, sizeof header);
    void *state = core_alloc(core, header.state_size, 1);
    if (state == NULL) {
        return SYNRL_NO_MEMORY;
    }
    memcpy(state, bytes + sizeof header, header.state_size);
    *checkpoint = (struct checkpoint){.iteration = header.iteration,
                                      .metrics_size = header.metrics_size,
                                      .n_rewards = header.n_rewards,
                                      .state_size = header.state_size,
                                      .state = state};
    return SYNRL_OK;
}

synrl_status checkpoint_read(struct core *core, const char *folder, uint64_t iteration,
                             size_t state_size, struct checkpoint *checkpoint) {
    char *path = path_of(core, folder, iteration), *bytes = NULL;
    size_t size;
    synrl_status status = SYNRL_NO_MEMORY;
    if (path != NULL) {
        status = file_read(core, path, sizeof(struct header) + state_size, &bytes, &size);
    }
    if (status == SYNRL_OK) {
        status = check(core, path, bytes, size, iteration, state_size);
    }
    if (status == SYNRL_OK) {
        status = take(core, bytes, checkpoint);
    }
    core_free(core, bytes);
    core_free(core, path);
    return status;
}
