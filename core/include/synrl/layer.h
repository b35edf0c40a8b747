/* SPDX-License-Identifier: MIT */
/* Layers: parts of a network, each from the values of the one before it to its own.
 *
 * A layer is `create`, which says what shape goes out and adds its tensors, and `forward`. Values
 * are in sample lanes, [n_steps][height][width][n_channels][SYNRL_LANES]. What is computed by
 * `units` (engine.h) can be perturbed and correlated without code in the layer. It remembers
 * nothing between passes but its weights. The model "sequential" chains layers. */
#ifndef SYNRL_LAYER_H
#define SYNRL_LAYER_H

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Each at least 1: a vector has only channels, the features; a sequence of them has steps too. */
typedef struct synrl_layer_shape {
    size_t n_steps, height, width, n_channels;
} synrl_layer_shape;

static inline size_t synrl_layer_size(const synrl_layer_shape *shape) {
    return shape->n_steps * shape->height * shape->width * shape->n_channels;
}

/* Where `create` describes its layer. */
typedef struct synrl_layer_builder synrl_layer_builder;
struct synrl_layer_builder {
    uint32_t size;
    bool may_read_inputs; /* what comes in is the batch's: tensors may be declared reads_inputs */
    void *context;
    size_t number; /* of the layer, from 1 */
    size_t
        n_targets; /* outputs that the data asks of the network: its targets or classes; 0: none */
    synrl_layer_shape in; /* 1 .. 2^31 - 1 values */
    /* create may set them. What goes out, at first what comes in; how many floats of scratch memory
     * forward and backward need, aligned to 64 bytes: pass->layer_scratch. */
    synrl_layer_shape out;
    size_t scratch;
    bool is_random; /* forward draws from synrl_layer_stream where pass->is_training: a loss is then
                       compared with others of the same iteration only */
    /* [main] Adds a tensor, as synrl_layout_builder.add. Its name is "weight" for what becomes
     * "layer2.weight", and its layer is that number. */
    synrl_status (*add)(synrl_layer_builder *layer, const synrl_tensor *tensor, size_t *number);
};

/* One call of `backward`: of one block. */
typedef struct synrl_layer_slopes {
    uint32_t size;
    const synrl_pass *pass;
    const float *weights; /* [n_synapses] of the layout: by these slopes go from y back to x */
    const float *x, *y;   /* of forward; x is never NULL here */
    float *slope_y;       /* of what goes out; may be written over */
    float *slope_x;       /* to be set, unless NULL: of what came in */
    float *gradient;      /* [n_synapses] of the layout: to be added to */
} synrl_layer_slopes;

typedef struct synrl_layer_ops {
    uint32_t size, self_size; /* of the instance, which the host allocates, zeroed, and frees */
    uint32_t tensor_size;
    /* [main] */
    synrl_status (*create)(const synrl_host *host, const void *config, void *self,
                           synrl_layer_builder *layer);
    /* [worker] y [out] of x [in] for one block. NULL: the layer only gives another shape to the
     * same values. x is NULL where one of its tensors reads the inputs. */
    void (*forward)(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    const float *x, float *y);
    /* Optional, all that follow. [main] The initial weights of its tensors, which are zero before,
     * from the model's seed. Without: U(-1, 1) / sqrt(n_columns), biases 0, as
     * synrl_layout_builder.seed. */
    synrl_status (*initial)(const synrl_host *host, const void *config, void *self,
                            const synrl_layout *layout, uint64_t seed, float *weights);
    /* [main] SYNRL_OK where the layer has a gradient, else SYNRL_UNSUPPORTED with a message that
     * names the activation at fault; called before the first `backward`. */
    synrl_status (*prepare_backward)(const synrl_host *host, const void *config, void *self);
    /* [worker] Lanes past the last sample have slope_y 0. Without it, and with a forward, rules
     * that need gradients refuse the layer by name. */
    void (*backward)(const synrl_host *host, const void *config, void *self,
                     const synrl_layer_slopes *slopes);
    /* [main] Releases what is not memory of the host. Called after a failed create too. */
    void (*destroy)(const synrl_host *host, const void *config, void *self);
} synrl_layer_ops;

/* For models ----------------------------------------------------------------------------------- */

/* A layer with its parameters, as a model gets it (SYNRL_LAYERS in rows.h); not yet an instance. */
typedef struct synrl_layer {
    uint32_t size;
    const char *id;
    const synrl_layer_ops *ops;
    const void *config;
} synrl_layer;

typedef struct synrl_layers {
    size_t n;
    const synrl_layer *const *items;
} synrl_layers;

/* What add_layer is asked for. */
typedef struct synrl_layer_place {
    const synrl_layer *layer;
    synrl_layer_shape in;
    bool may_read_inputs;
} synrl_layer_place;

/* A layer at work in one model. */
typedef struct synrl_layer_instance {
    uint32_t size;
    const synrl_layer *layer;
    const synrl_host *host; /* its own, whose messages name its number */
    void *self;
    size_t number;
    synrl_layer_shape in, out;
    bool reads_inputs; /* x of its forward is NULL */
} synrl_layer_instance;

/* Random numbers of a layer in one pass: the same in all passes of an iteration. */
static inline synrl_stream synrl_layer_stream(const synrl_pass *pass, size_t number) {
    const synrl_stream stream = {pass->seed, pass->iteration * 65536 + number, SYNRL_PURPOSE_LAYER};
    return stream;
}

/* SYNRL_LAYER(flatten, "1.0.0", "one vector", "source", SYNRL_NO_PARAMS, self, .create = create);
 */
#define SYNRL_LAYER(id, version, summary, source, params_, self_type, ...)         \
    static const synrl_layer_ops synrl_ops = {.size = sizeof(synrl_layer_ops),     \
                                              .self_size = sizeof(self_type),      \
                                              .tensor_size = sizeof(synrl_tensor), \
                                              __VA_ARGS__};                        \
    const synrl_plugin synrl_plugin_entry = {                                      \
        SYNRL_ENTRY(SYNRL_KIND_LAYER, id, version, summary, source), params_, .ops = &synrl_ops}

#ifdef __cplusplus
}
#endif
#endif
