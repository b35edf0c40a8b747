/* SPDX-License-Identifier: MIT */
/* Networks of layers, in the model "sequential". */
#ifndef CHAIN_SUPPORT_H
#define CHAIN_SUPPORT_H

#include "support/support.h"
#include "train/dataset.h"
#include "train/network.h"

enum { CHAIN_SAMPLES = 37, CHAIN_HEIGHT = 6, CHAIN_WIDTH = 5, CHAIN_CLASSES = 4 };

/* At work on all of CHAIN_SAMPLES pictures of bytes, under cross-entropy. */
struct chain_made {
    struct core *core;
    struct component *model, *loss;
    struct dataset *data;
    struct network *network;
};

/* Takes the layers. The first failure, after which chain_unmake is due as well. */
synrl_status chain_try_make(struct chain_made *made, struct core *core, size_t n,
                            struct component *const *layers);
void chain_unmake(struct chain_made *made);
/* outputs [CHAIN_SAMPLES][n_outputs] */
void chain_run(const struct chain_made *made, float *outputs);

/* The weights [n_synapses], at most CHAIN_WEIGHTS_MAX; returns how many. */
enum { CHAIN_WEIGHTS_MAX = 2048 };
size_t chain_weights(const struct chain_made *made, double *weights);
/* The inputs of a sample, [CHAIN_HEIGHT * CHAIN_WIDTH]. */
void chain_inputs(const struct chain_made *made, size_t sample, double *inputs);

/* The same network computed otherwise: outputs [CHAIN_CLASSES] of a sample; `plain` describes it.
 */
typedef void chain_equation(const struct chain_made *made, const void *plain, const double *weights,
                            size_t sample, double *outputs);
/* All outputs are as the equation says. */
void chain_compare(const struct chain_made *made, chain_equation *equation, const void *plain);
/* The equation's cross-entropy: of a sample, and the mean. */
double chain_term(const struct chain_made *made, chain_equation *equation, const void *plain,
                  const double *weights, size_t sample);
double chain_loss(const struct chain_made *made, chain_equation *equation, const void *plain,
                  const double *weights);
/* The gradient [n_synapses], which it returns, is the differences of that loss. */
void chain_check_gradient(const struct chain_made *made, chain_equation *equation,
                          const void *plain, float *gradient);

#define LAYER(id, ...) test_component(core, SYNRL_KIND_LAYER, id, GIVEN(__VA_ARGS__))
#define PLAIN_LAYER(id) test_component(core, SYNRL_KIND_LAYER, id, 0, NULL)

#endif
