/* SPDX-License-Identifier: MIT */
/* The ranks of a run, as all of the core sees them: what is the same on every rank, and how that
 * stays so.
 *
 * All ranks call the same functions of this header in the same order. With one rank, which is what
 * a core is made with, they do nothing. plugin/comm.h lets a core join others. */
#ifndef RANKS_H
#define RANKS_H

#include "base/core.h"

/* Whether the calls of now are shared among several ranks. */
static inline bool ranks_several(const struct core *core) {
    return core->ranks.n > 1 && core->ranks.n_alone == 0;
}

/* Rank 0 is the one that writes, prints and decides. */
static inline bool ranks_is_first(const struct core *core) {
    return core->ranks.rank == 0;
}

/* Until it is called with false as often, this rank does alone what it does: nothing is shared. */
void ranks_alone(struct core *core, bool is_alone);

/* values [n] = the sum over all ranks of theirs. */
synrl_status ranks_sum(struct core *core, size_t n, int64_t *values);
/* bytes [n] = those of rank 0. */
synrl_status ranks_broadcast(struct core *core, size_t n, void *bytes);
/* What was done may have failed on some of the ranks only: then it fails on all, with the status
 * and the message of the first of those. */
synrl_status ranks_agree(struct core *core, synrl_status status);
/* The same where n_failed, a sum over all ranks, says whether there is anything to agree on. */
synrl_status ranks_agree_after(struct core *core, int64_t n_failed, synrl_status status);

/* Whether all ranks have the same value; else fails, naming the first one that differs from rank 0:
 * "rank 2: WHAT differs from rank 0's". */
synrl_status ranks_compare(struct core *core, uint64_t value, const char *what);

#endif
