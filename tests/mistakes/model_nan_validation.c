/* SPDX-License-Identifier: MIT */
/* Outputs that are NaN in the second network, that of the validation data, after some passes. */
#define CREATE         \
    static int n_made; \
    model->number = n_made++ > 0 ? 1.0F : 0.0F
#define FORWARD                                       \
    if (model->number > 0 && ++model->number > 64.0F) \
    outputs[3] = NAN
#include "model.h"
