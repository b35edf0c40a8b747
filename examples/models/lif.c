/* SPDX-License-Identifier: MIT */
/* Example of a spiking model: leaky integrate-and-fire neurons, read out by their spike counts.
 *
 *     I = W x + b;  v <- leak v + I, and where v >= 1: a spike, v <- v - 1
 *     yhat = U (spikes per step) + c
 *
 * I is the same in every step. Build it, and use it from a script:
 *
 *     cc -O2 -ffp-contract=off -shared -fPIC $(pkg-config --cflags synrl) lif.c -o lif.so
 *     model = synrl.model("lif", { hidden = 64, steps = 16 })
 *
 * It is longer than the other examples, since its neurons have dynamics of their own. It has no
 * gradient, and needs none. Gerstner and Kistler, "Spiking neuron models", 2002. */
#include <math.h>
#include <synrl/model.h>

/* 1. Parameters: the fields of a struct, and a row for each. */
struct config {
    int64_t hidden, steps, seed;
    double leak;
};
#define SYNRL_CONFIG struct config
static const synrl_param params[] = {
    SYNRL_INTEGER(hidden, "32", 1, 65536, "spiking neurons"),
    SYNRL_INTEGER(steps, "16", 1, 65536, "of time"),
    SYNRL_NUMBER(leak, "0.9", 0, 1, "what a step leaves of the membrane potential"),
    SYNRL_INTEGER(seed, "1", 0, 9e15, "of the initial weights"),
};

/* 2. The instance, zeros at first. The host frees it, and all that it allocates. */
enum { INPUT, BIAS, READOUT, READOUT_BIAS, N_TENSORS };
struct model {
    size_t hidden;
    float *scratch; /* [n_workers][hidden][SYNRL_LANES] */
};

/* 3. create: two layers of weights. */
static synrl_status create(const synrl_host *host, const void *config, void *self,
                           const synrl_shape *shape, synrl_layout_builder *layout) {
    struct model *m = self;
    const size_t h = m->hidden = (size_t)((const struct config *)config)->hidden;
    const size_t n = shape->n_targets > 0 ? shape->n_targets : shape->n_classes;
    const synrl_tensor tensors[N_TENSORS] = {
        {"input.weight", h, shape->n_inputs, 1, .reads_inputs = true},
        {"hidden.bias", h, 1, 1, .is_bias = true},
        {"readout.weight", n, h, .layer = 2},
        {"readout.bias", n, 1, 2, .is_bias = true},
    };
    for (size_t t = 0; t < N_TENSORS; t++) {
        SYNRL_TRY(layout->add(layout, &tensors[t], NULL)); /* numbered in this order */
    }
    layout->n_outputs = n;
    return SYNRL_NEW(host, m->scratch, host->n_workers(host) * h * SYNRL_LANES);
}

/* 4. initial: U(-1, 1) over the square root of what a unit reads; biases stay 0. */
static synrl_status initial(const synrl_host *host, const void *config, void *self,
                            const synrl_layout *layout, float *weights) {
    const uint64_t seed = (uint64_t)((const struct config *)config)->seed;
    for (size_t t = 0; t < N_TENSORS; t++) {
        const synrl_tensor *w = synrl_tensor_at(layout, t);
        const synrl_stream stream = {seed, t, SYNRL_PURPOSE_WEIGHTS};
        const float to = w->is_bias ? 0.0F : 1.0F / sqrtf((float)w->n_columns);
        host->random->uniform(stream, 0, w->n_rows * w->n_columns, -to, to, weights + w->first);
    }
    return SYNRL_OK;
}

/* 5. forward: one block of samples. Each worker has scratch of its own. */
static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    float *outputs) {
    const struct config *c = config;
    const struct model *m = self;
    float *y = m->scratch + pass->worker * m->hidden * SYNRL_LANES;
    const synrl_source inputs = {.tensor = INPUT}, rates = {READOUT, 0, y};
    host->engine->units(pass, 1, &inputs, BIAS, NULL, y);
    for (size_t i = 0; i < m->hidden * SYNRL_LANES; i++) {
        float v = 0.0F, n_spikes = 0.0F;
        for (int64_t step = 0; step < c->steps; step++) {
            v = (float)c->leak * v + y[i];
            const float spike = v >= 1.0F ? 1.0F : 0.0F;
            v -= spike;
            n_spikes += spike;
        }
        y[i] = n_spikes / (float)c->steps;
    }
    host->engine->units(pass, 1, &rates, READOUT_BIAS, NULL, outputs);
}

/* 6. The entry. */
SYNRL_MODEL(lif, "1.0.0", "leaky integrate-and-fire neurons, read out by spike counts",
            "Gerstner and Kistler 2002", SYNRL_PARAMS(params), struct model, .create = create,
            .initial = initial, .forward = forward);
