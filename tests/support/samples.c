/* SPDX-License-Identifier: MIT */
#include "support/samples.h"

#include <check.h>
#include <stdlib.h>

#include "engine/batch.h"

void *test_allocate(size_t n, size_t size) {
    void *memory = calloc(n, size);
    ck_assert_ptr_nonnull(memory);
    return memory;
}

static uint8_t random_byte(void) {
    const int kind = rand() % 4;
    return (uint8_t)(kind == 0 ? 0 : kind == 1 ? 255 : rand());
}

void samples_refill(struct samples *samples) {
    for (size_t i = 0; i < samples->n * samples->n_inputs; i++) {
        samples->bytes[i] = random_byte();
        samples->floats[i] = (float)(rand() % 2001 - 1000) * 1e-3F;
    }
    batch_fill(samples->batch,
               samples->is_bytes ? (const void *)samples->bytes : (const void *)samples->floats,
               NULL);
}

void samples_make(struct samples *samples, const synrl_host *host, size_t n, size_t n_inputs,
                  bool is_bytes) {
    *samples = (struct samples){.n = n,
                                .n_inputs = n_inputs,
                                .is_bytes = is_bytes,
                                .scale = is_bytes ? 1.0F / 255.0F : 1.0F,
                                .bytes = test_allocate(n, n_inputs),
                                .floats = test_allocate(n, n_inputs * sizeof(float))};
    ck_assert_int_eq(batch_create(host, n, n_inputs, is_bytes, samples->scale, &samples->batch),
                     SYNRL_OK);
    samples_refill(samples);
}

void samples_free(struct samples *samples) {
    batch_destroy(samples->batch);
    free(samples->bytes);
    free(samples->floats);
}

float samples_value(const struct samples *samples, size_t sample, size_t input) {
    const size_t s = sample < samples->n ? sample : samples->n - 1;
    const size_t at = s * samples->n_inputs + input;
    return samples->is_bytes ? samples->scale * (float)samples->bytes[at] : samples->floats[at];
}
