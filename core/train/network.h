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
    double sum;  /* of the loss's terms, exact to 2^-32 a term; infinite where one is no number */
    double loss; /* NaN without a loss */
    uint64_t n_correct; /* where asked for */
};

/* For batches of n_samples of `data`, whose shapes have to fit model and loss. loss may be
 * NULL. Keeps references to the components and to data. */
synrl_status network_create(struct core *core, struct component *model, struct component *loss,
                            struct dataset *data, size_t n_samples, struct network **made);
void network_destroy(struct network *network); /* NULL is allowed */

/* Packs samples[0 .. n_samples - 1] of the data (NULL: the first ones) and binds the model. */
synrl_status network_bind(struct network *network, const uint32_t *samples);

/* One forward pass. outputs [n][n_outputs]: a row a sample, or NULL. */
struct pass network_pass(struct network *network, bool count_correct, float *outputs);
/* SYNRL_OK where network_gradient works, else a message that names what has no derivative. */
synrl_status network_differentiable(struct network *network);
synrl_status network_gradient(struct network *network, float *gradient, struct pass *pass);

const synrl_layout *network_layout(const struct network *network);
size_t network_samples(const struct network *network); /* of the batch */
bool network_has_classes(const struct network *network);
/* The class of a sample of the batch, and that of a row of outputs. */
int32_t network_class(const struct network *network, size_t sample);
int32_t predicted_class(const float *outputs, size_t n_outputs, size_t stride);

void network_act(struct network *network, const int8_t *actions, float alpha, float bias_scale);
void network_shift(struct network *network, const float *delta);
void network_get_weights(const struct network *network, float *weights);
void network_set_weights(struct network *network, const float *weights);
size_t network_state_size(const struct network *network);
void network_save(const struct network *network, void *state);
synrl_status network_load(struct network *network, const void *state, size_t size);

#endif
