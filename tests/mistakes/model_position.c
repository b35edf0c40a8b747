/* SPDX-License-Identifier: MIT */
/* Asks for a window that there is not. */
#define SOURCE \
    { model->weight, 3, NULL }
#include "model.h"
