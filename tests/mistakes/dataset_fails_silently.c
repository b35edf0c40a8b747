/* SPDX-License-Identifier: MIT */
/* Fails without a message. */
#include <synrl/dataset.h>

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_data *data) {
    return SYNRL_IO;
}

SYNRL_DATASET(ID, "1.0.0", "a mistake", "tests/mistakes", SYNRL_NO_PARAMS, char, .create = create);
