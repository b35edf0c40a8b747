/* SPDX-License-Identifier: MIT */
#include "support/small_net.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/batch.h"
#include "engine/pool.h"
#include "support/support.h"

enum {
    IMAGE_HEIGHT = 5,
    IMAGE_WIDTH = 4,
    CHANNELS = 2,
    KERNEL_HEIGHT = 2,
    KERNEL_WIDTH = 3,
    STRIDE = 2
};
enum { REACH_MAX = 8190 };

/* Activations ---------------------------------------------------------------------------------- */

static void relu(const synrl_host *host, const void *config, size_t n, const float *x, float *y) {
    (void)host, (void)config;
    for (size_t i = 0; i < n; i++) {
        y[i] = x[i] > 0.0F ? x[i] : 0.0F;
    }
}

static void relu_slope(const synrl_host *host, const void *config, size_t n, const float *x,
                       const float *y, float *slope) {
    (void)host, (void)config, (void)y;
    for (size_t i = 0; i < n; i++) {
        slope[i] = x[i] > 0.0F ? 1.0F : 0.0F;
    }
}

static void soft(const synrl_host *host, const void *config, size_t n, const float *x, float *y) {
    (void)host, (void)config;
    for (size_t i = 0; i < n; i++) {
        y[i] = x[i] / (1.0F + fabsf(x[i]));
    }
}

static float soft_slope_at(float x) {
    const float below = 1.0F + fabsf(x);
    return 1.0F / (below * below);
}

static void soft_slope(const synrl_host *host, const void *config, size_t n, const float *x,
                       const float *y, float *slope) {
    (void)host, (void)config, (void)y;
    for (size_t i = 0; i < n; i++) {
        slope[i] = soft_slope_at(x[i]);
    }
}

float net_likely_at(float x) {
    return 0.5F + 0.5F * (x / (1.0F + fabsf(x)));
}

static void likely(const synrl_host *host, const void *config, size_t n, const float *x, float *y) {
    (void)host, (void)config;
    for (size_t i = 0; i < n; i++) {
        y[i] = net_likely_at(x[i]);
    }
}

static const synrl_activation_ops relu_ops = {sizeof relu_ops, relu, relu_slope};
static const synrl_activation_ops soft_ops = {sizeof soft_ops, soft, soft_slope};
static const synrl_activation_ops crude_ops = {sizeof crude_ops, relu, NULL};
static const synrl_activation_ops likely_ops = {sizeof likely_ops, likely, NULL};
const synrl_activation net_relu = {sizeof net_relu, "relu", &relu_ops, NULL, NULL};
const synrl_activation net_soft = {sizeof net_soft, "soft", &soft_ops, NULL, NULL};
const synrl_activation net_crude = {sizeof net_crude, "crude", &crude_ops, NULL, NULL};
const synrl_activation net_likely = {sizeof net_likely, "likely", &likely_ops, NULL, NULL};

/* Making --------------------------------------------------------------------------------------- */

static const synrl_tensor tensors[NET_TENSORS] = {
    [IN] = {.name = "in.weight", .n_rows = 5, .n_columns = NET_INPUTS, .reads_inputs = true},
    [IN_BIAS] = {.name = "in.bias", .n_rows = 5, .n_columns = 1, .is_bias = true},
    [WINDOW] = {.name = "window.weight",
                .n_rows = 3,
                .n_columns = KERNEL_HEIGHT * KERNEL_WIDTH * CHANNELS,
                .reads_inputs = true,
                .window = {IMAGE_HEIGHT, IMAGE_WIDTH, CHANNELS, KERNEL_HEIGHT, KERNEL_WIDTH, STRIDE,
                           1},
                .n_positions = NET_WINDOWS,
                .first_unit = 5},
    [WINDOW_BIAS] = {.name = "window.bias", .n_rows = 3, .n_columns = 1, .is_bias = true},
    [HIDDEN] = {.name = "hidden.weight", .n_rows = 4, .n_columns = 17, .first_unit = 17},
    [SKIP] = {.name = "skip.weight",
              .n_rows = 4,
              .n_columns = NET_INPUTS,
              .reads_inputs = true,
              .is_later_source = true},
    [HIDDEN_BIAS] = {.name = "hidden.bias", .n_rows = 4, .n_columns = 1, .is_bias = true},
    [OUT] = {.name = "out.weight", .n_rows = 2, .n_columns = 4, .first_unit = 21},
    [AGAIN] = {.name = "again.weight", .n_rows = 2, .n_columns = 17, .is_later_source = true},
};

void net_make(struct small_net *net, const synrl_host *host) {
    *net = (struct small_net){.host = host};
    size_t first = 0;
    for (size_t t = 0; t < NET_TENSORS; t++) {
        net->tensors[t] = tensors[t];
        net->tensors[t].first = first;
        first += tensors[t].n_rows * tensors[t].n_columns;
    }
    ck_assert_uint_eq(first, NET_SYNAPSES);
    net->layout = (synrl_layout){.size = sizeof(synrl_layout),
                                 .tensor_size = sizeof(synrl_tensor),
                                 .n_synapses = NET_SYNAPSES,
                                 .n_inputs = NET_INPUTS,
                                 .n_outputs = NET_OUTPUTS,
                                 .n_units = NET_UNITS,
                                 .n_tensors = NET_TENSORS,
                                 .tensors = net->tensors};
    ck_assert_int_eq(weights_create(host, &net->layout, &net->weights), SYNRL_OK);
}

/* Moving --------------------------------------------------------------------------------------- */

static size_t tensor_size(size_t t) {
    return tensors[t].n_rows * tensors[t].n_columns;
}

static size_t tensor_of(const struct small_net *net, size_t synapse) {
    size_t t = NET_TENSORS - 1;
    while (net->tensors[t].first > synapse) {
        t--;
    }
    return t;
}

float net_weight(const struct small_net *net, size_t synapse) {
    const float alpha = net->alpha[tensor_of(net, synapse)];
    return (float)((double)net->w0[synapse] + (double)alpha * net->k[synapse]);
}

static void rebase(struct small_net *net, size_t t) {
    for (size_t i = net->tensors[t].first; i < net->tensors[t].first + tensor_size(t); i++) {
        net->w0[i] = net_weight(net, i);
        net->k[i] = 0;
    }
    net->reach[t] = 0;
}

void net_bind(struct small_net *net, const struct samples *samples) {
    ck_assert_int_eq(weights_bind(net->weights, samples->batch), SYNRL_OK);
    net->samples = samples;
    for (size_t t = 0; t < NET_TENSORS; t++) {
        rebase(net, t);
    }
}

void net_set(struct small_net *net, const float *weights) {
    weights_set(net->weights, weights);
    memcpy(net->w0, weights, sizeof net->w0);
    memset(net->k, 0, sizeof net->k);
    memset(net->reach, 0, sizeof net->reach);
    memset(net->last, 0, sizeof net->last);
}

void net_draw(struct small_net *net) {
    float weights[NET_SYNAPSES];
    for (size_t i = 0; i < NET_SYNAPSES; i++) {
        weights[i] = (float)(rand() % 2001 - 1000) * 1e-3F;
    }
    net_set(net, weights);
}

void net_shift(struct small_net *net, const float *delta) {
    weights_shift(net->weights, delta);
    for (size_t t = 0; t < NET_TENSORS; t++) {
        const size_t first = net->tensors[t].first, end = first + tensor_size(t);
        size_t n_moved = 0;
        for (size_t i = first; i < end; i++) {
            n_moved += fabsf(delta[i]) > 0.0F;
        }
        if (n_moved > 0) {
            rebase(net, t);
        }
        for (size_t i = first; n_moved > 0 && i < end; i++) {
            net->w0[i] += delta[i];
        }
    }
}

static void move(struct small_net *net, size_t t, const int8_t *actions, int sign) {
    net->reach[t]++;
    for (size_t i = net->tensors[t].first; i < net->tensors[t].first + tensor_size(t); i++) {
        net->last[i] = (int8_t)(sign * actions[i]);
        net->k[i] += net->last[i];
    }
}

/* Where alpha is halved, k is doubled, as long as it stays below the limit. */
static void approach(struct small_net *net, size_t t, float alpha) {
    const long factor = test_power_of_two(net->alpha[t], alpha);
    if (net->reach[t] > 0 && (factor == 0 || factor * net->reach[t] >= REACH_MAX)) {
        rebase(net, t);
    }
    for (size_t i = net->tensors[t].first; i < net->tensors[t].first + tensor_size(t); i++) {
        net->k[i] *= (int)(net->reach[t] > 0 ? factor : 0);
    }
    net->reach[t] *= factor;
    net->alpha[t] = alpha;
}

static void act(struct small_net *net, const int8_t *actions, const float *alphas) {
    for (size_t t = 0; t < NET_TENSORS; t++) {
        if (alphas[t] > 0.0F) {
            approach(net, t, alphas[t]);
            move(net, t, actions, 1);
        }
    }
}

static void undo(struct small_net *net, const int8_t *actions, const float *alphas) {
    for (size_t t = 0; t < NET_TENSORS; t++) {
        if (alphas[t] > 0.0F) {
            move(net, t, actions, -1);
        }
    }
}

void net_act(struct small_net *net, const int8_t *actions, const float *alphas) {
    weights_act(net->weights, actions, alphas);
    act(net, actions, alphas);
}

void net_move(struct small_net *net) {
    static int8_t actions[NET_SYNAPSES]; /* which stay as they are */
    float alphas[NET_TENSORS];
    for (size_t i = 0; i < NET_SYNAPSES; i++) {
        actions[i] = (int8_t)(rand() % 3 - 1);
    }
    for (size_t t = 0; t < NET_TENSORS; t++) {
        alphas[t] = 1e-2F;
    }
    net_act(net, actions, alphas);
}

size_t net_tensor_of(size_t unit) {
    return unit < 5 ? IN : unit < 17 ? WINDOW : unit < 21 ? HIDDEN : OUT;
}

void net_undo(struct small_net *net, const int8_t *actions, const float *alphas) {
    weights_undo(net->weights, actions, alphas);
    undo(net, actions, alphas);
}

void net_outer(const int8_t *rows, const int8_t *columns, int8_t *actions) {
    size_t row = 0, column = 0, n = 0;
    for (size_t t = 0; t < NET_TENSORS; t++) {
        for (size_t i = 0; i < tensors[t].n_rows; i++, row++) {
            for (size_t j = 0; j < tensors[t].n_columns; j++) {
                const int by = tensors[t].is_bias ? 1 : columns[column + j];
                actions[n++] = (int8_t)(rows[row] * by);
            }
        }
        column += tensors[t].is_bias ? 0 : tensors[t].n_columns;
    }
    ck_assert(row == NET_ROWS && column == NET_COLUMNS && n == NET_SYNAPSES);
}

void net_act_rank_one(struct small_net *net, const int8_t *rows, const int8_t *columns,
                      const float *alphas) {
    int8_t actions[NET_SYNAPSES];
    weights_act_rank_one(net->weights, rows, columns, alphas);
    net_outer(rows, columns, actions);
    act(net, actions, alphas);
}

void net_undo_rank_one(struct small_net *net, const int8_t *rows, const int8_t *columns,
                       const float *alphas) {
    int8_t actions[NET_SYNAPSES];
    weights_undo_rank_one(net->weights, rows, columns, alphas);
    net_outer(rows, columns, actions);
    undo(net, actions, alphas);
}

/* Through the engine --------------------------------------------------------------------------- */

void net_forward(const struct small_net *net, const synrl_pass *pass, float *units) {
    const synrl_engine_api *engine = net->host->engine;
    const synrl_activation *likely = net->is_likely ? &net_likely : NULL;
    const synrl_activation *first = likely != NULL ? likely : &net_relu;
    float *hidden = units + 17 * (size_t)SYNRL_LANES;
    engine->units(pass, 1, &(synrl_source){.tensor = IN}, IN_BIAS, first, units);
    for (size_t p = 0; p < NET_WINDOWS; p++) {
        engine->units(pass, 1, &(synrl_source){.tensor = WINDOW, .position = p}, WINDOW_BIAS,
                      likely != NULL ? likely : &net_soft, units + (5 + 3 * p) * SYNRL_LANES);
    }
    const synrl_source into_hidden[] = {{.tensor = HIDDEN, .x = units}, {.tensor = SKIP}};
    engine->units(pass, 2, into_hidden, HIDDEN_BIAS, first, hidden);
    const synrl_source into_out[] = {{.tensor = OUT, .x = hidden}, {.tensor = AGAIN, .x = units}};
    engine->units(pass, 2, into_out, SYNRL_NO_TENSOR, likely, units + 21 * (size_t)SYNRL_LANES);
}

struct work {
    const struct small_net *net;
    void *context;
    float *units;
};

static void pass_share(void *context, size_t worker, size_t n_workers) {
    const struct work *work = context;
    const synrl_batch *batch = work->net->samples->batch;
    float own[NET_UNITS * SYNRL_LANES];
    size_t first, end;
    pool_share(batch_blocks(batch), SYNRL_TILE_BLOCKS, worker, n_workers, &first, &end);
    for (size_t b = first; b < end; b++) {
        const synrl_pass pass = {.size = sizeof pass,
                                 .context = work->context,
                                 .weights = work->net->weights,
                                 .batch = batch,
                                 .worker = worker,
                                 .block = b};
        net_forward(work->net, &pass,
                    work->units != NULL ? work->units + b * NET_UNITS * SYNRL_LANES : own);
    }
}

void net_pass(const struct small_net *net, void *context, float *units) {
    struct work work = {net, context, units};
    net->host->parallel(net->host, pass_share, &work);
    ck_assert_int_eq(weights_check(net->weights), SYNRL_OK);
}

/* In plain loops ------------------------------------------------------------------------------- */

size_t net_positions(size_t tensor) {
    return tensor == WINDOW || tensor == WINDOW_BIAS ? NET_WINDOWS : 1;
}

size_t net_first_unit(size_t tensor) {
    return tensor <= IN_BIAS ? 0 : tensor <= WINDOW_BIAS ? 5 : tensor <= HIDDEN_BIAS ? 17 : 21;
}

float net_slope(size_t unit, float z) {
    if (unit >= 21) {
        return 1.0F;
    }
    return unit >= 5 && unit < 17 ? soft_slope_at(z) : z > 0.0F ? 1.0F : 0.0F;
}

/* Windows lie at rows 0 and 2, columns 0 and 1. */
static size_t window_input(size_t position, size_t column) {
    const size_t top = position / 2 * STRIDE, left = position % 2;
    const size_t dy = column / (KERNEL_WIDTH * CHANNELS);
    const size_t dx = column / CHANNELS % KERNEL_WIDTH;
    return ((top + dy) * IMAGE_WIDTH + left + dx) * CHANNELS + column % CHANNELS;
}

float net_presynaptic(const struct small_net *net, size_t tensor, size_t position, size_t column,
                      size_t sample, const float *y, int *byte) {
    const struct samples *samples = net->samples;
    *byte = -1;
    if (tensors[tensor].is_bias) {
        return 1.0F;
    }
    if (!tensors[tensor].reads_inputs) {
        return y[tensor == OUT ? 17 + column : column];
    }
    const size_t input = tensor == WINDOW ? window_input(position, column) : column;
    const size_t s = sample < samples->n ? sample : samples->n - 1;
    if (samples->is_bytes) {
        *byte = samples->bytes[s * NET_INPUTS + input];
    }
    return samples_value(samples, s, input);
}

static float sum(const struct small_net *net, size_t t, size_t position, size_t row, size_t sample,
                 const float *y) {
    float total = 0.0F;
    int64_t moved = 0;
    bool is_bytes = false;
    for (size_t i = 0; i < tensors[t].n_columns; i++) {
        const size_t synapse = net->tensors[t].first + row * tensors[t].n_columns + i;
        int byte;
        const float x = net_presynaptic(net, t, position, i, sample, y, &byte);
        is_bytes = byte >= 0;
        if (is_bytes) {
            total += (float)byte * net->w0[synapse];
            moved += (int64_t)byte * net->k[synapse];
        } else {
            total += net_weight(net, synapse) * x;
        }
    }
    const float scale = net->samples->scale, unit = net->alpha[t] * scale;
    return is_bytes ? scale * total + unit * (float)moved : total;
}

static float activate(const struct small_net *net, size_t unit, float z) {
    if (net->is_likely) {
        return net_likely_at(z);
    }
    if (unit >= 21) {
        return z;
    }
    return unit >= 5 && unit < 17 ? z / (1.0F + fabsf(z)) : z > 0.0F ? z : 0.0F;
}

static void plain_units(const struct small_net *net, size_t sample, const float *noise, size_t t,
                        size_t later, size_t bias, float *z, float *y) {
    for (size_t u = 0; u < net_positions(t) * tensors[t].n_rows; u++) {
        const size_t position = u / tensors[t].n_rows, row = u % tensors[t].n_rows;
        const size_t unit = net_first_unit(t) + u;
        z[unit] = sum(net, t, position, row, sample, y);
        if (later != NET_TENSORS) {
            z[unit] += sum(net, later, position, row, sample, y);
        }
        if (bias != NET_TENSORS) {
            z[unit] += net_weight(net, net->tensors[bias].first + row);
        }
        if (noise != NULL) {
            z[unit] += noise[unit];
        }
        y[unit] = activate(net, unit, z[unit]);
        if (net->thresholds != NULL) {
            y[unit] = net->thresholds[unit] < y[unit] ? 1.0F : 0.0F;
        }
    }
}

void net_plain(const struct small_net *net, size_t sample, const float *noise, float *z, float *y) {
    plain_units(net, sample, noise, IN, NET_TENSORS, IN_BIAS, z, y);
    plain_units(net, sample, noise, WINDOW, NET_TENSORS, WINDOW_BIAS, z, y);
    plain_units(net, sample, noise, HIDDEN, SKIP, HIDDEN_BIAS, z, y);
    plain_units(net, sample, noise, OUT, AGAIN, NET_TENSORS, z, y);
}
