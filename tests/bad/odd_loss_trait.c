/* SPDX-License-Identifier: MIT */
/* A loss that has a trait that does not exist. */
#include <synrl/loss.h>

static void terms(const synrl_host *host, const void *config, const synrl_loss_block *block,
                  float *terms) {
}

static double finish(const synrl_host *host, const void *config, double sum, size_t n_samples,
                     size_t n_outputs) {
    return sum;
}

SYNRL_LOSS(odd_loss_trait, "1.0.0", "broken on purpose", "tests/bad", SYNRL_NO_PARAMS,
           .target_format = SYNRL_TARGET_VECTORS, .traits = 0x2, .terms = terms, .finish = finish);
