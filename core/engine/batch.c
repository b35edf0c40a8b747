/* SPDX-License-Identifier: MIT */
/* Batches: samples packed once into the orders that the inner loops read. Invariant: lanes after
 * the last sample hold copies of it, and inputs after the last are 0. */
#include "engine/batch_private.h"

#include <string.h>

#include "engine/pool.h"

static size_t n_tiles(const synrl_batch *batch) {
    return (batch->n_blocks + TILE_BLOCKS - 1) / TILE_BLOCKS;
}

synrl_status batch_create(const synrl_host *host, size_t n_samples, size_t n_inputs, bool bytes,
                          float scale, synrl_batch **made) {
    *made = NULL;
    synrl_batch *batch = host->alloc(host, 1, sizeof *batch);
    if (batch == NULL) {
        return SYNRL_NO_MEMORY;
    }
    batch->host = host;
    batch->n_samples = n_samples;
    batch->n_inputs = n_inputs;
    batch->n_windows = 1;
    batch->n_sampled = n_samples;
    batch->n_blocks = (n_samples + SYNRL_LANES - 1) / SYNRL_LANES;
    batch->own_end = batch->n_blocks;
    batch->is_bytes = bytes;
    batch->scale = scale;
    batch->n_groups = (n_inputs + GROUP - 1) / GROUP;
    if (bytes) {
        batch->groups = host->alloc(host, batch->n_blocks, batch->n_groups * GROUP * SYNRL_LANES);
        batch->rows = host->alloc(host, n_tiles(batch), n_inputs * TILE);
    } else {
        batch->floats = host->alloc(host, batch->n_blocks, n_inputs * SYNRL_LANES * sizeof(float));
    }
    if (bytes ? batch->groups == NULL || batch->rows == NULL : batch->floats == NULL) {
        batch_destroy(batch);
        return SYNRL_NO_MEMORY;
    }
    *made = batch;
    return SYNRL_OK;
}

void batch_destroy(synrl_batch *batch) {
    if (batch != NULL) {
        const synrl_host *host = batch->host;
        host->free(host, batch->groups);
        host->free(host, batch->rows);
        host->free(host, batch->floats);
        host->free(host, batch);
    }
}

/* Packing -------------------------------------------------------------------------------------- */

static size_t source_row(const synrl_batch *batch, size_t sample) {
    const size_t last = batch->n_samples - 1;
    const size_t s = sample < last ? sample : last;
    return batch->sources != NULL ? batch->sources[s] : s;
}

/* A group of inputs of one sample; beyond the last input, 0. */
static uint32_t load_group(const uint8_t *from, size_t n) {
    uint32_t group = 0;
    if (n >= GROUP) {
        memcpy(&group, from, GROUP);
    } else {
        memcpy(&group, from, n);
    }
    return group;
}

/* What the samples have of input i of a group each, together. */
static uint32_t across(const uint32_t groups[QUAD], size_t i) {
    uint32_t bytes = 0;
    for (size_t b = 0; b < QUAD; b++) {
        bytes |= (groups[b] >> (8 * i) & 255) << (8 * b);
    }
    return bytes;
}

/* The samples of one lane of QUAD blocks, the first of which is `block`. */
static void pack_bytes(synrl_batch *batch, size_t block, size_t lane) {
    const size_t n = batch->n_inputs, stride = batch->n_groups * GROUP * SYNRL_LANES;
    const uint8_t *from[QUAD];
    for (size_t b = 0; b < QUAD; b++) {
        from[b] = (const uint8_t *)batch->inputs +
                  source_row(batch, (block + b) * SYNRL_LANES + lane) * n;
    }
    uint8_t *to = batch->groups + block * stride + lane * GROUP;
    uint8_t *rows = batch->rows + block / TILE_BLOCKS * n * TILE +
                    block % TILE_BLOCKS * SYNRL_LANES + lane * QUAD;
    const size_t n_blocks = batch->n_blocks - block < QUAD ? batch->n_blocks - block : QUAD;
    for (size_t i = 0; i < n; i += GROUP) {
        uint32_t groups[QUAD] = {0};
        for (size_t b = 0; b < n_blocks; b++) {
            groups[b] = load_group(from[b] + i, n - i);
            memcpy(to + b * stride + i * SYNRL_LANES, &groups[b], GROUP);
        }
        for (size_t j = 0; j < GROUP && i + j < n; j++) {
            const uint32_t bytes = across(groups, j);
            memcpy(rows + (i + j) * TILE, &bytes, QUAD);
        }
    }
}

static void pack_floats(synrl_batch *batch, size_t sample) {
    const size_t n = batch->n_inputs;
    const float *from = (const float *)batch->inputs + source_row(batch, sample) * n;
    float *to = batch->floats + sample / SYNRL_LANES * n * SYNRL_LANES + sample % SYNRL_LANES;
    for (size_t i = 0; i < n; i++) {
        to[i * SYNRL_LANES] = from[i];
    }
}

/* Whole tiles: the same share as this worker's in a forward pass. */
static void pack_share(void *context, size_t worker, size_t n_workers) {
    synrl_batch *batch = context;
    size_t first, end;
    pool_share(batch->n_blocks, TILE_BLOCKS, worker, n_workers, &first, &end);
    if (batch->is_bytes) {
        for (size_t block = first; block < end; block += QUAD) {
            for (size_t lane = 0; lane < SYNRL_LANES; lane++) {
                pack_bytes(batch, block, lane);
            }
        }
        return;
    }
    for (size_t sample = first * SYNRL_LANES; sample < end * SYNRL_LANES; sample++) {
        pack_floats(batch, sample);
    }
}

void batch_fill(synrl_batch *batch, const void *inputs, const uint32_t *rows) {
    batch->inputs = inputs;
    batch->sources = rows;
    batch->host->parallel(batch->host, pack_share, batch);
    batch->inputs = batch->sources = NULL;
}

void batch_set_own(synrl_batch *batch, size_t first, size_t end) {
    batch->own_first = first;
    batch->own_end = end;
}

bool batch_is_reversed(const synrl_batch *batch) {
    return batch->is_reversed;
}

void batch_reverse_order(synrl_batch *batch) {
    batch->is_reversed = !batch->is_reversed;
}

/* Reading -------------------------------------------------------------------------------------- */

size_t batch_samples(const synrl_batch *batch) {
    return batch->n_samples;
}

size_t batch_blocks(const synrl_batch *batch) {
    return batch->n_blocks;
}

size_t batch_inputs(const synrl_batch *batch) {
    return batch->n_inputs;
}

void batch_values(const synrl_batch *batch, size_t block, float *x) {
    const size_t n = batch->n_inputs;
    if (!batch->is_bytes) {
        memcpy(x, batch_floats(batch, block), n * SYNRL_LANES * sizeof *x);
        return;
    }
    const uint8_t *groups = batch_groups(batch, block);
    for (size_t i = 0; i < n; i++) {
        const uint8_t *from = groups + i / GROUP * GROUP * SYNRL_LANES + i % GROUP;
        for (size_t s = 0; s < SYNRL_LANES; s++) {
            x[i * SYNRL_LANES + s] = batch->scale * (float)from[s * GROUP];
        }
    }
}

/* One sample of bytes, a group at a time. */
static void bytes_to_row(const uint8_t *groups, size_t n_inputs, float scale, float *row) {
    typedef uint8_t group_u8 __attribute__((vector_size(GROUP)));
    typedef float group_f32 __attribute__((vector_size(4 * GROUP)));
    for (size_t i = 0; i < n_inputs; i += GROUP, groups += GROUP * SYNRL_LANES) {
        group_u8 bytes;
        memcpy(&bytes, groups, sizeof bytes);
        const group_f32 values = __builtin_convertvector(bytes, group_f32) * scale;
        if (n_inputs - i >= GROUP) {
            memcpy(row + i, &values, sizeof values);
        } else {
            memcpy(row + i, &values, (n_inputs - i) * sizeof *row);
        }
    }
}

void batch_rows(const synrl_batch *batch, size_t first, size_t n, float *rows) {
    for (size_t s = 0; s < n; s++) {
        const size_t block = (first + s) / SYNRL_LANES, lane = (first + s) % SYNRL_LANES;
        float *row = rows + s * batch->n_inputs;
        if (batch->is_bytes) {
            bytes_to_row(batch_groups(batch, block) + lane * GROUP, batch->n_inputs, batch->scale,
                         row);
            continue;
        }
        for (size_t i = 0; i < batch->n_inputs; i++) {
            row[i] = batch_floats(batch, block)[i * SYNRL_LANES + lane];
        }
    }
}
