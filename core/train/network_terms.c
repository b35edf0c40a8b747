/* SPDX-License-Identifier: MIT */
/* Loss terms, one per sample, where a pass is to keep them. */
#include "train/network.h"

#include "base/ranks.h"
#include "engine/pool.h"
#include "train/network_private.h"

synrl_status network_keep_terms(struct network *network) {
    if (network->terms == NULL) {
        network->terms = core_alloc(network->core, network->n_blocks, SYNRL_LANES * sizeof(float));
    }
    return network->terms != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
}

struct terms_work {
    const struct network *network;
    int64_t *terms;
    size_t first, end; /* the blocks of this rank */
};

static void terms_share(void *context, size_t worker, size_t n_workers) {
    const struct terms_work *work = context;
    size_t s, end;
    pool_share(work->network->n_samples, SYNRL_LANES, worker, n_workers, &s, &end);
    for (; s < end; s++) {
        const float term = work->network->terms[s];
        const size_t block = s / SYNRL_LANES;
        if (block < work->first || block >= work->end) {
            work->terms[s] = 0;
            continue;
        }
        work->terms[s] =
            term >= 0.0F && term < TERM_LIMIT ? (int64_t)((double)term * TERM_UNIT) : INT64_MAX;
    }
}

synrl_status network_terms(const struct network *network, int64_t *terms) {
    struct core *core = network->core;
    struct terms_work work = {network, terms, 0, network->n_blocks};
    const bool is_shared = network->is_shared && ranks_several(core);
    if (is_shared) {
        work.first = network->own_first;
        work.end = network->own_end;
    }
    pool_run(core->pool, terms_share, &work);
    return is_shared ? ranks_sum(core, network->n_samples, terms) : SYNRL_OK;
}
