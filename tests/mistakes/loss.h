/* SPDX-License-Identifier: MIT */
/* A loss in which nothing is wrong, the mean of squares. Each loss_*.c defines one thing otherwise;
 * the build defines ID, the name of the file. */
#include <math.h>
#include <string.h>
#include <synrl/loss.h>

#ifndef FORMAT
#define FORMAT SYNRL_TARGET_VECTORS
#endif
#ifndef TERM
#define TERM d *d
#endif
#ifndef FINISH
#define FINISH sum / (double)n_samples
#endif
#ifndef SLOPE
#define SLOPE 2.0F * d / (float)n_samples
#endif
#ifndef MORE_TERMS
#define MORE_TERMS
#endif
#ifndef MORE
#define MORE .size = sizeof(synrl_loss_ops)
#endif

static void terms(const synrl_host *host, const void *config, const synrl_loss_block *block,
                  float *terms) {
    for (size_t s = 0; s < SYNRL_LANES; s++) {
        const float d = block->outputs[s] - block->targets[s];
        terms[s] = TERM;
    }
    MORE_TERMS;
}

static double finish(const synrl_host *host, const void *config, double sum, size_t n_samples,
                     size_t n_outputs) {
    return FINISH;
}

static void gradient(const synrl_host *host, const void *config, const synrl_loss_block *block,
                     double sum, size_t n_samples, float *slope) {
    for (size_t s = 0; s < SYNRL_LANES; s++) {
        const float d = block->outputs[s] - block->targets[s];
        slope[s] = SLOPE;
    }
}

SYNRL_LOSS(ID, "1.0.0", "a mistake", "tests/mistakes", SYNRL_NO_PARAMS, .target_format = FORMAT,
           .terms = terms, .finish = finish, .gradient = gradient, MORE);
