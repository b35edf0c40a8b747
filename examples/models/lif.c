/* SPDX-License-Identifier: MIT */
/* Example of a spiking model: leaky integrate-and-fire neurons, read out by their spike counts.
 *
 *     I = W x;  16 steps of  u = leak v + I,  a spike where u >= 1,  v <- u - spike
 *     yhat = U (spikes per step)
 *
 * I is the same in every step. Build it, and use it from a script:
 *
 *     cc -O2 -ffp-contract=off -shared -fPIC $(pkg-config --cflags synrl) lif.c -o lif.so
 *     model = synrl.model("lif", { hidden = 64, leak = 0.8 })
 *
 * It has no gradient, and needs none. Gerstner and Kistler, "Spiking neuron models", 2002. */
#include <synrl/model.h>

/* 1. Parameters: the fields of a struct, and a row for each. */
struct config {
    int64_t hidden, seed;
    double leak;
};
static const synrl_param params[] = {
    SYNRL_INTEGER(hidden, "32", 1, 65536, "spiking neurons"),
    SYNRL_NUMBER(leak, "0.9", 0, 1, "what a step leaves of the membrane potential"),
    SYNRL_INTEGER(seed, "1", 0, 9e15, "of the initial weights"),
};

/* 2. create: two layers of weights. */
enum { INPUT, READOUT, N_STEPS = 16 };
static synrl_status create(const synrl_host *host, const void *config, void *self,
                           const synrl_shape *shape, synrl_layout_builder *layout) {
    const struct config *c = config;
    const synrl_tensor tensors[] = {
        {"input.weight", (size_t)c->hidden, shape->n_inputs, 1, .reads_inputs = true},
        {"readout.weight", layout->n_outputs, (size_t)c->hidden, .layer = 2},
    };
    layout->seed = &c->seed;
    layout->scratch = (size_t)c->hidden * SYNRL_LANES;
    return SYNRL_ADD(layout, tensors);
}

/* 3. forward: one block of samples; `units` computes a layer of it. */
static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    float *outputs) {
    const struct config *c = config;
    float *y = pass->scratch; /* currents, then rates */
    host->engine->units(pass, 1, &(synrl_source){.tensor = INPUT}, SYNRL_NO_TENSOR, NULL, y);
    for (size_t i = 0; i < (size_t)c->hidden * SYNRL_LANES; i++) {
        float v = 0.0F, n_spikes = 0.0F;
        for (int step = 0; step < N_STEPS; step++) {
            const float u = (float)c->leak * v + y[i], spike = u >= 1.0F ? 1.0F : 0.0F;
            v = u - spike;
            n_spikes += spike;
        }
        y[i] = n_spikes / N_STEPS;
    }
    host->engine->units(pass, 1, &(synrl_source){READOUT, 0, y}, SYNRL_NO_TENSOR, NULL, outputs);
}

/* 4. The entry. */
SYNRL_MODEL(lif, "1.0.0", "leaky integrate-and-fire neurons, read out by spike counts",
            "Gerstner and Kistler 2002", SYNRL_PARAMS(params), synrl_nothing, .create = create,
            .forward = forward);
