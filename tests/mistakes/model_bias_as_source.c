/* SPDX-License-Identifier: MIT */
/* Takes the bias for a source. */
#define SOURCE \
    { model->bias, 0, outputs }
#include "model.h"
