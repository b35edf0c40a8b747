/* SPDX-License-Identifier: MIT */
/* Batches of windows. The windows of one block of samples are consecutive blocks, so those of one
 * tile are whole tiles: workers on different tiles of samples share no tile of windows. */
#include "engine/windows.h"

#include <stdbool.h>
#include <string.h>

#include "engine/pool.h"

/* The number of positions of a kernel in a line. */
static size_t n_steps(size_t size, size_t kernel, size_t stride) {
    return (size - kernel) / stride + 1;
}

static bool lies_within(size_t size, size_t kernel, size_t stride) {
    return kernel >= 1 && kernel <= size && stride >= 1;
}

static synrl_status check_window(const synrl_host *host, const synrl_batch *batch,
                                 const synrl_window *window) {
    const size_t n = batch->n_inputs, height = window->height, width = window->width;
    if (height < 1 || width < 1 || window->channels < 1 || height > n || width > n / height ||
        window->channels != n / height / width || n % (height * width) != 0) {
        return host->fail(host, SYNRL_INVALID,
                          "windows of samples of %zu x %zu x %zu: the batch has %zu inputs per "
                          "sample, and the product must be that",
                          height, width, window->channels, n);
    }
    if (!lies_within(height, window->kernel_height, window->stride_height) ||
        !lies_within(width, window->kernel_width, window->stride_width)) {
        return host->fail(host, SYNRL_INVALID,
                          "a window of %zu x %zu with strides %zu and %zu: must be 1 .. %zu x "
                          "1 .. %zu, with strides of at least 1",
                          window->kernel_height, window->kernel_width, window->stride_height,
                          window->stride_width, height, width);
    }
    return SYNRL_OK;
}

static size_t count_windows(const synrl_window *window) {
    return n_steps(window->height, window->kernel_height, window->stride_height) *
           n_steps(window->width, window->kernel_width, window->stride_width);
}

synrl_status windows_create(const synrl_host *host, const synrl_batch *batch,
                            const synrl_window *window, synrl_batch **made) {
    *made = NULL;
    SYNRL_TRY(check_window(host, batch, window));
    const size_t n_windows = count_windows(window);
    if (n_windows > INT32_MAX / SYNRL_LANES / batch->n_blocks) {
        return host->fail(host, SYNRL_INVALID,
                          "%zu windows for each of %zu samples: must be fewer than 2^31 in all",
                          n_windows, batch->n_sampled);
    }
    SYNRL_TRY(batch_create(host, batch->n_blocks * n_windows * SYNRL_LANES,
                           window->kernel_height * window->kernel_width * window->channels,
                           batch->is_bytes, batch->scale, made));
    (*made)->n_windows = batch->n_windows * n_windows;
    (*made)->n_sampled = batch->n_sampled;
    batch_set_own(*made, batch->own_first * n_windows, batch->own_end * n_windows);
    windows_fill(*made, batch, window);
    return SYNRL_OK;
}

bool windows_fit(const synrl_batch *windows, const synrl_batch *batch, const synrl_window *window) {
    return windows->is_bytes == batch->is_bytes && windows->n_sampled == batch->n_sampled &&
           windows->n_blocks == batch->n_blocks * count_windows(window) &&
           memcmp(&windows->scale, &batch->scale, sizeof batch->scale) == 0 &&
           batch->n_inputs == window->height * window->width * window->channels;
}

/* Packing -------------------------------------------------------------------------------------- */

struct fill {
    synrl_batch *windows;
    const synrl_batch *batch;
    const synrl_window *window;
};

static void copy_floats(const struct fill *fill, size_t block, size_t input, size_t to_block,
                        size_t column) {
    memcpy(fill->windows->floats + (to_block * fill->windows->n_inputs + column) * SYNRL_LANES,
           batch_floats(fill->batch, block) + input * SYNRL_LANES, SYNRL_LANES * sizeof(float));
}

static void copy_bytes(const struct fill *fill, size_t block, size_t input, size_t to_block,
                       size_t column) {
    synrl_batch *windows = fill->windows;
    const uint8_t *from =
        batch_groups(fill->batch, block) + input / GROUP * GROUP * SYNRL_LANES + input % GROUP;
    uint8_t *group = windows->groups +
                     (to_block * windows->n_groups + column / GROUP) * GROUP * SYNRL_LANES +
                     column % GROUP;
    uint8_t *row = windows->rows + (to_block / TILE_BLOCKS * windows->n_inputs + column) * TILE +
                   to_block % TILE_BLOCKS / QUAD * QUAD * SYNRL_LANES + to_block % QUAD;
    for (size_t s = 0; s < SYNRL_LANES; s++) {
        group[s * GROUP] = row[s * QUAD] = from[s * GROUP];
    }
}

/* One window of a block, whose first input is `corner`. */
static void copy_window(const struct fill *fill, size_t block, size_t corner, size_t to_block) {
    const synrl_window *window = fill->window;
    const size_t row_size = window->kernel_width * window->channels;
    for (size_t y = 0; y < window->kernel_height; y++) {
        for (size_t i = 0; i < row_size; i++) {
            const size_t input = corner + y * window->width * window->channels + i;
            const size_t column = y * row_size + i;
            if (fill->batch->is_bytes) {
                copy_bytes(fill, block, input, to_block, column);
            } else {
                copy_floats(fill, block, input, to_block, column);
            }
        }
    }
}

static void fill_share(void *context, size_t worker, size_t n_workers) {
    const struct fill *fill = context;
    const synrl_window *window = fill->window;
    const size_t n_across = n_steps(window->width, window->kernel_width, window->stride_width);
    const size_t n_windows = count_windows(window);
    size_t first, end;
    pool_share(fill->batch->n_blocks, TILE_BLOCKS, worker, n_workers, &first, &end);
    for (size_t b = first; b < end; b++) {
        for (size_t p = 0; p < n_windows; p++) {
            const size_t y = p / n_across * window->stride_height;
            const size_t x = p % n_across * window->stride_width;
            copy_window(fill, b, (y * window->width + x) * window->channels, b * n_windows + p);
        }
    }
}

void windows_fill(synrl_batch *windows, const synrl_batch *batch, const synrl_window *window) {
    struct fill fill = {windows, batch, window};
    windows->host->parallel(windows->host, fill_share, &fill);
}
