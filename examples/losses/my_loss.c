/* SPDX-License-Identifier: MIT */
/* Example of a loss: the hinge, for two classes whose targets are -1 and +1.
 *
 *     term = max(0, 1 - y yhat);  L = mean of the terms
 *     dL/dyhat = -y / N where y yhat < 1, else 0
 *
 * Build it, and use it from a script:
 *
 *     cc -O2 -ffp-contract=off -shared -fPIC $(pkg-config --cflags synrl) my_loss.c -o my_loss.so
 *     loss = "my_loss"
 *
 * After Cortes and Vapnik, "Support-vector networks", 1995. */
#include <synrl/loss.h>

/* 1. check, where not all data will do. The numbers of outputs and targets have been compared. */
static synrl_status check(const synrl_host *host, const void *config, const synrl_shape *shape,
                          size_t n_outputs) {
    if (shape->n_classes != 2 || n_outputs != 1) {
        return host->fail(host, SYNRL_INVALID, "needs two classes, as one target of -1 and +1");
    }
    return SYNRL_OK;
}

/* 2. terms: one per sample of a block, at least 0. Value v of sample s is at [v * 16 + s]. */
static void terms(const synrl_host *host, const void *config, const synrl_loss_block *block,
                  float *terms) {
    for (size_t s = 0; s < SYNRL_LANES; s++) {
        const float term = 1.0F - block->targets[s] * block->outputs[s];
        terms[s] = term < 0.0F ? 0.0F : term; /* a NaN stays one, and makes the loss infinite */
    }
}

/* 3. finish: the loss, from the sum of all terms, which the host adds up exactly. */
static double finish(const synrl_host *host, const void *config, double sum, size_t n_samples,
                     size_t n_outputs) {
    return sum / (double)n_samples;
}

/* 4. gradient, where there is one: dL/dyhat of a block. */
static void gradient(const synrl_host *host, const void *config, const synrl_loss_block *block,
                     double sum, size_t n_samples, float *slope) {
    for (size_t s = 0; s < SYNRL_LANES; s++) {
        const float y = block->targets[s];
        slope[s] = y * block->outputs[s] < 1.0F ? -y / (float)n_samples : 0.0F;
    }
}

/* 5. The entry. target_format: SYNRL_TARGET_VECTORS for floats, _LABELS for class numbers. */
SYNRL_LOSS(my_loss, "1.0.0", "hinge of one output against -1 and +1",
           "max(0, 1 - y yhat); Cortes and Vapnik 1995", SYNRL_NO_PARAMS,
           .target_format = SYNRL_TARGET_VECTORS, .check = check, .terms = terms, .finish = finish,
           .gradient = gradient);
