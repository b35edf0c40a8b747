/* SPDX-License-Identifier: MIT */
/* Every variant of the inner loops with every path of projections: N_WAYS ways to the same bits. */
#ifndef ENGINE_WAYS_H
#define ENGINE_WAYS_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "engine/isa.h"

enum { N_VARIANTS = 4, N_PATHS = 3, N_WAYS = N_VARIANTS * N_PATHS };

/* Each test is a process of its own: variant and path are taken from the environment once. False
 * where this machine does not have the variant. */
static inline bool take_way(int way) {
    static const char *const variants[] = {"scalar", "avx2", "avx512", "amx"};
    static const char *const paths[] = {"auto", "dense", "sparse"};
    const char *variant = variants[way / N_PATHS];
    setenv("SYNRL_ISA", variant, 1);
    setenv("SYNRL_PATH", paths[way % N_PATHS], 1);
    return engine_isa() != NULL && strcmp(engine_isa(), variant) == 0;
}

#endif
