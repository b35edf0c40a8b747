/* SPDX-License-Identifier: MIT */
/* How sums over some of the blocks become sums over all of them, where other processes have the
 * rest. */
#ifndef REDUCTION_H
#define REDUCTION_H

#include "synrl/engine.h"

struct reduction {
    void *context;
    /* values [n] = the sum over all processes of theirs. */
    synrl_status (*sum)(void *context, size_t n, int64_t *values);
    /* The status of the first process that has failed, on all; n_failed: the sum of whether each
     * has. */
    synrl_status (*agree)(void *context, int64_t n_failed, synrl_status status);
};

/* The same, where nobody has counted. reduction: NULL where there is one process. */
static inline synrl_status reduction_agree(const struct reduction *reduction, synrl_status status) {
    if (reduction == NULL) {
        return status;
    }
    int64_t n_failed = status != SYNRL_OK;
    SYNRL_TRY(reduction->sum(reduction->context, 1, &n_failed));
    return reduction->agree(reduction->context, n_failed, status);
}

#endif
