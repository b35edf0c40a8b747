/* The engine, for models: exact and incremental forward arithmetic in sample lanes.
 *
 * A batch is cut into blocks of SYNRL_LANES samples, and samples stay in the lanes of a vector from
 * input to loss: no sum ever crosses lanes, every float sum runs in one fixed order, and integer
 * sums are exact. So results do not depend on the number of workers or on the SIMD width.
 *
 * Weights live on a lattice, w = w0 + alpha * k with k integer; as a float it is
 * (float)((double)w0 + (double)alpha * k). `act` adds ternary actions to k. Where alpha changes, or
 * k or an integer sum could overflow, or a new batch is bound, the lattice is rebased first:
 * w0 <- w, k <- 0. */
#ifndef SYNRL_ENGINE_H
#define SYNRL_ENGINE_H

#include "host.h"
#include "loss.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The samples that a model is bound to; made and kept by the environment. */
typedef struct synrl_batch synrl_batch;

/* Blocks that are worked on together, a tile: 0 .. 15, 16 .. 31, ... */
enum { SYNRL_TILE_BLOCKS = 16 };

/* Z = X W^T for a bound batch X and one weight matrix W [n_outputs][n_inputs], kept up to date. */
typedef struct synrl_projection synrl_projection;

/* A flat array of weights on a lattice, with their values as floats at hand: for biases and for
 * layers whose inputs change at every iteration. */
typedef struct synrl_lattice synrl_lattice;

struct synrl_engine_api {
    uint32_t size;

    size_t (*batch_samples)(const synrl_batch *batch);
    size_t (*batch_blocks)(const synrl_batch *batch); /* ceil(samples / SYNRL_LANES) */
    size_t (*batch_inputs)(const synrl_batch *batch);
    /* The inputs of one block as floats, x [n_inputs][SYNRL_LANES]. */
    void (*batch_values)(const synrl_batch *batch, size_t block, float *x);
    /* The same for samples first .. first + n - 1, a row a sample: rows [n][n_inputs]. */
    void (*batch_rows)(const synrl_batch *batch, size_t first, size_t n, float *rows);

    /* n_inputs and n_outputs at least 1. SYNRL_INVALID where the shape is past what the engine can
     * hold, before anything is computed. All weights start at 0. */
    synrl_status (*projection_create)(const synrl_host *host, size_t n_outputs, size_t n_inputs,
                                      synrl_projection **projection);
    void (*projection_destroy)(synrl_projection *projection); /* NULL is allowed */
    /* Keeps the pointer; the batch must outlive the binding. Weights stay. After a failure the
     * projection is unbound. */
    synrl_status (*projection_bind)(synrl_projection *projection, const synrl_batch *batch);
    void (*projection_set)(synrl_projection *projection, const float *weights);
    void (*projection_get)(const synrl_projection *projection, float *weights);
    /* w += alpha * action, actions in {-1, 0, +1} [n_outputs][n_inputs]; alpha > 0 and finite. The
     * actions stay as they are until the values of every block have been asked for, or the next
     * act. */
    void (*projection_act)(synrl_projection *projection, const int8_t *actions, float alpha);
    void (*projection_shift)(synrl_projection *projection, const float *delta); /* w += delta */
    /* z [n_outputs][SYNRL_LANES] = projected inputs of one block, plus bias [n_outputs] unless
     * NULL. Different tiles may be asked for by different workers at once; so the core
     * shares out the blocks. The projection is bound. */
    void (*projection_values)(synrl_projection *projection, size_t block, const float *bias,
                              float *z);
    /* w0, k and alpha, to go on later bit for bit. load: SYNRL_INVALID where the bytes do not fit,
     * and nothing has changed. */
    size_t (*projection_state_size)(const synrl_projection *projection);
    void (*projection_save)(const synrl_projection *projection, void *state);
    synrl_status (*projection_load)(synrl_projection *projection, const void *state, size_t size);

    synrl_status (*lattice_create)(const synrl_host *host, size_t n, synrl_lattice **lattice);
    void (*lattice_destroy)(synrl_lattice *lattice);
    const float *(*lattice_values)(const synrl_lattice *lattice); /* [n]; current until destroyed */
    void (*lattice_set)(synrl_lattice *lattice, const float *weights);
    void (*lattice_act)(synrl_lattice *lattice, const int8_t *actions, float alpha);
    void (*lattice_shift)(synrl_lattice *lattice, const float *delta);
    void (*lattice_rebase)(synrl_lattice *lattice); /* as a projection does when bound */
    size_t (*lattice_state_size)(const synrl_lattice *lattice);
    void (*lattice_save)(const synrl_lattice *lattice, void *state);
    synrl_status (*lattice_load)(synrl_lattice *lattice, const void *state, size_t size);

    /* z[o][s] = (sum over i ascending of weights[o][i] * x[i][s]) + bias[o], for one block of
     * lanes; the sum starts at 0. For layers behind the first. */
    void (*affine)(size_t n_outputs, size_t n_inputs, const float *weights, const float *bias,
                   const float *x, float *z);
};

#ifdef __cplusplus
}
#endif
#endif
