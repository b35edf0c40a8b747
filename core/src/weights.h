/* What can be said of a flat array of weights. */
#ifndef WEIGHTS_H
#define WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

/* XXH3-64 of n floats in little-endian order. */
uint64_t weights_hash(const float *weights, size_t n);

#endif
