/* SPDX-License-Identifier: MIT */
/* Projections: Z = X W^T of a bound batch, kept up to date while W moves on its lattice. */
#ifndef PROJECTION_H
#define PROJECTION_H

#include "engine/lattice.h"

typedef struct synrl_projection synrl_projection;

/* Makes a projection with all weights 0. */
synrl_status projection_create(const synrl_host *host, size_t n_outputs, size_t n_inputs,
                               synrl_projection **made);
void projection_destroy(synrl_projection *projection); /* NULL is allowed */
/* Rebases, and projects the batch's samples from now on; to be called after each batch_fill. */
synrl_status projection_bind(synrl_projection *projection, const synrl_batch *batch);
void projection_set(synrl_projection *projection, const float *weights);
void projection_get(const synrl_projection *projection, float *weights);
/* The actions must not change until the next act, undo or bind. */
void projection_act(synrl_projection *projection, const int8_t *actions, float alpha);
/* Undoes the last act; the negated actions must not change either. */
void projection_undo(synrl_projection *projection, const int8_t *negated);
/* An act of other tensors, which may overwrite the actions of this one's last act. */
void projection_stay(synrl_projection *projection);
/* The same by actions of rank one, whose rows and columns must not change until then. */
void projection_act_rank_one(synrl_projection *projection, const struct rank_one *actions,
                             float alpha);
void projection_undo_rank_one(synrl_projection *projection, const struct rank_one *negated);
void projection_last_actions(const synrl_projection *projection, int8_t *actions);
void projection_shift(synrl_projection *projection, const float *delta);
/* z [n_outputs][SYNRL_LANES] of one block, + bias unless NULL. Two workers must not ask for blocks
 * of the same tile. */
void projection_values(synrl_projection *projection, size_t block, const float *bias, float *z);
const synrl_lattice *projection_lattice(const synrl_projection *projection);
size_t projection_state_size(const synrl_projection *projection);
void projection_save(const synrl_projection *projection, void *state);
synrl_status projection_load(synrl_projection *projection, const void *state, size_t size);

#endif
