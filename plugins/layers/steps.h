/* SPDX-License-Identifier: MIT */
/* The steps of what comes in: those of a sequence, the rows of a picture, or one vector. */
#ifndef STEPS_H
#define STEPS_H

#include <synrl/layer.h>

struct steps {
    size_t n, n_features;
};

static inline struct steps steps_of(const synrl_layer_shape *in) {
    const size_t n = in->n_steps > 1 ? in->n_steps : in->height;
    return (struct steps){n, synrl_layer_size(in) / n};
}

static inline synrl_status steps_check(const synrl_host *host, const struct steps *steps) {
    return steps->n > 1 ? SYNRL_OK
                        : host->fail(host, SYNRL_INVALID,
                                     "1 step of %zu values: must be at least 2 steps, those of a "
                                     "sequence or the rows of a picture",
                                     steps->n_features);
}

/* A tensor of so many units that multiplies the features of every step. */
static inline synrl_tensor steps_tensor(const struct steps *steps, const char *name, size_t n_units,
                                        const synrl_layer_builder *layer) {
    synrl_tensor tensor = {name, n_units, steps->n_features, .n_positions = steps->n};
    if (layer->may_read_inputs) {
        tensor.reads_inputs = true;
        tensor.window = (synrl_window){steps->n, steps->n_features, 1, 1, steps->n_features, 1, 1};
    }
    return tensor;
}

/* The values of step t; NULL where the tensor reads the inputs. */
static inline const float *steps_at(const struct steps *steps, const float *x, size_t t) {
    return x != NULL ? x + t * steps->n_features * SYNRL_LANES : NULL;
}

#endif
