/* SPDX-License-Identifier: MIT */
/* What layers share whose units are y = f(W x + b): their tensors, their initial weights, and the
 * way back from y to x. */
#ifndef WEIGHTED_H
#define WEIGHTED_H

#include <stdio.h>
#include <string.h>
#include <synrl/layer.h>

#include "initial.h"

struct weighted {
    size_t n_from, n_to;
    size_t weight; /* the tensors */
    int bias;      /* or SYNRL_NO_TENSOR */
    const synrl_activation *activation;
};

/* Adds "weight", which is given, and "bias". */
static inline synrl_status weighted_add(struct weighted *units, const struct initial *initial,
                                        const synrl_tensor *weight, synrl_layer_builder *layer) {
    const synrl_tensor bias = {"bias", weight->n_rows, 1, .is_bias = true};
    size_t number;
    units->n_from = weight->n_columns;
    units->n_to = weight->n_rows;
    units->bias = SYNRL_NO_TENSOR;
    SYNRL_TRY(layer->add(layer, weight, &units->weight));
    if (initial->bias) {
        SYNRL_TRY(layer->add(layer, &bias, &number));
        units->bias = (int)number;
    }
    return SYNRL_OK;
}

static inline void weighted_draw(const synrl_host *host, const struct weighted *units,
                                 const struct initial *initial, const synrl_layout *layout,
                                 uint64_t seed, float *weights) {
    const synrl_tensor *weight = synrl_tensor_at(layout, units->weight);
    initial_draw(host, initial, seed, weight, units->weight, weights + weight->first);
    if (units->bias != SYNRL_NO_TENSOR) {
        const synrl_tensor *bias = synrl_tensor_at(layout, (size_t)units->bias);
        initial_draw(host, initial, seed, bias, (size_t)units->bias, weights + bias->first);
    }
}

static inline synrl_status check_derivative(const synrl_host *host, const synrl_activation *f) {
    return SYNRL_OFFERS(f->ops, derivative)
               ? SYNRL_OK
               : host->fail(host, SYNRL_UNSUPPORTED, "activation \"%s\" has no derivative", f->id);
}

/* Floats of scratch that weighted_back needs. */
static inline size_t weighted_scratch(const struct weighted *units) {
    return (units->n_from + units->n_to) * SYNRL_LANES;
}

/* For the units at one position, of which x [n_from][SYNRL_LANES] comes in: adds to the gradient,
 * and sets slope_x unless it is NULL. slope_y becomes that of the sums. */
static inline void weighted_back(const synrl_host *host, const struct weighted *units,
                                 const synrl_layer_slopes *s, size_t position, const float *x,
                                 const float *y, float *slope_y, float *slope_x, float *scratch) {
    const synrl_tensor *weight = synrl_tensor_at(s->pass->layout, units->weight);
    const synrl_activation *f = units->activation;
    const synrl_source source = {units->weight, position, weight->reads_inputs ? NULL : x};
    const size_t n_to = units->n_to, n_from = units->n_from;
    float *z = scratch, *rows = scratch + n_to * SYNRL_LANES;
    host->engine->units(s->pass, 1, &source, units->bias, NULL, z);
    f->ops->derivative(f->host, f->config, n_to * SYNRL_LANES, z, y, z);
    for (size_t i = 0; i < n_to * SYNRL_LANES; i++) {
        slope_y[i] *= z[i];
    }
    for (size_t i = 0; i < n_from * SYNRL_LANES; i++) { /* one row per sample */
        rows[i % SYNRL_LANES * n_from + i / SYNRL_LANES] = x[i];
    }
    for (size_t o = 0; o < n_to; o++) {
        float *gradient = s->gradient + weight->first + o * n_from;
        for (size_t lane = 0; lane < SYNRL_LANES; lane++) {
            const float slope = slope_y[o * SYNRL_LANES + lane];
            for (size_t i = 0; i < n_from; i++) {
                gradient[i] += slope * rows[lane * n_from + i];
            }
        }
    }
    if (units->bias != SYNRL_NO_TENSOR) {
        float *gradient =
            s->gradient + synrl_tensor_at(s->pass->layout, (size_t)units->bias)->first;
        for (size_t i = 0; i < n_to * SYNRL_LANES; i++) {
            gradient[i / SYNRL_LANES] += slope_y[i];
        }
    }
    if (slope_x != NULL) {
        memset(slope_x, 0, n_from * SYNRL_LANES * sizeof *slope_x);
        for (size_t o = 0; o < n_to; o++) {
            const float *w = s->weights + weight->first + o * n_from;
            const float *slope = slope_y + o * SYNRL_LANES;
            for (size_t i = 0; i < n_from * SYNRL_LANES; i++) {
                slope_x[i] += w[i / SYNRL_LANES] * slope[i % SYNRL_LANES];
            }
        }
    }
}

#endif
