/* SPDX-License-Identifier: MIT */
/* Sums of floats in fixed point, in units of 2^-24: each addend is the sum of one block, so neither
 * the number of workers nor the order of blocks can change a bit. */
#ifndef FIXED_POINT_H
#define FIXED_POINT_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIXED_POINT_UNIT 16777216.0 /* 2^24 */

/* The limit to which addends are clamped, in units, so that n of them cannot overflow. */
static inline double fixed_point_limit(size_t n) {
    return 4611686018427387904.0 / (double)n; /* 2^62 */
}

/* *sum += value, rounded; false, without adding, where it is not finite. */
static inline bool fixed_point_add(int64_t *sum, double value, double limit) {
    double units = value * FIXED_POINT_UNIT;
    if (!(fabs(units) <= limit)) {
        if (!isfinite(value)) {
            return false;
        }
        units = units > 0.0 ? limit : -limit;
    }
    /* Wraps, with defined behaviour, where a model asks for units more often than it declared. */
    *sum = (int64_t)((uint64_t)*sum + (uint64_t)llrint(units));
    return true;
}

#endif
