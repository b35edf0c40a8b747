/* SPDX-License-Identifier: MIT */
/* Has scratch memory for one worker. */
#define CREATE SYNRL_TRY(SYNRL_NEW(host, model->scratch, SYNRL_LANES))
#define FORWARD \
    memcpy(model->scratch + pass->worker * SYNRL_LANES, outputs, SYNRL_LANES * sizeof(float))
#include "model.h"
