/* SPDX-License-Identifier: MIT */
/* Repeats a run from its record: config, policy and one reward bit per iteration. It reads no data
 * and makes no forward pass, so its speed depends only on the rule. It works for rules that learn
 * only from rewards (static, win_stay, qlearning, and plugins like them): any call of the
 * environment except `step` would need the data. */
#ifndef REPLAY_H
#define REPLAY_H

#include <jansson.h>

#include "base/core.h"
#include "synrl/model.h"
#include "synrl/policy.h"

struct replay;

enum { REPLAY_FORCE_CHANGED = 1, REPLAY_MAY_COMPILE = 2 };
/* Opens a run's record, at the initial weights. SYNRL_UNSUPPORTED where the run has no transcript,
 * used a function of the script, or a plugin that was made from code which is not compiled yet,
 * unless it may be; SYNRL_INVALID where a plugin has changed since, unless that is forced. */
synrl_status replay_open(struct core *core, const char *folder, unsigned options,
                         struct replay **opened);
void replay_close(struct replay *replay); /* NULL is allowed */

const json_t *replay_record(const struct replay *replay); /* run.json */
const synrl_layout *replay_layout(const struct replay *replay);
uint64_t replay_iterations(const struct replay *replay); /* their number */
uint64_t replay_next(const struct replay *replay);       /* the number of the next */
/* Runs the next iteration; there must be one. */
synrl_status replay_step(struct replay *replay);

/* The last step. */
struct replayed {
    uint64_t iteration;
    const int8_t *actions; /* [n_synapses]; valid until the next step */
    double alpha;
    int reward;
};
struct replayed replay_last(const struct replay *replay);
void replay_weights(const struct replay *replay, float *weights); /* [n_synapses] */

/* For the next step: the policy, or NULL; epsilon, false where the rule has no such parameter; the
 * treatment of ties; and the random word of a synapse. */
const synrl_policy *replay_policy(const struct replay *replay);
bool replay_epsilon(const struct replay *replay, double *epsilon);
synrl_ties replay_ties(const struct replay *replay);
uint32_t replay_word(const struct replay *replay, size_t synapse);

#endif
