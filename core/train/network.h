/* SPDX-License-Identifier: MIT */
/* A network at work on a batch: a model's instance, a loss, the packed samples and their targets.
 * Training, probing and validation each have one of their own, so none disturbs another. */
#ifndef NETWORK_H
#define NETWORK_H

#include "plugin/component.h"
#include "synrl/loss.h"
#include "synrl/model.h"
#include "train/dataset.h"

struct network;

/* What one forward pass over the batch finds. */
struct pass {
    double sum; /* of the loss's terms, exact to 2^-32 per term; infinite where one is not finite */
    double loss;        /* NaN without a loss */
    uint64_t n_correct; /* where asked for */
};

/* What a pass does besides. All zero: nothing. */
struct pass_options {
    bool count_correct;
    float *outputs;      /* [n][n_outputs]: one row per sample, or NULL */
    int32_t *predicted;  /* [n]: the class of each sample, or NULL */
    struct watch *watch; /* engine/watch.h: what is perturbed and seen, or NULL */
    bool without_loss;   /* which is NaN then; terms stay as they are */
    bool is_whole;       /* not shared among ranks; nor is what has outputs or predicted */
};

/* For batches of n_samples of `data`, whose shapes must fit model and loss. loss may be NULL. Keeps
 * references to the components and to data. */
synrl_status network_create(struct core *core, struct component *model, struct component *loss,
                            struct dataset *data, size_t n_samples, struct network **made);
void network_destroy(struct network *network); /* NULL is allowed */
/* Passes are shared among all ranks, which do all of them together. Before the first bind. */
void network_set_shared(struct network *network);
synrl_shape data_shape(const synrl_data *data);

/* Packs samples[0 .. n_samples - 1] of the data (NULL: the first ones) and binds the weights. */
synrl_status network_bind(struct network *network, const uint32_t *samples);
/* The seed and iteration that forward gets, for streams of noise. */
void network_set_time(struct network *network, uint64_t seed, uint64_t iteration);
/* A rule learns from its passes: layers that are random then are. */
void network_set_training(struct network *network);
/* Whether passes of two iterations differ while it is trained. */
bool network_is_random(const struct network *network);

/* One forward pass. SYNRL_INVALID where model or loss did what they must not. */
synrl_status network_pass(struct network *network, const struct pass_options *options,
                          struct pass *pass);
/* SYNRL_OK where network_gradient works, else a message that names what has no derivative. */
synrl_status network_differentiable(struct network *network);
synrl_status network_gradient(struct network *network, const float *feedback, float *gradient,
                              struct pass *pass);
/* d loss / d outputs [n_blocks][n_outputs][SYNRL_LANES], where the loss has a gradient: given the
 * sum of the loss's terms, or after a pass that finds it. */
synrl_status network_slopes_of(struct network *network, double sum, const float **slopes);
/* A pass, and d loss / d outputs [n_blocks][n_outputs][SYNRL_LANES]; the loss has a gradient. */
synrl_status network_slopes(struct network *network, const float **slopes, struct pass *pass);
bool network_loss_has_gradient(const struct network *network);

const synrl_layout *network_layout(const struct network *network);
size_t network_samples(const struct network *network); /* of the batch */
size_t network_blocks(const struct network *network);
bool network_has_classes(const struct network *network);
/* The class of a sample of the batch, and that of a row of outputs. */
int32_t network_class(const struct network *network, size_t sample);
int32_t predicted_class(const float *outputs, size_t n_outputs, size_t stride);

/* From now on passes keep the terms of their samples, which network_terms gives [n] in units of
 * 2^-32; INT64_MAX: not a finite one. */
synrl_status network_keep_terms(struct network *network);
synrl_status network_terms(const struct network *network, int64_t *terms);

struct host *network_host(struct network *network); /* the model's */
const synrl_weights *network_weights(const struct network *network);
const synrl_batch *network_batch(const struct network *network);

/* w += alpha * action, for biases bias_scale * alpha; or a step size per tensor. */
void network_act(struct network *network, const int8_t *actions, float alpha, float bias_scale);
void network_act_tensors(struct network *network, const int8_t *actions, const float *alphas);
/* Takes the last act back, exactly: the same arguments, and nothing has moved since. */
void network_undo(struct network *network, const int8_t *actions, const float *alphas);
/* The same by the factors of step_rank_one. */
void network_act_rank_one(struct network *network, const int8_t *u, const int8_t *v,
                          const float *alphas);
void network_undo_rank_one(struct network *network, const int8_t *u, const int8_t *v,
                           const float *alphas);
/* The actions of the last act, as the weights remember them, also after network_load. */
void network_last_actions(const struct network *network, int8_t *actions);
void network_shift(struct network *network, const float *delta);
void network_get_weights(const struct network *network, float *weights);
void network_set_weights(struct network *network, const float *weights);
size_t network_state_size(const struct network *network);
synrl_status network_save(const struct network *network, void *state);
synrl_status network_load(struct network *network, const void *state, size_t size);

#endif
