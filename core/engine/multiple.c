/* SPDX-License-Identifier: MIT */
#include "engine/multiple.h"

#include "engine/pool.h"

/* Fewer are counted faster than a second worker would start. */
enum { SYNAPSES_WORTH_SHARING = 32768 };

/* Synapses are counted in pieces of this size; where there are MANY, only one piece in sixteen. */
enum { MANY = 1 << 18, COUNTED = 4096, COUNTED_ONE_IN = 16 };

struct count_work {
    const synrl_lattice *lattice;
    const int8_t *actions;
    struct changes *changes; /* [n_workers] */
};

static void count_share(void *context, size_t worker, size_t n_workers) {
    const struct count_work *work = context;
    const synrl_lattice *lattice = work->lattice;
    struct changes changes = {0, {0, 0, 0}};
    size_t first, end;
    pool_share(lattice->n, 64, worker, n_workers, &first, &end);
    const size_t apart = lattice->n < MANY ? COUNTED : COUNTED_ONE_IN * COUNTED;
    for (size_t at = first; at < end; at += apart) {
        const size_t n = end - at < COUNTED ? end - at : COUNTED;
        lattice->kernels->count_changes(n, work->actions + at, lattice->counters + at,
                                        changes.counts);
        changes.n += n;
    }
    work->changes[worker] = changes;
}

struct multiple multiple_find(const synrl_host *host, const synrl_lattice *lattice,
                              const int8_t *actions, struct changes *scratch) {
    struct count_work work = {lattice, actions, scratch};
    struct changes total = {0, {0, 0, 0}};
    const bool is_shared = lattice->n >= SYNAPSES_WORTH_SHARING;
    const size_t n_workers = is_shared ? host->n_workers(host) : 1;
    if (is_shared) {
        host->parallel(host, count_share, &work);
    } else {
        count_share(&work, 0, 1);
    }
    for (size_t worker = 0; worker < n_workers; worker++) {
        total.n += scratch[worker].n;
        for (size_t k = 0; k < 3; k++) {
            total.counts[k] += scratch[worker].counts[k];
        }
    }
    size_t best = 1; /* the first of equal ones, c = 0, needs no earlier deltas */
    best = total.counts[0] < total.counts[best] ? 0 : best;
    best = total.counts[2] < total.counts[best] ? 2 : best;
    return (struct multiple){(int32_t)best - 1, total.n, total.counts[best]};
}
