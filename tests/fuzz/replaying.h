/* SPDX-License-Identifier: MIT */
/* A replay run through, for both kinds of fuzzing. */
#ifndef REPLAYING_H
#define REPLAYING_H

#include <stdio.h>

#include "runs/replay.h"

/* Runs the replay, at most 100 steps of it, and asks for its weights. `problem` says which action
 * none is; it stays as it is where all are. */
static inline synrl_status step_through(struct core *core, struct replay *replay, char *problem,
                                        size_t problem_size) {
    enum { STEPS_MOST = 100 };
    const size_t n = replay_layout(replay)->n_synapses;
    const uint64_t n_steps = replay_iterations(replay);
    for (uint64_t i = 0; i < n_steps && i < STEPS_MOST; i++) {
        SYNRL_TRY(replay_step(replay));
        const struct replayed last = replay_last(replay);
        for (size_t s = 0; s < n; s++) {
            if (last.actions[s] < -1 || last.actions[s] > 1) {
                snprintf(problem, problem_size, "synapse %zu acts by %d", s, last.actions[s]);
            }
        }
    }
    float *weights = core_alloc(core, n, sizeof *weights);
    if (weights != NULL) {
        replay_weights(replay, weights);
    }
    core_free(core, weights);
    return SYNRL_OK;
}

#endif
