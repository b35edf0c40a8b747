/* SPDX-License-Identifier: MIT */
/* Does not set its terms. */
#include <synrl/loss.h>

static void nothing(const synrl_host *host, const void *config, const synrl_loss_block *block,
                    float *terms);
#define MORE .terms = nothing
#include "loss.h"

static void nothing(const synrl_host *host, const void *config, const synrl_loss_block *block,
                    float *terms) {
}
