/* SPDX-License-Identifier: MIT */
/* Example of a convolutional model: a convolution, mean pooling, and a dense readout.
 *
 *     z[p][f] = a(K[f] x[window p]),  windows of kernel x kernel pixels, stride 1
 *     u[f] = mean of z[p][f] over all windows p;  yhat = W u
 *
 * Build it, and use it from a script, on pictures:
 *
 *     cc -O2 -ffp-contract=off -shared -fPIC $(pkg-config --cflags synrl) conv.c -o conv.so
 *     model = synrl.model("conv", { filters = 16, kernel = 7 })
 *
 * Lin, Chen and Yan, "Network in network", 2013. */
#include <synrl/model.h>

/* 1. Parameters: the fields of a struct, and a row for each. */
struct config {
    int64_t filters, kernel, seed;
    const synrl_activation *activation;
};
static const synrl_param params[] = {
    SYNRL_INTEGER(filters, "4", 1, 4096, "feature maps"),
    SYNRL_INTEGER(kernel, "5", 1, 255, "pixels per side of a filter"),
    SYNRL_ACTIVATION_PARAM(activation, "relu", "of the feature maps"),
    SYNRL_INTEGER(seed, "1", 0, 9e15, "of the initial weights"),
};

/* 2. create: the kernels are one tensor, which reads every window and drives units at each. */
enum { KERNEL, READOUT };
static synrl_status create(const synrl_host *host, const void *config, void *self,
                           const synrl_shape *shape, synrl_layout_builder *layout) {
    const struct config *c = config;
    const size_t f = (size_t)c->filters, k = (size_t)c->kernel, depth = shape->n_channels;
    const synrl_window window = {shape->height, shape->width, depth, k, k, 1, 1};
    const synrl_tensor tensors[] = {
        {"conv.weight", f, k * k * depth, 1, .reads_inputs = true, .window = window},
        {"readout.weight", layout->n_outputs, f, .layer = 2},
    };
    layout->seed = &c->seed;
    layout->scratch = 2 * f * SYNRL_LANES; /* z of one window, and u */
    return SYNRL_ADD(layout, tensors);
}

/* 3. forward: one block of samples; `units` computes a layer of it. */
static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    float *outputs) {
    const synrl_activation *a = ((const struct config *)config)->activation;
    const synrl_tensor *kernel = synrl_tensor_at(pass->layout, KERNEL);
    const size_t size = kernel->n_rows * SYNRL_LANES, n_windows = kernel->n_positions;
    float *z = pass->scratch, *u = z + size;
    for (size_t p = 0; p < n_windows; p++) {
        host->engine->units(pass, 1, &(synrl_source){KERNEL, p, NULL}, SYNRL_NO_TENSOR, a, z);
        for (size_t i = 0; i < size; i++) {
            u[i] = (p == 0 ? 0.0F : u[i]) + z[i] / (float)n_windows;
        }
    }
    host->engine->units(pass, 1, &(synrl_source){READOUT, 0, u}, SYNRL_NO_TENSOR, NULL, outputs);
}

/* 4. The entry. */
SYNRL_MODEL(conv, "1.0.0", "convolution, mean pooling, dense readout", "Lin, Chen and Yan 2013",
            SYNRL_PARAMS(params), synrl_nothing, .create = create, .forward = forward);
