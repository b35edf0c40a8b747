/* SPDX-License-Identifier: MIT */
/* Units of a recurrent layer: f(W x_t + U h + b), at every step t, and the way back. */
#ifndef RECURRENT_H
#define RECURRENT_H

#include "steps.h"
#include "weighted.h"

struct recurrent {
    struct weighted units; /* W and b */
    struct steps steps;
    size_t recurrent; /* the tensor U */
    size_t n_hidden;  /* of h */
};

/* Adds PREFIXweight, PREFIXrecurrent and PREFIXbias. */
static inline synrl_status recurrent_add(const synrl_host *host, struct recurrent *r,
                                         const char *prefix, size_t n_units, size_t n_hidden,
                                         const synrl_activation *activation,
                                         synrl_layer_builder *layer) {
    char names[3][40];
    snprintf(names[0], sizeof names[0], "%sweight", prefix);
    snprintf(names[1], sizeof names[1], "%srecurrent", prefix);
    snprintf(names[2], sizeof names[2], "%sbias", prefix);
    r->steps = steps_of(&layer->in);
    r->n_hidden = n_hidden;
    SYNRL_TRY(steps_check(host, &r->steps));
    r->units =
        (struct weighted){.n_from = r->steps.n_features, .n_to = n_units, .activation = activation};
    const synrl_tensor weight = steps_tensor(&r->steps, names[0], n_units, layer);
    const synrl_tensor recurrent = {names[1], n_units, n_hidden, .is_later_source = true};
    const synrl_tensor bias = {names[2], n_units, 1, .is_bias = true};
    size_t number;
    SYNRL_TRY(layer->add(layer, &weight, &r->units.weight));
    SYNRL_TRY(layer->add(layer, &recurrent, &r->recurrent));
    SYNRL_TRY(layer->add(layer, &bias, &number));
    r->units.bias = (int)number;
    return SYNRL_OK;
}

/* y of step t, with x of the layer and h; h NULL: 0. f NULL: the sums. */
static inline void recurrent_step(const synrl_host *host, const struct recurrent *r,
                                  const synrl_pass *pass, size_t t, const float *x, const float *h,
                                  const synrl_activation *f, float *y) {
    const synrl_source sources[] = {{r->units.weight, t, steps_at(&r->steps, x, t)},
                                    {r->recurrent, 0, h}};
    host->engine->units(pass, h != NULL ? 2 : 1, sources, r->units.bias, f, y);
}

/* The gradient of a tensor [n_to][n_from], and the slope of what it multiplies, both added to. */
static inline void back_through(const synrl_layer_slopes *s, size_t number, const float *slope,
                                const float *x, float *slope_x) {
    const synrl_tensor *tensor = synrl_tensor_at(s->pass->layout, number);
    for (size_t o = 0; o < tensor->n_rows; o++) {
        for (size_t i = 0; i < tensor->n_columns; i++) {
            const size_t at = tensor->first + o * tensor->n_columns + i;
            for (size_t lane = 0; lane < SYNRL_LANES; lane++) {
                const float d = slope[o * SYNRL_LANES + lane];
                s->gradient[at] += d * x[i * SYNRL_LANES + lane];
                if (slope_x != NULL) {
                    slope_x[i * SYNRL_LANES + lane] += s->weights[at] * d;
                }
            }
        }
    }
}

/* The way back from y of step t, whose slope becomes that of its sums; slope_h (unless h is NULL)
 * and, of the whole layer, s->slope_x are added to. z: scratch for y. */
static inline void recurrent_back(const synrl_host *host, const struct recurrent *r,
                                  const synrl_layer_slopes *s, size_t t, const float *h,
                                  const float *y, float *slope_y, float *slope_h, float *z) {
    const synrl_activation *f = r->units.activation;
    const bool reads_inputs = synrl_tensor_at(s->pass->layout, r->units.weight)->reads_inputs;
    const size_t n = r->units.n_to * SYNRL_LANES;
    const size_t first = synrl_tensor_at(s->pass->layout, (size_t)r->units.bias)->first;
    const size_t at = t * r->steps.n_features * SYNRL_LANES;
    recurrent_step(host, r, s->pass, t, reads_inputs ? NULL : s->x, h, NULL, z);
    f->ops->derivative(f->host, f->config, n, z, y, z);
    for (size_t i = 0; i < n; i++) {
        slope_y[i] *= z[i];
        s->gradient[first + i / SYNRL_LANES] += slope_y[i];
    }
    back_through(s, r->units.weight, slope_y, s->x + at,
                 s->slope_x != NULL ? s->slope_x + at : NULL);
    if (h != NULL) {
        back_through(s, r->recurrent, slope_y, h, slope_h);
    }
}

#endif
