/* SPDX-License-Identifier: MIT */
/* Short runs of an experiment, in all the ways a run can come about. A failure's message is the
 * finding. */
#ifndef TRIAL_H
#define TRIAL_H

#include "check/subject.h"

enum { TRIAL_ITERATIONS = 40, TRIAL_SAVED_EVERY = 10 };

/* The run straight through: weights and metrics after each iteration. */
synrl_status trial_run(struct core *core, const struct experiment *experiment, struct trace *trace);
/* Whether the weights are others at the end of such a run. */
bool trial_moved(const struct trace *trace);
/* SYNRL_INVALID where a run that is saved and loaded on the way ends otherwise, SYNRL_UNSUPPORTED
 * where the rule cannot be resumed. */
synrl_status trial_resume(struct core *core, const struct experiment *experiment);
/* SYNRL_INVALID where a replay of the recorded run ends with other weights; SYNRL_UNSUPPORTED where
 * the rule needs more than rewards and losses. */
synrl_status trial_replay(struct core *core, const struct experiment *experiment);
/* The weights that the rule ends with when only `traits` of what it declares are granted. Fails
 * where it asks for more. */
synrl_status trial_weights(struct core *core, const struct experiment *experiment, uint32_t traits,
                           uint64_t *hash);

#endif
