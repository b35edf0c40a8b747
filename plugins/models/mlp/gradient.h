/* SPDX-License-Identifier: MIT */
/* The gradient of the layers' outputs with respect to all weights, with OpenBLAS: chunk by chunk of
 * samples, forward and backward. All zero: not prepared. */
#ifndef GRADIENT_H
#define GRADIENT_H

#include <cblas.h>
#include <synrl/engine.h>
#include <synrl/host.h>
#include <synrl/late.h>

#include "layers.h"

#define BLAS_FUNCTIONS(_) _(cblas_sgemm) _(openblas_set_num_threads)
struct blas {
    BLAS_FUNCTIONS(SYNRL_LATE_POINTER)
};

struct gradient {
    struct blas blas;
    const synrl_host *host;
    const struct layer *layers;
    size_t n_layers, n_synapses;
    float *weights; /* [n_synapses], all layers': the owner writes them before each run */
    float *partial; /* [n_workers][n_synapses] */
    float *values;  /* [n_workers][values_size]: a chunk's z and x of every layer, and slopes */
    size_t values_size;
};

/* Makes the buffers, memory of the host, unless there are some already. Looks at the layers from
 * now on, which do not change. SYNRL_UNSUPPORTED where an activation has no derivative, or
 * there is no OpenBLAS. */
synrl_status gradient_prepare(struct gradient *gradient, const synrl_host *host,
                              const struct layer *layers, size_t n_layers);

/* result [n_synapses] = sum over the batch of slope * d outputs / d weights, where slope
 * [n_blocks][n_outputs][SYNRL_LANES]. From layer to layer slopes go back by `feedback`
 * [n_synapses]: the weights, or others. The same bits with any number of workers. */
void gradient_run(const struct gradient *gradient, const float *feedback, const synrl_batch *batch,
                  const float *slope, float *result);

#endif
