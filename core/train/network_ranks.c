/* SPDX-License-Identifier: MIT */
/* A pass shared among ranks: each takes some of the blocks. */
#include "base/count.h"
#include "base/ranks.h"
#include "engine/batch.h"
#include "engine/pool.h"
#include "train/network_private.h"

void network_set_shared(struct network *network) {
    const struct ranks *ranks = &network->core->ranks;
    network->is_shared = true;
    pool_share(network->n_blocks, SYNRL_TILE_BLOCKS, ranks->rank, ranks->n, &network->own_first,
               &network->own_end);
    batch_set_own(network->batch, network->own_first, network->own_end);
}

enum { LOW_BITS = 48, FLAG_BITS = 20 }; /* so that sums of 2^15 ranks fit */

synrl_status network_tally_ranks(struct core *core, synrl_status status, struct tally *tally) {
    const int64_t one = 1;
    int64_t words[4] = {(int64_t)(tally->sum & ((one << LOW_BITS) - 1)),
                        (int64_t)(tally->sum >> LOW_BITS), (int64_t)tally->n_correct,
                        (int64_t)!tally->is_finite + ((int64_t)(status != SYNRL_OK) << FLAG_BITS) +
                            ((int64_t)core->ranks.wants_stop << 2 * FLAG_BITS)};
    SYNRL_TRY(ranks_sum(core, COUNT_OF(words), words));
    core->ranks.has_asked = true;
    core->ranks.has_stopped |= words[3] >> 2 * FLAG_BITS != 0;
    const int64_t flags = (one << FLAG_BITS) - 1;
    SYNRL_TRY(ranks_agree_after(core, words[3] >> FLAG_BITS & flags, status));
    *tally = (struct tally){.sum = (int128)words[1] * (one << LOW_BITS) + words[0],
                            .n_correct = (uint64_t)words[2],
                            .is_finite = (words[3] & flags) == 0};
    return SYNRL_OK;
}
