/* SPDX-License-Identifier: MIT */
/* Mean squared error, over samples and outputs:
 *
 *     L = sum (yhat - y)^2 / (N n_outputs)
 *     dL/dyhat = 2 (yhat - y) / (N n_outputs) */
#include "squared_error.h"

static double finish(const synrl_host *host, const void *config, double sum, size_t n_samples,
                     size_t n_outputs) {
    return sum / ((double)n_samples * (double)n_outputs);
}

static void gradient(const synrl_host *host, const void *config, const synrl_loss_block *block,
                     double sum, size_t n_samples, float *slope) {
    scale_errors(block, (float)(2.0 / ((double)n_samples * (double)block->n_outputs)), slope);
}

SYNRL_LOSS(mse, "1.0.0", "mean squared error over samples and outputs",
           "sum (yhat - y)^2 / (N n_outputs)", SYNRL_NO_PARAMS,
           .target_format = SYNRL_TARGET_VECTORS, .terms = terms, .finish = finish,
           .gradient = gradient);
