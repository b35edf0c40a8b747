/* SPDX-License-Identifier: MIT */
/* Weights on a lattice: w = w0 + alpha * k. A projection contains one; a synrl_lattice is one. */
#ifndef LATTICE_H
#define LATTICE_H

#include "engine/rank_one.h"

typedef struct synrl_lattice synrl_lattice;

struct synrl_lattice {
    const synrl_host *host;
    const struct kernels *kernels;
    size_t n;
    float alpha;
    uint32_t n_acts; /* since the last rebase, including undos; a loaded state has as many as its
                      * reach */
    uint32_t reach, reach_max; /* |k| is at most reach; at reach_max the next rebase is due */
    float *w0;
    int16_t *counters; /* see kernels.h */
    float *values;     /* kept up to date; NULL where they are not needed */
};

/* Initialises a lattice that its owner allocated, with all weights 0; lattice_clear frees its
 * contents. */
synrl_status lattice_init(synrl_lattice *lattice, const synrl_host *host, size_t n,
                          uint32_t reach_max, bool with_values);
void lattice_clear(synrl_lattice *lattice);

/* Prepares for an act with this alpha, and returns what that multiplied every k by: 0, a rebase; 1;
 * or 2^m where the former alpha was 2^m times this one and k has room for it. */
uint32_t lattice_approach(synrl_lattice *lattice, float alpha);
/* Writes the weights into out [n]. */
void lattice_get(const synrl_lattice *lattice, float *out);

synrl_status lattice_create(const synrl_host *host, size_t n, synrl_lattice **made);
void lattice_destroy(synrl_lattice *lattice);
const float *lattice_values(const synrl_lattice *lattice);
void lattice_set(synrl_lattice *lattice, const float *weights);
void lattice_act(synrl_lattice *lattice, const int8_t *actions, float alpha);
/* Undoes the last act, without a rebase. */
void lattice_undo(synrl_lattice *lattice, const int8_t *negated);
/* The same by actions of rank one. */
void lattice_act_rank_one(synrl_lattice *lattice, const struct rank_one *actions, float alpha);
void lattice_undo_rank_one(synrl_lattice *lattice, const struct rank_one *negated);
/* The actions in the counters: of the last act or undo; 0 where there was none. */
void lattice_last_actions(const synrl_lattice *lattice, int8_t *actions);
void lattice_shift(synrl_lattice *lattice, const float *delta);
void lattice_rebase(synrl_lattice *lattice);
size_t lattice_state_size(const synrl_lattice *lattice);
void lattice_save(const synrl_lattice *lattice, void *state);
synrl_status lattice_load(synrl_lattice *lattice, const void *state, size_t size);

#endif
