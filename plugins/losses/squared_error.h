/* SPDX-License-Identifier: MIT */
/* What the losses of squared errors share: each term is a sample's sum of (yhat - y)^2 over the
 * outputs, and slopes are multiples of the errors. */
#ifndef SQUARED_ERROR_H
#define SQUARED_ERROR_H

#include <synrl/loss.h>

static void terms(const synrl_host *host, const void *config, const synrl_loss_block *block,
                  float *terms) {
    for (size_t s = 0; s < SYNRL_LANES; s++) {
        terms[s] = 0.0F;
    }
    for (size_t o = 0; o < block->n_outputs; o++) {
        for (size_t s = 0; s < SYNRL_LANES; s++) {
            const size_t i = o * SYNRL_LANES + s;
            const float error = block->outputs[i] - block->targets[i];
            terms[s] += error * error;
        }
    }
}

/* slope = scale * (yhat - y) */
static void scale_errors(const synrl_loss_block *block, float scale, float *slope) {
    for (size_t i = 0; i < block->n_outputs * SYNRL_LANES; i++) {
        slope[i] = (block->outputs[i] - block->targets[i]) * scale;
    }
}

#endif
