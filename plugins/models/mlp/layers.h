/* A layer, as all files of the model see it. */
#ifndef LAYERS_H
#define LAYERS_H

#include <synrl/activation.h>
#include <synrl/engine.h>

struct layer {
    size_t n_from, n_to;
    size_t first; /* index of its first weight; its biases follow the weights */
    const synrl_activation *activation;
    synrl_lattice *weights; /* NULL for the first layer, which is the projection */
    synrl_lattice *biases;  /* NULL without */
};

#endif
