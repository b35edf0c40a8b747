/* SPDX-License-Identifier: MIT */
/* Hands over values for a tensor that reads the inputs. */
#define SOURCE \
    { model->weight, 0, outputs }
#include "model.h"
