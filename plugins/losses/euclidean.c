/* SPDX-License-Identifier: MIT */
/* Euclidean loss over the whole batch, as the authors' code has it ("mean Euclidean loss"):
 *
 *     L = || yhat - y ||_2 / N,  the norm over all samples and outputs
 *     dL/dyhat = (yhat - y) / (N || yhat - y ||_2),  0 where the norm is 0 */
#include "squared_error.h"

#include <math.h>

static double finish(const synrl_host *host, const void *config, double sum, size_t n_samples,
                     size_t n_outputs) {
    return sqrt(sum) / (double)n_samples;
}

static void gradient(const synrl_host *host, const void *config, const synrl_loss_block *block,
                     double sum, size_t n_samples, float *slope) {
    const float scale = sum > 0.0 ? (float)(1.0 / (sqrt(sum) * (double)n_samples)) : 0.0F;
    scale_errors(block, scale, slope);
}

SYNRL_LOSS(euclidean, "1.0.0",
           "norm of all errors over the number of samples, the paper's loss on boundaries",
           "||yhat - y||_2 / N; Bhargava et al. 2021, Fig. 1, as in the authors' code",
           SYNRL_NO_PARAMS, .target_format = SYNRL_TARGET_VECTORS, .terms = terms, .finish = finish,
           .gradient = gradient);
