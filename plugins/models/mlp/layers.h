/* SPDX-License-Identifier: MIT */
/* A layer, as all files of the model see it. */
#ifndef LAYERS_H
#define LAYERS_H

#include <synrl/engine.h>

struct layer {
    size_t n_from, n_to;
    size_t first;   /* index of its first weight; its biases follow the weights */
    size_t weights; /* the tensor */
    int bias;       /* the tensor, or SYNRL_NO_TENSOR */
    const synrl_activation *activation;
};

/* Index of the first synapse after the layer's. */
static inline size_t layer_end(const struct layer *layer) {
    const size_t n_biases = layer->bias != SYNRL_NO_TENSOR ? layer->n_to : 0;
    return layer->first + layer->n_from * layer->n_to + n_biases;
}

#endif
