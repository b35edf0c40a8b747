/* SPDX-License-Identifier: MIT */
/* What the suites of the data sets share: a core whose memory is counted, data sets in one call,
 * and files that are damaged byte by byte. Helpers end the test where something is not as it must
 * be. */
#ifndef LOADER_H
#define LOADER_H

#include "support/scratch.h"
#include "support/support.h"
#include "train/dataset.h"

struct loader {
    struct core *core;
    struct scratch scratch;
    size_t n_live, n_bytes, peak; /* pieces of memory, their bytes, and the most bytes so far */
    size_t most;                  /* bytes that there are; as many as one wants at first */
    bool has_guards;              /* from now on, who reads or writes past the end of memory dies */
    size_t n_warnings;
    char warning[1024]; /* the first */
};

void loader_open(struct loader *loader);
/* Nothing may be left in memory but what the core itself holds. */
void loader_close(struct loader *loader);

/* FOLDER/NAME, with these bytes; the path is good until the fourth call after this one. */
const char *loader_file(struct loader *loader, const char *name, const void *bytes, size_t n);

/* *made is NULL after a failure; anything else than SYNRL_OK must have a message. */
synrl_status loader_try(struct loader *loader, const char *id, size_t n,
                        const struct named_value *values, struct dataset **made);
struct dataset *loader_load(struct loader *loader, const char *id, size_t n,
                            const struct named_value *values);
/* The load fails with this status, and the message holds `part`. */
void loader_refuse(struct loader *loader, synrl_status status, const char *part, const char *id,
                   size_t n, const struct named_value *values);
/* Cuts the file at each length, and changes each byte of it in three ways: every load either works
 * or fails with a message, leaves nothing in memory, and takes no more than `most` bytes. The file
 * ends as it was. */
void loader_damage(struct loader *loader, const char *path, size_t most, const char *id, size_t n,
                   const struct named_value *values);
/* test_short_memory() of a load, in cores of its own. */
void loader_short_memory(const char *id, size_t n, const struct named_value *values);

#endif
