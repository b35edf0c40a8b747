/* SPDX-License-Identifier: MIT */
/* A data set whose making fails half-way: after it has taken memory, which the host frees. */
#include <synrl/dataset.h>

struct dataset {
    float *half;
};

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_data *data) {
    SYNRL_TRY(SYNRL_NEW(host, ((struct dataset *)self)->half, 10));
    return host->fail(host, SYNRL_IO, "the %s is on fire", "disk");
}

SYNRL_DATASET(failing_create, "1.0.0", "fails on purpose", "tests/bad", SYNRL_NO_PARAMS,
              struct dataset, .create = create);
