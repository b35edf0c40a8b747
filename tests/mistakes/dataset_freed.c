/* SPDX-License-Identifier: MIT */
/* Has inputs that it has freed. */
#include <stdlib.h>
#include <synrl/dataset.h>

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_data *data) {
    const size_t n_samples = 64, n_inputs = 2;
    float *inputs, *targets;
    SYNRL_TRY(SYNRL_NEW(host, inputs, n_samples * n_inputs));
    SYNRL_TRY(SYNRL_NEW(host, targets, n_samples));
    host->free(host, inputs);
#define N_SAMPLES n_samples
    *data = (synrl_data){.size = sizeof *data,
                         .n_samples = N_SAMPLES,
                         .n_inputs = n_inputs,
                         .format = SYNRL_INPUT_F32,
                         .inputs = inputs,
                         .targets = targets,
                         .n_targets = 1};
    return SYNRL_OK;
}

SYNRL_DATASET(ID, "1.0.0", "a mistake", "tests/mistakes", SYNRL_NO_PARAMS, char, .create = create);
