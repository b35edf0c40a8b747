/* SPDX-License-Identifier: MIT */
/* The arguments of a step, of a run's environment and of a replay's. */
#ifndef STEP_CHECK_H
#define STEP_CHECK_H

#include "base/core.h"
#include "synrl/rule.h"

/* Actions in {-1, 0, 1}. */
synrl_status step_check_actions(struct core *core, const synrl_layout *layout,
                                const int8_t *actions);
/* The factors of step_rank_one, in {-1, 0, 1}. */
synrl_status step_check_rank_one(struct core *core, const synrl_layout *layout, const int8_t *u,
                                 const int8_t *v);
/* The actions that they make, [n_synapses]. */
void step_expand_rank_one(const synrl_layout *layout, const int8_t *u, const int8_t *v,
                          int8_t *actions);
/* alpha is a float greater than 0, and bias_scale times it a float of at least 0. */
synrl_status step_check_alpha(struct core *core, double alpha, double bias_scale);
/* Checks them; alphas[n_tensors] are those of the layout's tensors. */
synrl_status step_alphas_uniform(struct core *core, const synrl_layout *layout, double alpha,
                                 double bias_scale, float *alphas);
synrl_status step_alphas_of_tensors(struct core *core, const synrl_layout *layout,
                                    const double *given, float *alphas);

#endif
