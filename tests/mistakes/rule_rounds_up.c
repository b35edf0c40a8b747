/* SPDX-License-Identifier: MIT */
/* Its start-up code changes how the whole process rounds, as that of -Ofast changes denormals. */
#include <fenv.h>

__attribute__((constructor)) static void round_up(void) {
    fesetround(FE_UPWARD);
}

#include "rule.h"
