/* SPDX-License-Identifier: MIT */
/* An initial weight that is NaN. */
#include <math.h>
#include <synrl/model.h>

static synrl_status initial(const synrl_host *host, const void *config, void *self,
                            const synrl_layout *layout, float *weights) {
    weights[1] = NAN;
    return SYNRL_OK;
}
#define MORE .initial = initial
#include "model.h"
