/* SPDX-License-Identifier: MIT */
/* Example of a convolutional model: a convolution, mean pooling, and a dense readout.
 *
 *     z[p][f] = a(K[f] x[window p] + b[f]),  windows of kernel x kernel pixels, stride 1
 *     u[f] = mean of z[p][f] over all windows p;  yhat = W u
 *
 * Build it, and use it from a script, on pictures:
 *
 *     cc -O2 -ffp-contract=off -shared -fPIC $(pkg-config --cflags synrl) conv.c -o conv.so
 *     model = synrl.model("conv", { filters = 16, kernel = 7 })
 *
 * It is longer than the other examples, since it has windows and does the pooling itself.
 * Lin, Chen and Yan, "Network in network", 2013. */
#include <math.h>
#include <synrl/model.h>

/* 1. Parameters: the fields of a struct, and a row for each. */
struct config {
    int64_t filters, kernel, seed;
    const synrl_activation *activation;
};
#define SYNRL_CONFIG struct config
static const synrl_param params[] = {
    SYNRL_INTEGER(filters, "4", 1, 4096, "feature maps"),
    SYNRL_INTEGER(kernel, "5", 1, 255, "pixels per side of a filter"),
    SYNRL_ACTIVATION_PARAM(activation, "relu", "of the feature maps"),
    SYNRL_INTEGER(seed, "1", 0, 9e15, "of the initial weights"),
};

/* 2. The instance, zeros at first. The host frees it, and all that it allocates. */
enum { KERNEL, BIAS, READOUT, N_TENSORS };
struct model {
    size_t filters, n_windows;
    float *scratch; /* [n_workers][2][filters][SYNRL_LANES]: z of one window, and u */
};

/* 3. create: the kernels are one tensor, which reads every window and drives units at each. */
static synrl_status create(const synrl_host *host, const void *config, void *self,
                           const synrl_shape *shape, synrl_layout_builder *layout) {
    struct model *m = self;
    const size_t k = (size_t)((const struct config *)config)->kernel;
    const size_t f = m->filters = (size_t)((const struct config *)config)->filters;
    if (shape->height < k || shape->width < k) {
        return host->fail(host, SYNRL_INVALID, "needs pictures of at least %zu x %zu", k, k);
    }
    layout->n_outputs = shape->n_targets > 0 ? shape->n_targets : shape->n_classes;
    const synrl_window window = {shape->height, shape->width, shape->n_channels, k, k, 1, 1};
    const synrl_tensor tensors[N_TENSORS] = {
        {"conv.weight", f, k * k * shape->n_channels, 1, .reads_inputs = true, .window = window},
        {"conv.bias", f, 1, 1, .is_bias = true},
        {"readout.weight", layout->n_outputs, f, .layer = 2},
    };
    for (size_t t = 0; t < N_TENSORS; t++) {
        SYNRL_TRY(layout->add(layout, &tensors[t], NULL)); /* numbered in this order */
    }
    m->n_windows = (shape->height - k + 1) * (shape->width - k + 1);
    return SYNRL_NEW(host, m->scratch, host->n_workers(host) * 2 * f * SYNRL_LANES);
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
    const struct model *m = self;
    const size_t size = m->filters * SYNRL_LANES;
    float *z = m->scratch + pass->worker * 2 * size, *u = z + size;
    const synrl_source pooled = {READOUT, 0, u};
    for (size_t p = 0; p < m->n_windows; p++) {
        host->engine->units(pass, 1, &(synrl_source){KERNEL, p, NULL}, BIAS,
                            ((const struct config *)config)->activation, z);
        for (size_t i = 0; i < size; i++) {
            u[i] = (p == 0 ? 0.0F : u[i]) + z[i] / (float)m->n_windows;
        }
    }
    host->engine->units(pass, 1, &pooled, SYNRL_NO_TENSOR, NULL, outputs);
}

/* 6. The entry. */
SYNRL_MODEL(conv, "1.0.0", "convolution, mean pooling, dense readout", "Lin, Chen and Yan 2013",
            SYNRL_PARAMS(params), struct model, .create = create, .initial = initial,
            .forward = forward);
