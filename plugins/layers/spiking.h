/* SPDX-License-Identifier: MIT */
/* What spiking layers share: neurons that run for some steps, those of a sequence or others, and
 * the integers that their currents become. */
#ifndef SPIKING_H
#define SPIKING_H

#include "steps.h"
#include "weighted.h"

struct spiking {
    struct weighted units;
    struct steps steps; /* of what comes in */
    size_t n, n_steps;  /* floats of a step, steps of what goes out */
};

#define SPIKING_STEPS_ROW                          \
    SYNRL_INTEGER(steps, SYNRL_OPTIONAL, 1, 65536, \
                  "how long they run; without: as long as the sequence that comes in, else 16")

/* n_steps 0: not given. Scratch is for z, the currents, and two integers per neuron. */
static inline synrl_status spiking_create(const synrl_host *host, struct spiking *s, size_t n_units,
                                          size_t n_steps, const struct initial *initial,
                                          synrl_layer_builder *layer) {
    const synrl_layer_shape *in = &layer->in;
    s->steps = (struct steps){in->n_steps, synrl_layer_size(in) / in->n_steps};
    s->n_steps = n_steps > 0 ? n_steps : in->n_steps > 1 ? in->n_steps : 16;
    if (in->n_steps > 1 && s->n_steps != in->n_steps) {
        return host->fail(host, SYNRL_INVALID,
                          "steps = %zu, and a sequence of %zu steps of %zu values comes in: must "
                          "be %zu, or left out",
                          s->n_steps, s->steps.n, s->steps.n_features, s->steps.n);
    }
    synrl_tensor weight = steps_tensor(&s->steps, "weight", n_units, layer);
    if (s->steps.n == 1) {
        weight.window = (synrl_window){0}; /* all of the inputs */
    }
    SYNRL_TRY(weighted_add(&s->units, initial, &weight, layer));
    s->n = n_units * SYNRL_LANES;
    layer->out = (synrl_layer_shape){s->n_steps, 1, 1, n_units};
    layer->scratch = 4 * s->n;
    return SYNRL_OK;
}

/* The parts of the scratch: z is of floats; integers[0] are the currents, the others 0. */
static inline float *spiking_scratch(const struct spiking *s, const synrl_pass *pass,
                                     int32_t *integers[3]) {
    float *z = pass->layer_scratch;
    void *words = z + s->n; /* as large as floats */
    for (size_t i = 0; i < 3; i++) {
        integers[i] = (int32_t *)words + i * s->n;
    }
    memset(integers[1], 0, 2 * s->n * sizeof *integers[1]);
    return z;
}

/* The currents of step t in multiples of 1 / unit, within +-most (NaN: the lowest); those of one
 * input for all steps are taken in the first. z is scratch. */
static inline void spiking_currents(const synrl_host *host, const struct spiking *s,
                                    const synrl_pass *pass, size_t t, const float *x, float unit,
                                    float most, float *z, int32_t *currents) {
    if (t >= s->steps.n) {
        return;
    }
    const synrl_source source = {s->units.weight, t, steps_at(&s->steps, x, t)};
    host->engine->units(pass, 1, &source, s->units.bias, NULL, z);
    for (size_t i = 0; i < s->n; i++) {
        float current = z[i] > -most ? z[i] : -most;
        current = (current < most ? current : most) * unit;
        currents[i] = (int32_t)(current + (current < 0.0F ? -0.5F : 0.5F));
    }
}

#endif
