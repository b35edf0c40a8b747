/* SPDX-License-Identifier: MIT */
/* Has no gradient, and does not say why. */
#include <math.h>
#include <string.h>
#include <synrl/model.h>

static synrl_status prepare(const synrl_host *host, const void *config, void *self) {
    return SYNRL_UNSUPPORTED;
}

static synrl_status backward(const synrl_host *host, const void *config, void *self,
                             const synrl_weights *weights, const synrl_batch *batch,
                             const float *slope, float *gradient) {
    return SYNRL_OK;
}
#define MORE .prepare_backward = prepare, .backward = backward
#include "model.h"
