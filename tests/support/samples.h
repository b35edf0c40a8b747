/* SPDX-License-Identifier: MIT */
/* Random samples, and the batch that they are packed into, for suites of the engine. Helpers end
 * the test themselves where memory runs out. */
#ifndef SAMPLES_H
#define SAMPLES_H

#include <stdbool.h>

#include "engine/engine.h"

struct samples {
    size_t n, n_inputs;
    bool is_bytes;
    float scale;    /* 1 of floats */
    uint8_t *bytes; /* [n][n_inputs], or floats */
    float *floats;
    synrl_batch *batch;
};

/* From rand(). The batch is memory of the host, or freed by samples_free. */
void samples_make(struct samples *samples, const synrl_host *host, size_t n, size_t n_inputs,
                  bool is_bytes);
/* Other samples into the same batch. */
void samples_refill(struct samples *samples);
void samples_free(struct samples *samples);
/* An input as a float. Past the last sample: that of the last one. */
float samples_value(const struct samples *samples, size_t sample, size_t input);

void *test_allocate(size_t n, size_t size); /* zeroed, to be freed by free() */

#endif
