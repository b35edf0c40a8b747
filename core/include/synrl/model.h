/* Models: networks whose synapses are one flat array, cut into named tensors. */
#ifndef SYNRL_MODEL_H
#define SYNRL_MODEL_H

#include "engine.h"
#include "host.h"
#include "plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct synrl_tensor {
    const char *name;         /* "layer1.weight" */
    size_t first;             /* index of its first synapse in the flat array */
    size_t n_rows, n_columns; /* weights: [to][from]; biases: [to][1] */
    uint32_t layer;           /* from 1 */
    bool is_bias;
} synrl_tensor;

/* Belongs to the model's instance and does not change. Tensors follow one another without gaps. */
typedef struct synrl_layout {
    size_t n_synapses; /* at least 1, below 2^32 */
    size_t n_inputs, n_outputs;
    size_t n_tensors;
    const synrl_tensor *tensors;
} synrl_layout;

typedef struct synrl_model_ops {
    uint32_t size;
    /* Builds the network for inputs of this many values, with its initial weights. On failure
     * nothing is left behind. */
    synrl_status (*create)(const synrl_host *host, const void *config, size_t n_inputs,
                           void **self);
    void (*destroy)(void *self);
    const synrl_layout *(*layout)(const void *self);

    /* Looks at this batch from now on; it outlives the binding. Weights stay. */
    synrl_status (*bind)(void *self, const synrl_batch *batch);
    void (*set_weights)(void *self, const float *weights); /* [n_synapses] */
    void (*get_weights)(const void *self, float *weights);
    /* w += alpha * action; for biases w += bias_scale * alpha * action. actions [n_synapses] in
     * {-1, 0, +1}, unchanged until all blocks have been through `forward`, or the next act. */
    void (*act)(void *self, const int8_t *actions, float alpha, float bias_scale);
    void (*shift)(void *self, const float *delta); /* w += delta */
    /* The outputs of one block of the bound batch, [n_outputs][SYNRL_LANES]. Different workers ask
     * for different blocks at once. */
    void (*forward)(void *self, size_t worker, size_t block, float *outputs);

    /* Optional, both: whether the network has a gradient (SYNRL_UNSUPPORTED, naming the activation
     * at fault, where not), asked once before the first `backward`. */
    synrl_status (*prepare_backward)(void *self);
    /* gradient [n_synapses] = sum over the bound batch of slope * d outputs / d weights, where
     * slope [n_blocks][n_outputs][SYNRL_LANES] is zero in lanes behind the last sample. */
    synrl_status (*backward)(void *self, const float *slope, float *gradient);

    /* All that `act` depends on, to go on later bit for bit. load: SYNRL_INVALID where the bytes do
     * not fit. */
    size_t (*state_size)(const void *self);
    void (*save)(const void *self, void *state);
    synrl_status (*load)(void *self, const void *state, size_t size);
} synrl_model_ops;

#ifdef __cplusplus
}
#endif
#endif
