/* SPDX-License-Identifier: MIT */
/* Agreement among ranks, by sums: each adds what is its own to zeros of the others. */
#include "base/ranks.h"

#include <inttypes.h>
#include <string.h>

void ranks_alone(struct core *core, bool is_alone) {
    core->ranks.n_alone = is_alone ? core->ranks.n_alone + 1 : core->ranks.n_alone - 1;
}

synrl_status ranks_sum(struct core *core, size_t n, int64_t *values) {
    struct ranks *ranks = &core->ranks;
    if (!ranks_several(core)) {
        return SYNRL_OK;
    }
    ranks->n_bytes += n * sizeof *values;
    return ranks->sum(ranks->context, n, values);
}

synrl_status ranks_broadcast(struct core *core, size_t n, void *bytes) {
    struct ranks *ranks = &core->ranks;
    return ranks_several(core) ? ranks->broadcast(ranks->context, n, bytes) : SYNRL_OK;
}

/* of_ranks [n] = the value of each rank. */
static synrl_status gather(struct core *core, int64_t value, int64_t *of_ranks) {
    memset(of_ranks, 0, core->ranks.n * sizeof *of_ranks);
    of_ranks[core->ranks.rank] = value;
    return ranks_sum(core, core->ranks.n, of_ranks);
}

/* The message of one rank becomes that of all. */
static synrl_status share_message(struct core *core, size_t rank) {
    int64_t words[sizeof core->message / sizeof(int64_t)] = {0};
    if (rank == core->ranks.rank) {
        memcpy(words, core->message, sizeof core->message);
    }
    SYNRL_TRY(ranks_sum(core, sizeof words / sizeof *words, words));
    memcpy(core->message, words, sizeof core->message);
    core->message[sizeof core->message - 1] = '\0';
    return SYNRL_OK;
}

static synrl_status agree(struct core *core, synrl_status status, int64_t *of_ranks) {
    size_t first = 0;
    SYNRL_TRY(gather(core, (int64_t)status, of_ranks));
    while (first < core->ranks.n && of_ranks[first] == SYNRL_OK) {
        first++;
    }
    if (first == core->ranks.n) {
        return SYNRL_OK;
    }
    SYNRL_TRY(share_message(core, first));
    return (synrl_status)of_ranks[first];
}

synrl_status ranks_agree_after(struct core *core, int64_t n_failed, synrl_status status) {
    if (!ranks_several(core) || n_failed == 0) {
        return status;
    }
    return agree(core, status, core->ranks.scratch);
}

synrl_status ranks_agree(struct core *core, synrl_status status) {
    int64_t n_failed = status != SYNRL_OK;
    SYNRL_TRY(ranks_sum(core, 1, &n_failed));
    return ranks_agree_after(core, n_failed, status);
}

synrl_status ranks_compare(struct core *core, uint64_t value, const char *what) {
    int64_t own, *of_ranks = core->ranks.scratch;
    if (!ranks_several(core)) {
        return SYNRL_OK;
    }
    memcpy(&own, &value, sizeof own);
    SYNRL_TRY(gather(core, own, of_ranks));
    for (size_t rank = 1; rank < core->ranks.n; rank++) {
        if (of_ranks[rank] != of_ranks[0]) {
            return core_fail(core, SYNRL_INVALID,
                             "rank %zu: %s from rank 0's: %016" PRIx64 " and %016" PRIx64, rank,
                             what, (uint64_t)of_ranks[rank], (uint64_t)of_ranks[0]);
        }
    }
    return SYNRL_OK;
}
