/* SPDX-License-Identifier: MIT */
/* Functions of arrays, and sums whose order does not matter. */
#ifndef MATH_H
#define MATH_H

#include "synrl/host.h"
#include <stdbool.h>

extern const synrl_math_api math_api;

__extension__ typedef __int128 int128; /* sums of up to 2^31 terms below 2^58 */

/* *sum += each term times `unit`, truncated to an integer: the order of integer sums does not
 * matter. A term that is not within 0 .. limit is left out, and the result is false. limit * unit
 * is at most 2^58. */
bool engine_tally(size_t n, const float *terms, float limit, double unit, int128 *sum);

#endif
