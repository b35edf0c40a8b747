/* SPDX-License-Identifier: MIT */
/* The layers of a sequential model that compute something, in their order, and their gradient. */
#ifndef CHAIN_H
#define CHAIN_H

#include <synrl/layer.h>

struct chain {
    size_t n; /* at least 1: a model without tensors is refused */
    const synrl_layer_instance **layers;
    size_t widths[2]; /* values of the widest layer of even and of odd index */
    /* Of the gradient, made by the first one: */
    size_t n_synapses;
    float *weights; /* [n_synapses] */
    float *partial; /* [n_workers][n_synapses] */
    float *values;  /* [n_workers][values_size]: the inputs of every layer, the outputs, slopes */
    size_t values_size;
};

void chain_append(struct chain *chain, const synrl_layer_instance *layer);

static inline void chain_step(const synrl_layer_instance *layer, const synrl_pass *pass,
                              const float *x, float *y) {
    layer->layer->ops->forward(layer->host, layer->layer->config, layer->self, pass, x, y);
}

/* SYNRL_UNSUPPORTED where a layer has no derivative. */
synrl_status chain_prepare_backward(const struct chain *chain);
/* As synrl_model_ops.backward_by; feedback NULL: the weights. The same bits with any number of
 * workers. */
synrl_status chain_backward(struct chain *chain, const synrl_host *host,
                            const synrl_weights *weights, const float *feedback,
                            const synrl_batch *batch, const float *slope, float *gradient);

#endif
