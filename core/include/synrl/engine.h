/* SPDX-License-Identifier: MIT */
/* The engine, for models: exact and incremental forward arithmetic in sample lanes.
 *
 * A batch is cut into blocks of SYNRL_LANES samples, and a sample stays in its lane of a vector
 * from input to loss: no sum ever crosses lanes, every float sum runs in one fixed order, and
 * integer sums are exact. So results do not depend on the number of workers or on the SIMD width.
 *
 * Weights live on a lattice, w = w0 + alpha * k with k integer; as a float it is
 * (float)((double)w0 + (double)alpha * k). Ternary actions are added to k. Where alpha is divided
 * by a power of two, k is multiplied by it first. Where alpha changes otherwise, or k or an integer
 * sum could overflow, or a new batch is bound, the lattice is rebased first: w0 <- w, k <- 0. The
 * host makes and moves the weights of a model from its layout (model.h). */
#ifndef SYNRL_ENGINE_H
#define SYNRL_ENGINE_H

#include "activation.h"
#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The packed samples that a network works on. */
typedef struct synrl_batch synrl_batch;

/* Blocks that are worked on together, a tile: 0 .. 15, 16 .. 31, ... */
enum { SYNRL_TILE_BLOCKS = 16 };

/* The weights of one network: of each tensor of its layout. */
typedef struct synrl_weights synrl_weights;

/* Windows that slide over samples of [height][width][channels]: the inputs of a convolution, or,
 * with height = steps and a kernel of one whole row, those of the steps of a sequence. The windows
 * of a sample are numbered row by row. kernel and stride at least 1; windows lie inside. */
typedef struct synrl_window {
    size_t height, width, channels;
    size_t kernel_height, kernel_width;
    size_t stride_height, stride_width;
} synrl_window;

/* One call of `forward`: whose weights, which worker, which block of which batch. */
typedef struct synrl_pass {
    uint32_t size;
    void *context; /* the host's own */
    const synrl_weights *weights;
    const synrl_batch *batch;
    size_t worker, block;
    uint64_t seed, iteration; /* for streams of noise; of validation: those of the run */
    /* Since ABI 3.2. The model's layout, and what its create asked for as scratch: this worker's,
     * aligned to 64 bytes, of no particular content. */
    const struct synrl_layout *layout;
    float *scratch;
    /* Since ABI 3.8. Scratch memory of the layers of the model, as much as the one that asked for
     * most: one after another they use the same. Whether a rule learns from the pass: not where a
     * network is evaluated or validated. */
    float *layer_scratch;
    bool is_training;
} synrl_pass;

/* What drives a group of units: x is [n_columns of the tensor][SYNRL_LANES]. NULL for a tensor that
 * reads the inputs, which takes its window number `position` of them (0 without windows). */
typedef struct synrl_source {
    size_t tensor;
    size_t position;
    const float *x;
} synrl_source;

enum { SYNRL_NO_TENSOR = -1 };

struct synrl_engine_api {
    uint32_t size;

    /* All [any]. */
    size_t (*batch_samples)(const synrl_batch *batch);
    size_t (*batch_blocks)(const synrl_batch *batch); /* ceil(samples / SYNRL_LANES) */
    size_t (*batch_inputs)(const synrl_batch *batch);
    /* The inputs of one block as floats, x [n_inputs][SYNRL_LANES]. */
    void (*batch_values)(const synrl_batch *batch, size_t block, float *x);
    /* The same for samples first .. first + n - 1, one row per sample: rows [n][n_inputs]. */
    void (*batch_rows)(const synrl_batch *batch, size_t first, size_t n, float *rows);
    /* [main] A derived batch of the windows of another, as it is now: window p of a sample of block
     * b is that lane of block b * n_windows + p. All lanes of its blocks count as samples, those
     * past the last sample of `batch` too. Belongs to the instance of `host`. */
    synrl_status (*batch_windows)(const synrl_host *host, const synrl_batch *batch,
                                  const synrl_window *window, synrl_batch **windows);

    /* [worker], in forward. The units of a layer, y [n_rows][SYNRL_LANES]:
     *
     *     y = f(sum over sources of W_k x_k + b)
     *
     * The sums of a tensor that reads the inputs are kept up to date incrementally; of the others,
     * each sum runs over the inputs in ascending order, and the sources are added in order. bias: a
     * tensor of one column that is declared is_bias, or SYNRL_NO_TENSOR. Sources after the first
     * are declared is_later_source. f NULL: the identity. y is none of the x. Perturbs
     * the units, and sees who was active, where a rule asks for it (env.h). */
    void (*units)(const synrl_pass *pass, size_t n_sources, const synrl_source *sources, int bias,
                  const synrl_activation *f, float *y);
    /* [any] The values of a tensor that does not read the inputs, [n_rows][n_columns]. */
    const float *(*tensor_values)(const synrl_weights *weights, size_t tensor);
    /* [any] The values of every tensor, in the order of the layout: values [n_synapses]. */
    void (*weights_get)(const synrl_weights *weights, float *values);
    /* [any] z[o][s] = (sum over i ascending of weights[o][i] * x[i][s]) + bias[o] for one block;
     * the sum starts at 0. bias may be NULL. For what `units` does not cover. */
    void (*affine)(size_t n_outputs, size_t n_inputs, const float *weights, const float *bias,
                   const float *x, float *z);
    /* [any] Since ABI 3.8. Within `backward`, whose network the weights are of: the pass that
     * `forward` would be called with. The caller sets pass->size. */
    void (*begin_pass)(const synrl_weights *weights, size_t worker, size_t block, synrl_pass *pass);
};

#ifdef __cplusplus
}
#endif
#endif
