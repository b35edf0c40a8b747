/* SPDX-License-Identifier: MIT */
/* The environment behind synrl_env: steps, rewards, batches and what they cost. */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include "synrl/env.h"
#include "train/network.h"
#include "train/options.h"

struct environment;

/* Binds batch number 0 of the options. Keeps references to their components and data. */
synrl_status environment_create(struct core *core, const struct train_options *options,
                                struct environment **made);
void environment_destroy(struct environment *environment); /* NULL is allowed */
synrl_env *environment_public(struct environment *environment);

/* Whose calls come from now on, with its traits; is_creating: its create is running, in which no
 * weight may move. */
void environment_set_rule(struct environment *environment, struct host *rule, uint32_t traits,
                          bool is_creating);
/* SYNRL_INVALID, with its message, where a call of the rule has failed since environment_begin and
 * the rule passed over it. */
synrl_status environment_check(struct environment *environment);

/* Starts an iteration: redraws the batch where it is due. count_correct: have the forward pass of
 * `step` count right answers too. */
synrl_status environment_begin(struct environment *environment, uint64_t iteration,
                               bool count_correct);
/* The reward of this iteration's step: -1 or +1, or 0 where the rule did not step. */
int environment_reward(const struct environment *environment);
/* Whether the rule has moved a weight since the run began. */
bool environment_has_moved(const struct environment *environment);
/* Whether the rule's gradient failed since the loss is not finite: the run has diverged. */
bool environment_is_lost(const struct environment *environment);
/* The losses [2] that this iteration showed the rule: before the step (NaN: not asked) and after.
 */
const double *environment_losses(const struct environment *environment);
/* Loss and accuracy on the batch at the weights as they are; what is not known yet costs a forward
 * pass that is not counted. */
synrl_status environment_measure(struct environment *environment, struct metrics *metrics);
struct network *environment_network(struct environment *environment);
/* The weights that the options gave it to begin with, [n_synapses]; NULL: none. */
const float *environment_initial(const struct environment *environment);

/* All that the environment knows beside the network's weights, to continue later bit for bit.
 * environment_load draws and binds the batch of that moment; the network is to be loaded after it,
 * and then environment_loaded called. */
size_t environment_state_size(const struct environment *environment);
void environment_save(const struct environment *environment, void *state);
synrl_status environment_load(struct environment *environment, const void *state);
void environment_loaded(struct environment *environment);

#endif
