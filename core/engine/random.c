/* SPDX-License-Identifier: MIT */
/* Counter-based random numbers: see synrl_stream. There is no state. */
#include "engine/random.h"

#include <math.h>
#include <string.h>

#include "engine/isa.h"

enum { GROUP_WORDS = 64, CHUNK = 16 * GROUP_WORDS };

static void words(synrl_stream stream, uint64_t first, size_t n, uint32_t *out) {
    const struct kernels *kernels = kernels_in_use();
    while (n > 0) {
        const size_t skipped = first % GROUP_WORDS;
        size_t taken = n / GROUP_WORDS * GROUP_WORDS;
        if (skipped == 0 && taken > 0) {
            kernels->words(stream, first / GROUP_WORDS, taken / GROUP_WORDS, out);
        } else { /* part of a group, at either end */
            uint32_t group[GROUP_WORDS];
            kernels->words(stream, first / GROUP_WORDS, 1, group);
            taken = GROUP_WORDS - skipped < n ? GROUP_WORDS - skipped : n;
            memcpy(out, group + skipped, taken * sizeof *out);
        }
        first += taken;
        out += taken;
        n -= taken;
    }
}

static float unit_interval(uint32_t word) {
    return (float)(word >> 8) * 0x1p-24F;
}

static void uniform(synrl_stream stream, uint64_t first, size_t n, float low, float high,
                    float *out) {
    uint32_t chunk[CHUNK];
    for (size_t done = 0; done < n; done += CHUNK) {
        const size_t size = n - done < CHUNK ? n - done : CHUNK;
        words(stream, first + done, size, chunk);
        for (size_t i = 0; i < size; i++) {
            out[done + i] = low + (high - low) * unit_interval(chunk[i]);
        }
    }
}

/* Box and Muller: sqrt(-2 log u) cos(2 pi v), u in (0, 1]. */
static void normal(synrl_stream stream, uint64_t first, size_t n, float *out) {
    const struct kernels *kernels = kernels_in_use();
    uint32_t chunk[CHUNK];
    float radius[CHUNK / 2], angle[CHUNK / 2];
    for (size_t done = 0; done < n; done += CHUNK / 2) {
        const size_t size = n - done < CHUNK / 2 ? n - done : CHUNK / 2;
        words(stream, 2 * (first + done), 2 * size, chunk);
        for (size_t i = 0; i < size; i++) {
            radius[i] = unit_interval(chunk[2 * i]) + 0x1p-24F;
            angle[i] = 6.28318531F * unit_interval(chunk[2 * i + 1]);
        }
        kernels->log(size, radius, radius);
        kernels->cos(size, angle, angle);
        for (size_t i = 0; i < size; i++) {
            out[done + i] = sqrtf(-2.0F * radius[i]) * angle[i];
        }
    }
}

/* Fisher and Yates from the front; element i of the stream picks one of the n_items - i items that
 * are left. */
static void sample(synrl_stream stream, uint32_t k, uint32_t n_items, uint32_t *items) {
    uint32_t chunk[CHUNK];
    for (uint32_t i = 0; i < n_items; i++) {
        items[i] = i;
    }
    for (uint32_t i = 0; i < k; i++) {
        if (i % CHUNK == 0) {
            words(stream, i, k - i < CHUNK ? k - i : CHUNK, chunk);
        }
        const uint32_t picked = i + (uint32_t)((uint64_t)chunk[i % CHUNK] * (n_items - i) >> 32);
        const uint32_t item = items[picked];
        items[picked] = items[i];
        items[i] = item;
    }
}

const synrl_random_api random_api = {
    .size = sizeof(synrl_random_api),
    .words = words,
    .uniform = uniform,
    .normal = normal,
    .sample = sample,
};
