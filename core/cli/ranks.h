/* SPDX-License-Identifier: MIT */
/* This process as one of several that a launcher such as mpirun has started. Rank 0 prints, the
 * others keep what they have to say until it is known whether rank 0 says the same. */
#ifndef CLI_RANKS_H
#define CLI_RANKS_H

#include "base/core.h"

struct launch {
    const char *launcher; /* "mpirun"; NULL: none */
    size_t rank, n;       /* n: 0 where it is not known */
    int loud, kept; /* where stderr led to, and the memory that it leads to now; -1: unchanged */
};

/* From the environment that launchers set. */
struct launch launch_find(void);

/* What this process starts is not launched by that launcher. */
void launch_forget(void);

/* stdout of ranks other than 0 leads nowhere, and their stderr into memory. */
void ranks_hush(struct launch *launch);

/* At the end of a call, before its core: the exit code of all ranks. Where they have not all come
 * to an end, and this one has failed, it ends them, with its messages. core: NULL where there is
 * none. */
int ranks_end(struct core *core, const struct launch *launch, int code);

#endif
