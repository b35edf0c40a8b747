/* The environment behind synrl_env: steps, rewards, batches and what they cost. */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include "synrl/env.h"
#include "train/metrics.h"
#include "train/network.h"
#include "train/options.h"

struct environment;

/* Binds batch number 0 of the options. Keeps references to their components and data. */
synrl_status environment_create(struct core *core, const struct train_options *options,
                                struct environment **made);
void environment_destroy(struct environment *environment); /* NULL is allowed */
synrl_env *environment_public(struct environment *environment);

/* Starts an iteration: redraws the batch where it is due. count_correct: have the forward pass of
 * `step` count right answers too. */
synrl_status environment_begin(struct environment *environment, uint64_t iteration,
                               bool count_correct);
/* The reward of this iteration's step: -1 or +1, or 0 where the rule did not step. */
int environment_reward(const struct environment *environment);
/* Loss and accuracy on the batch at the weights as they are; what is not known yet costs a forward
 * pass that is not counted. */
void environment_look(struct environment *environment, struct metrics *metrics);
struct network *environment_network(struct environment *environment);

/* All that the environment knows beside the network's weights, to go on later bit for bit. */
struct environment_state {
    double old_loss;
    struct pass last;
    uint64_t batch_number, sample_forwards, sample_backwards;
    uint64_t has_old_loss, is_loss_known, is_correct_known, is_paid;
};
struct environment_state environment_save(const struct environment *environment);
/* Draws and binds the batch of that moment; the weights are to be loaded after this. */
synrl_status environment_load(struct environment *environment,
                              const struct environment_state *state);

#endif
