/* SPDX-License-Identifier: MIT */
/* What the formats that are fuzzed share with the suite. */
#ifndef FUZZ_H
#define FUZZ_H

#include "support/bytes.h"
#include "support/loader.h"
#include "support/mutate.h"
#include "support/sanitizer.h"

enum { FUZZ_PARTS = 5 };

/* One load. Its files stand in `folder`; what is not as it must be is told in `problem`. */
struct fuzz {
    struct loader loader;
    struct scratch folder; /* a folder of the loader's */
    char problem[1200];
};

#define FUZZ_PROBLEM(fuzz, ...) snprintf((fuzz)->problem, sizeof(fuzz)->problem, __VA_ARGS__)

/* A kind of file, or of files that are read together. They are made of parts: a file's own bytes,
 * or what is packed into it, so that damage gets past a checksum or a compressor. */
struct format {
    const char *name;
    unsigned cases; /* of the short version */
    unsigned most;  /* MiB of the core's memory that a load may take */
    size_t n_parts, n_files;
    const char *files[FUZZ_PARTS];                        /* their names in the folder */
    void (*make)(struct fuzz *fuzz, struct bytes *parts); /* sound ones */
    /* File number f of these parts; NULL: part f. */
    void (*pack)(struct dice *dice, const struct bytes *parts, size_t f, struct bytes *file);
    synrl_status (*load)(struct fuzz *fuzz); /* and lets go of it */
};

enum { N_DATA_FORMATS = 7, N_RUN_FORMATS = 5 };
extern const struct format data_formats[N_DATA_FORMATS], run_formats[N_RUN_FORMATS];

#endif
