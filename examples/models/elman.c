/* SPDX-License-Identifier: MIT */
/* Example of a recurrent model: an Elman network, read out after the last step.
 *
 *     h_t = f(W x_t + V h_{t-1} + b),  h_0 = 0,  t = 1 .. steps;  yhat = U h_steps + c
 *
 * A step is one of the data's, or a row of a picture. Build it, and use it from a script:
 *
 *     cc -O2 -ffp-contract=off -shared -fPIC $(pkg-config --cflags synrl) elman.c -o elman.so
 *     model = synrl.model("elman", { hidden = 8, activation = "relu" })
 *
 * It is longer than the other examples, since it has five tensors and goes through a sequence.
 * Elman, "Finding structure in time", 1990. */
#include <math.h>
#include <synrl/model.h>

/* 1. Parameters: the fields of a struct, and a row for each. */
struct config {
    int64_t hidden, seed;
    const synrl_activation *activation;
};
#define SYNRL_CONFIG struct config
static const synrl_param params[] = {
    SYNRL_INTEGER(hidden, "8", 1, 65536, "hidden units"),
    SYNRL_ACTIVATION_PARAM(activation, "tanh", "of the hidden units"),
    SYNRL_INTEGER(seed, "1", 0, 9e15, "of the initial weights"),
};

/* 2. The instance, zeros at first. The host frees it, and all that it allocates. */
enum { INPUT, RECURRENT, BIAS, OUTPUT, OUTPUT_BIAS, N_TENSORS };
struct model {
    size_t steps, hidden;
    float *scratch; /* [n_workers][2][hidden][SYNRL_LANES]: h_t and h_{t-1} */
};

/* 3. create: the input weights read windows of one step; the recurrent ones are added to them. */
static synrl_status create(const synrl_host *host, const void *config, void *self,
                           const synrl_shape *shape, synrl_layout_builder *layout) {
    struct model *m = self;
    const size_t h = m->hidden = (size_t)((const struct config *)config)->hidden;
    const size_t n = shape->n_targets > 0 ? shape->n_targets : shape->n_classes;
    m->steps = shape->n_steps > 0 ? shape->n_steps : shape->height;
    if (m->steps == 0) {
        return host->fail(host, SYNRL_INVALID, "the data has neither steps nor pictures");
    }
    const size_t wide = shape->n_inputs / m->steps;
    const synrl_window step = {m->steps, wide, 1, 1, wide, 1, 1};
    const synrl_tensor tensors[N_TENSORS] = {
        {"input.weight", h, wide, 1, .reads_inputs = true, .window = step},
        {"recurrent.weight", h, h, 1, .is_later_source = true},
        {"hidden.bias", h, 1, 1, .is_bias = true},
        {"output.weight", n, h, .layer = 2},
        {"output.bias", n, 1, 2, .is_bias = true},
    };
    for (size_t t = 0; t < N_TENSORS; t++) {
        SYNRL_TRY(layout->add(layout, &tensors[t], NULL)); /* numbered in this order */
    }
    layout->n_outputs = n;
    return SYNRL_NEW(host, m->scratch, host->n_workers(host) * 2 * h * SYNRL_LANES);
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

/* 5. forward: one block of samples, through all steps. Each worker has scratch of its own. */
static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    float *outputs) {
    const struct model *m = self;
    const size_t size = m->hidden * SYNRL_LANES;
    float *first = m->scratch + pass->worker * 2 * size, *const h[] = {first, first + size};
    for (size_t t = 0; t < m->steps; t++) {
        const synrl_source sources[] = {{INPUT, t, NULL}, {RECURRENT, 0, h[(t + 1) % 2]}};
        host->engine->units(pass, t == 0 ? 1 : 2, sources, BIAS,
                            ((const struct config *)config)->activation, h[t % 2]);
    }
    const synrl_source last = {OUTPUT, 0, h[(m->steps + 1) % 2]};
    host->engine->units(pass, 1, &last, OUTPUT_BIAS, NULL, outputs);
}

/* 6. The entry. */
SYNRL_MODEL(elman, "1.0.0", "Elman network, read out after the last step", "Elman 1990",
            SYNRL_PARAMS(params), struct model, .create = create, .initial = initial,
            .forward = forward);
