/* SPDX-License-Identifier: MIT */
/* Ranges of parameters, checked and put in words. */
#include "plugin/bounds.h"

#include <math.h>
#include <stdio.h>

#include "synrl/param.h"

static bool is_unbounded(struct bounds bounds) {
    return bounds.min == 0 && bounds.max == 0;
}

bool bounds_hold(struct bounds bounds, double value) {
    return isfinite(value) &&
           (is_unbounded(bounds) || (value >= bounds.min && value <= bounds.max));
}

void bounds_text(struct bounds bounds, char *text, size_t size) {
    const bool no_min = bounds.min <= -SYNRL_UNBOUNDED;
    const bool no_max = bounds.max >= SYNRL_UNBOUNDED;
    if (is_unbounded(bounds) || (no_min && no_max)) {
        snprintf(text, size, "a finite number");
    } else if (no_min) {
        snprintf(text, size, "at most %.15g", bounds.max);
    } else if (bounds.min == SYNRL_POSITIVE && no_max) {
        snprintf(text, size, "greater than 0");
    } else if (bounds.min == SYNRL_POSITIVE) {
        snprintf(text, size, "greater than 0, at most %.15g", bounds.max);
    } else if (no_max) {
        snprintf(text, size, "at least %.15g", bounds.min);
    } else {
        snprintf(text, size, "%.15g .. %.15g", bounds.min, bounds.max);
    }
}
