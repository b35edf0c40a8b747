/* SPDX-License-Identifier: MIT */
/* Models: networks whose synapses are one flat array, cut into named tensors.
 *
 * A model is `create`, which adds its tensors to a layout, and `forward`. The host makes the
 * weights from the layout, moves them, saves and loads them. */
#ifndef SYNRL_MODEL_H
#define SYNRL_MODEL_H

#include "engine.h"
#include "host.h"
#include "plugin.h"
#include "rows.h"
#include "shape.h"
#include "state.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct synrl_tensor {
    const char *name;         /* "layer1.weight": [a-z0-9_.]+, at most 63, unique in the model */
    size_t n_rows, n_columns; /* weights: [to][from]; biases: [to][1] */
    uint32_t layer;           /* from 1 */
    bool is_bias;
    bool reads_inputs;   /* multiplies the batch's inputs (or its windows), not values of units */
    synrl_window window; /* reads_inputs: kernel_height > 0: its columns are one window */
    size_t n_positions;  /* how many groups of n_rows units it drives as the first source: windows
                            or steps. 0: one, or none for a bias or what is a later source only */
    bool is_later_source;
    /* Filled in by the host: */
    size_t first;      /* index of its first synapse in the flat array */
    size_t first_unit; /* of position 0; the units of a tensor are [n_positions][n_rows] */
} synrl_tensor;

/* The synapses of a network. Tensors follow one another without gaps, in the order of `add`. */
typedef struct synrl_layout {
    uint32_t size, tensor_size; /* sizeof(synrl_layout), sizeof(synrl_tensor) of the host */
    size_t n_synapses;          /* 1 .. 2^32 - 1 */
    size_t n_inputs, n_outputs;
    size_t n_units; /* that can be perturbed: of all tensors that drive units */
    size_t n_tensors;
    const synrl_tensor *tensors;
} synrl_layout;

/* Tensors in a layout of any version: tensor_size is the distance from one to the next. */
static inline const synrl_tensor *synrl_tensor_at(const synrl_layout *layout, size_t t) {
    return (const synrl_tensor *)(const void *)((const char *)layout->tensors +
                                                t * layout->tensor_size);
}

/* Where `create` describes its network. */
typedef struct synrl_layout_builder synrl_layout_builder;
struct synrl_layer_place; /* layer.h */
struct synrl_layer_instance;
struct synrl_layout_builder {
    uint32_t size;
    void *context;
    size_t n_outputs; /* at first as many as the data has targets or, without, classes */
    /* [main] Adds a tensor, which is copied, its name too; stores its number. number may be
     * NULL. SYNRL_INVALID for a name or a shape that cannot be. The first tensor is number 0. */
    synrl_status (*add)(synrl_layout_builder *builder, const synrl_tensor *tensor, size_t *number);
    /* Since ABI 3.2. create may set both. How many floats of scratch memory `forward` needs:
     * pass->scratch. Where the model has no `initial`: the seed of the initial weights, U(-1, 1) /
     * sqrt(n_columns), from the stream of the number of their tensor; biases are 0. NULL: so are
     * the weights. */
    size_t scratch;
    const int64_t *seed;
    /* Since ABI 3.8. [main] Makes the model's next layer: its instance, which the host ends, and
     * its tensors, whose initial weights are the layer's own. See layer.h. */
    synrl_status (*add_layer)(synrl_layout_builder *builder, const struct synrl_layer_place *place,
                              const struct synrl_layer_instance **made);
};

/* Adds the tensors of an array, which are numbered in its order. */
#define SYNRL_ADD(layout, tensors) synrl_add((layout), SYNRL_COUNT(tensors), (tensors))
static inline synrl_status synrl_add(synrl_layout_builder *layout, size_t n,
                                     const synrl_tensor *tensors) {
    for (size_t t = 0; t < n; t++) {
        SYNRL_TRY(layout->add(layout, &tensors[t], NULL));
    }
    return SYNRL_OK;
}

typedef struct synrl_model_ops {
    uint32_t size, self_size; /* of the instance, which the host allocates, zeroed, and frees */
    uint32_t tensor_size;
    /* [main] Builds the network for data of this shape: adds its tensors. */
    synrl_status (*create)(const synrl_host *host, const void *config, void *self,
                           const synrl_shape *shape, synrl_layout_builder *layout);
    /* [worker] The outputs of one block of the batch, [n_outputs][SYNRL_LANES]. Different workers
     * ask for different blocks at once: pass->scratch is this worker's. */
    void (*forward)(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    float *outputs);
    /* Optional. [main] The initial weights [n_synapses], which are zero before. Without, see
     * synrl_layout_builder.seed. */
    synrl_status (*initial)(const synrl_host *host, const void *config, void *self,
                            const synrl_layout *layout, float *weights);
    /* Optional, both. [main] SYNRL_OK where the network has a gradient, else SYNRL_UNSUPPORTED with
     * a message that names the activation at fault; called before the first `backward`. */
    synrl_status (*prepare_backward)(const synrl_host *host, const void *config, void *self);
    /* [main] gradient [n_synapses] = sum over the batch of slope * d outputs / d weights, where
     * slope [n_blocks][n_outputs][SYNRL_LANES] is zero in lanes past the last sample. */
    synrl_status (*backward)(const synrl_host *host, const void *config, void *self,
                             const synrl_weights *weights, const synrl_batch *batch,
                             const float *slope, float *gradient);
    /* Optional. [main] What it remembers beside its weights. */
    synrl_status (*state)(const synrl_host *host, const void *config, void *self,
                          synrl_state *state);
    /* Optional. [main] Releases what is not memory of the host. Called after a failed create too.
     */
    void (*destroy)(const synrl_host *host, const void *config, void *self);
    /* Since ABI 3.4, optional. [main] As `backward`, but from a unit to those before it slopes go
     * by `feedback` [n_synapses], finite, in place of the weights. */
    synrl_status (*backward_by)(const synrl_host *host, const void *config, void *self,
                                const synrl_weights *weights, const float *feedback,
                                const synrl_batch *batch, const float *slope, float *gradient);
} synrl_model_ops;

#define SYNRL_MODEL(id, version, summary, source, params_, self_type, ...)         \
    static const synrl_model_ops synrl_ops = {.size = sizeof(synrl_model_ops),     \
                                              .self_size = sizeof(self_type),      \
                                              .tensor_size = sizeof(synrl_tensor), \
                                              __VA_ARGS__};                        \
    const synrl_plugin synrl_plugin_entry = {                                      \
        SYNRL_ENTRY(SYNRL_KIND_MODEL, id, version, summary, source), params_, .ops = &synrl_ops}

#ifdef __cplusplus
}
#endif
#endif
