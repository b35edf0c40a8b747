/* SPDX-License-Identifier: MIT */
/* A window that is larger than the inputs. */
#define WEIGHT                                                                                  \
    {                                                                                           \
        .name = "w", .n_rows = 1, .n_columns = 9, .layer = 1, .reads_inputs = true, .window = { \
            1,                                                                                  \
            2,                                                                                  \
            1,                                                                                  \
            3,                                                                                  \
            3,                                                                                  \
            1,                                                                                  \
            1                                                                                   \
        }                                                                                       \
    }
#include "model.h"
