/* SPDX-License-Identifier: MIT */
/* Example of a recurrent model: an Elman network, read out after the last step.
 *
 *     h_t = f(W x_t + V h_{t-1} + b),  h_0 = 0,  t = 1 .. steps;  yhat = U h_steps
 *
 * A step is one of the data's, or a row of a picture. Build it, and use it from a script:
 *
 *     cc -O2 -ffp-contract=off -shared -fPIC $(pkg-config --cflags synrl) elman.c -o elman.so
 *     model = synrl.model("elman", { hidden = 8, activation = "relu" })
 *
 * Elman, "Finding structure in time", 1990. */
#include <synrl/model.h>

/* 1. Parameters: the fields of a struct, and a row for each. */
struct config {
    int64_t hidden, seed;
    const synrl_activation *activation;
};
static const synrl_param params[] = {
    SYNRL_INTEGER(hidden, "8", 1, 65536, "hidden units"),
    SYNRL_ACTIVATION_PARAM(activation, "tanh", "of the hidden units"),
    SYNRL_INTEGER(seed, "1", 0, 9e15, "of the initial weights"),
};

/* 2. create: the input weights read windows of one step; the recurrent ones are added to them. */
enum { INPUT, RECURRENT, BIAS, OUTPUT };
static synrl_status create(const synrl_host *host, const void *config, void *self,
                           const synrl_shape *shape, synrl_layout_builder *layout) {
    const struct config *c = config;
    const size_t h = (size_t)c->hidden;
    const size_t steps = shape->n_steps > 0 ? shape->n_steps : shape->height;
    const size_t wide = steps > 0 ? shape->n_inputs / steps : 0; /* 0: the host refuses windows */
    const synrl_tensor tensors[] = {
        {"input.weight", h, wide, 1, .reads_inputs = true, {steps, wide, 1, 1, wide, 1, 1}},
        {"recurrent.weight", h, h, 1, .is_later_source = true},
        {"hidden.bias", h, 1, 1, .is_bias = true},
        {"output.weight", layout->n_outputs, h, .layer = 2},
    };
    layout->seed = &c->seed;
    layout->scratch = 2 * h * SYNRL_LANES; /* h_t and h_{t-1} */
    return SYNRL_ADD(layout, tensors);
}

/* 3. forward: one block of samples, through all steps; `units` computes a layer of it. */
static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    float *outputs) {
    const struct config *c = config;
    const size_t steps = synrl_tensor_at(pass->layout, INPUT)->n_positions;
    float *h[] = {pass->scratch, pass->scratch + (size_t)c->hidden * SYNRL_LANES};
    for (size_t t = 0; t < steps; t++) {
        const synrl_source sources[] = {{INPUT, t, NULL}, {RECURRENT, 0, h[(t + 1) % 2]}};
        host->engine->units(pass, t == 0 ? 1 : 2, sources, BIAS, c->activation, h[t % 2]);
    }
    const synrl_source last = {OUTPUT, 0, h[(steps - 1) % 2]};
    host->engine->units(pass, 1, &last, SYNRL_NO_TENSOR, NULL, outputs);
}

/* 4. The entry. */
SYNRL_MODEL(elman, "1.0.0", "Elman network, read out after the last step", "Elman 1990",
            SYNRL_PARAMS(params), synrl_nothing, .create = create, .forward = forward);
