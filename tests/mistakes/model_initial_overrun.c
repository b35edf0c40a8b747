/* SPDX-License-Identifier: MIT */
/* More initial weights than synapses. */
#include <string.h>
#include <synrl/model.h>

static synrl_status initial(const synrl_host *host, const void *config, void *self,
                            const synrl_layout *layout, float *weights) {
    memset(weights, 0, (layout->n_synapses + 2) * sizeof *weights);
    return SYNRL_OK;
}
#define MORE .initial = initial
#include "model.h"
