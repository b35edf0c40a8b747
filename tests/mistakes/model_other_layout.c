/* SPDX-License-Identifier: MIT */
/* Another layout for the second network, that of the validation data. */
#define CREATE                                                                     \
    static int n_made;                                                             \
    const synrl_tensor more = {                                                    \
        .name = "more", .n_rows = 1, .n_columns = 1, .layer = 1, .is_bias = true}; \
    size_t index;                                                                  \
    if (n_made++ > 0)                                                              \
    SYNRL_TRY(layout->add(layout, &more, &index))
#include "model.h"
