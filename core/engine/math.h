/* Functions of arrays, and sums that have no order. */
#ifndef MATH_H
#define MATH_H

#include "synrl/host.h"
#include <stdbool.h>

extern const synrl_math_api math_api;

__extension__ typedef __int128 int128; /* sums of up to 2^31 terms below 2^58 */

/* *sum += each term times `unit`, cut to an integer: sums of integers have no order. False, and
 * that term left out, where one is not within 0 .. limit; limit * unit: up to 2^58. */
bool engine_tally(size_t n, const float *terms, float limit, double unit, int128 *sum);

#endif
