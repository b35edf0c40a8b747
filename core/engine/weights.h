/* SPDX-License-Identifier: MIT */
/* The weights of one network: for each tensor of its layout that reads the inputs a projection of
 * the batch, for each other one a lattice. Their memory belongs to the host with which they were
 * made. */
#ifndef WEIGHTS_H
#define WEIGHTS_H

#include "synrl/model.h"

/* Makes weights that are all 0. The layout must be complete, its tensors of full size, and it must
 * outlive the weights. */
synrl_status weights_create(const synrl_host *host, const synrl_layout *layout,
                            synrl_weights **made);
void weights_destroy(synrl_weights *weights); /* before its host does; NULL is allowed */

/* Binds the weights to the present samples of a batch: rebases every tensor and makes the windows
 * that tensors read. To be called again after each batch_fill. After a failure the weights are
 * unbound, and must not be used for units. */
synrl_status weights_bind(synrl_weights *weights, const synrl_batch *batch);

/* values, delta [n_synapses] */
void weights_set(synrl_weights *weights, const float *values);
void weights_get(const synrl_weights *weights, float *values);
/* A tensor whose delta is all 0 stays as it is: no rebase. */
void weights_shift(synrl_weights *weights, const float *delta);

/* actions [n_synapses] in {-1, 0, 1}, which must not change until the next act, undo or bind;
 * alphas [n_tensors], at least 0; 0: the tensor does not move. */
void weights_act(synrl_weights *weights, const int8_t *actions, const float *alphas);
/* Undoes the last act exactly: k <- k - action. The arguments are those of the act, and nothing may
 * have moved the weights in between. */
void weights_undo(synrl_weights *weights, const int8_t *actions, const float *alphas);

/* The same by actions of rank one, those of `step_rank_one` in synrl/env.h: rows holds one for each
 * row of every tensor, columns one for each column of every tensor but biases. */
void weights_act_rank_one(synrl_weights *weights, const int8_t *rows, const int8_t *columns,
                          const float *alphas);
void weights_undo_rank_one(synrl_weights *weights, const int8_t *rows, const int8_t *columns,
                           const float *alphas);

/* The last actions of every synapse, which are part of a saved state; after an undo, its negated
 * actions. */
void weights_last_actions(const synrl_weights *weights, int8_t *actions);

size_t weights_state_size(const synrl_weights *weights);
void weights_save(const synrl_weights *weights, void *state);
/* Refuses a state that was not saved by weights of this layout; after a failure some tensors may be
 * loaded. */
synrl_status weights_load(synrl_weights *weights, const void *state, size_t size);

/* What synrl_engine_api.begin_pass begins with: of worker 0, the scratch of the next one being so
 * many floats further on. */
void weights_set_pass(synrl_weights *weights, const synrl_pass *pass, size_t scratch_size);

/* To be called after a pass. SYNRL_INVALID, once, where a model has called `units` with arguments
 * that do not fit its layout; the units were NaN then. */
synrl_status weights_check(synrl_weights *weights);

#endif
