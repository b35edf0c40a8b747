/* SPDX-License-Identifier: MIT */
/* The weights of one network: for each tensor of its layout a projection of the batch, where it
 * reads the inputs, else a lattice. All of it is memory of the host that it was made with. */
#ifndef WEIGHTS_H
#define WEIGHTS_H

#include "synrl/model.h"

/* All weights 0. The layout is complete, its tensors are of full size, and it outlives the
 * weights. */
synrl_status weights_create(const synrl_host *host, const synrl_layout *layout,
                            synrl_weights **made);
void weights_destroy(synrl_weights *weights); /* before its host does; NULL is allowed */

/* To the samples that a batch holds now: rebases every tensor and makes the windows that tensors
 * read. To be called again after each batch_fill. A failure leaves the weights unbound, and they
 * must not be asked for units. */
synrl_status weights_bind(synrl_weights *weights, const synrl_batch *batch);

/* values, delta [n_synapses] */
void weights_set(synrl_weights *weights, const float *values);
void weights_get(const synrl_weights *weights, float *values);
void weights_shift(synrl_weights *weights, const float *delta);

/* actions [n_synapses] in {-1, 0, 1}, which stay as they are until the next act, undo or bind;
 * alphas [n_tensors], at least 0; 0: the tensor stays. */
void weights_act(synrl_weights *weights, const int8_t *actions, const float *alphas);
/* Takes the last act back, exactly: k <- k - action. The same arguments; nothing has moved the
 * weights in between. */
void weights_undo(synrl_weights *weights, const int8_t *actions, const float *alphas);

/* The last actions of every synapse, which a loaded state remembers too; after an undo, those that
 * took it back. */
void weights_last_actions(const synrl_weights *weights, int8_t *actions);

size_t weights_state_size(const synrl_weights *weights);
void weights_save(const synrl_weights *weights, void *state);
/* Refuses what was not saved by such weights; a failure may leave some tensors loaded. */
synrl_status weights_load(synrl_weights *weights, const void *state, size_t size);

/* SYNRL_INVALID, once, where a model has handed to `units` what does not fit its layout; the units
 * were NaN then. To be asked after a pass. */
synrl_status weights_check(synrl_weights *weights);

#endif
