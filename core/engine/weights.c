/* SPDX-License-Identifier: MIT */
/* The weights of one network. Invariant: while bound, windows are those of the batch. */
#include "engine/weights.h"

#include <string.h>

#include "engine/weights_private.h"
#include "engine/windows.h"

/* Making --------------------------------------------------------------------------------------- */

static bool is_same_window(const synrl_window *a, const synrl_window *b) {
    return a->height == b->height && a->width == b->width && a->channels == b->channels &&
           a->kernel_height == b->kernel_height && a->kernel_width == b->kernel_width &&
           a->stride_height == b->stride_height && a->stride_width == b->stride_width;
}

/* Tensors with the same window share its batch. */
static size_t find_source(synrl_weights *weights, const synrl_window *wanted) {
    const bool is_window = wanted->kernel_height > 0;
    const synrl_window window = is_window ? *wanted : (synrl_window){0};
    size_t s = 0;
    while (s < weights->n_sources && !is_same_window(&weights->sources[s].window, &window)) {
        s++;
    }
    if (s == weights->n_sources) {
        weights->sources[weights->n_sources++] = (struct input_source){.window = window};
    }
    return s;
}

/* Before windows are known, which may be fewer. */
static void set_ends(const synrl_tensor *tensor, struct tensor_weights *made) {
    const bool is_source = !tensor->is_bias;
    const bool drives = is_source && !tensor->is_later_source;
    made->first_end = is_source ? tensor->n_positions : 0;
    made->first_end += made->first_end == 0 && drives ? 1 : 0;
    made->later_end = is_source && tensor->is_later_source ? SIZE_MAX : 0;
    made->bias_rows =
        tensor->is_bias && !tensor->reads_inputs && tensor->n_columns == 1 ? tensor->n_rows : 0;
}

static synrl_status make_tensor(synrl_weights *weights, size_t t) {
    const synrl_tensor *tensor = &weights->layout->tensors[t];
    struct tensor_weights *made = &weights->tensors[t];
    made->n_rows = tensor->n_rows;
    made->n_columns = tensor->n_columns;
    set_ends(tensor, made);
    if (!tensor->reads_inputs) {
        return lattice_create(weights->host, tensor->n_rows * tensor->n_columns, &made->lattice);
    }
    made->source = find_source(weights, &tensor->window);
    return projection_create(weights->host, tensor->n_rows, tensor->n_columns, &made->projection);
}

static synrl_status make_sums(synrl_weights *weights) {
    const synrl_layout *layout = weights->layout;
    size_t n_rows = 0;
    for (size_t t = 0; t < weights->n_tensors; t++) {
        const synrl_tensor *tensor = &layout->tensors[t];
        n_rows = tensor->is_later_source && tensor->n_rows > n_rows ? tensor->n_rows : n_rows;
    }
    weights->sum_size = n_rows * SYNRL_LANES;
    return n_rows == 0 ? SYNRL_OK
                       : SYNRL_NEW(weights->host, weights->sums,
                                   weights->host->n_workers(weights->host) * weights->sum_size);
}

static synrl_status build(synrl_weights *weights) {
    const synrl_host *host = weights->host;
    const synrl_layout *layout = weights->layout;
    SYNRL_TRY(SYNRL_NEW(host, weights->tensors, layout->n_tensors));
    SYNRL_TRY(SYNRL_NEW(host, weights->sources, layout->n_tensors));
    SYNRL_TRY(SYNRL_NEW(host, weights->negated, layout->n_synapses));
    for (size_t t = 0; t < weights->n_tensors; t++) {
        SYNRL_TRY(make_tensor(weights, t));
    }
    return make_sums(weights);
}

synrl_status weights_create(const synrl_host *host, const synrl_layout *layout,
                            synrl_weights **made) {
    *made = NULL;
    synrl_weights *weights;
    SYNRL_TRY(SYNRL_NEW(host, weights, 1));
    weights->host = host;
    weights->layout = layout;
    weights->n_tensors = layout->n_tensors;
    const synrl_status status = build(weights);
    if (status != SYNRL_OK) {
        weights_destroy(weights);
        return status;
    }
    *made = weights;
    return SYNRL_OK;
}

void weights_destroy(synrl_weights *weights) {
    if (weights == NULL) {
        return;
    }
    const synrl_host *host = weights->host;
    for (size_t t = 0; weights->tensors != NULL && t < weights->n_tensors; t++) {
        projection_destroy(weights->tensors[t].projection);
        lattice_destroy(weights->tensors[t].lattice);
    }
    for (size_t s = 0; s < weights->n_sources; s++) {
        batch_destroy(weights->sources[s].windows);
    }
    host->free(host, weights->tensors);
    host->free(host, weights->sources);
    host->free(host, weights->negated);
    host->free(host, weights->sums);
    host->free(host, weights);
}

/* Binding -------------------------------------------------------------------------------------- */

static synrl_status make_windows(synrl_weights *weights, struct input_source *source,
                                 const synrl_batch *batch) {
    synrl_batch *windows = source->windows;
    if (windows != NULL && windows_fit(windows, batch, &source->window)) {
        windows_fill(windows, batch, &source->window);
        return SYNRL_OK;
    }
    batch_destroy(windows);
    source->windows = NULL;
    return windows_create(weights->host, batch, &source->window, &source->windows);
}

/* Fails here, where the tensor's name is known; projections only know sizes. */
static synrl_status check_columns(const synrl_weights *weights, size_t t,
                                  const synrl_batch *inputs) {
    const synrl_tensor *tensor = &weights->layout->tensors[t];
    if (tensor->n_columns != inputs->n_inputs) {
        return weights->host->fail(weights->host, SYNRL_INVALID,
                                   "tensor \"%s\" has %zu columns: it reads %zu inputs",
                                   tensor->name, tensor->n_columns, inputs->n_inputs);
    }
    return SYNRL_OK;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static synrl_status bind_tensor(synrl_weights *weights, size_t t, const synrl_batch *batch) {
    struct tensor_weights *tensor = &weights->tensors[t];
    if (tensor->lattice != NULL) {
        lattice_rebase(tensor->lattice);
        return SYNRL_OK;
    }
    const synrl_batch *windows = weights->sources[tensor->source].windows;
    tensor->inputs = windows != NULL ? windows : batch;
    tensor->n_windows = windows != NULL ? windows->n_blocks / batch->n_blocks : 0;
    set_ends(&weights->layout->tensors[t], tensor);
    if (windows != NULL) {
        tensor->first_end = smaller(tensor->first_end, tensor->n_windows);
        tensor->later_end = smaller(tensor->later_end, tensor->n_windows);
    }
    SYNRL_TRY(check_columns(weights, t, tensor->inputs));
    return projection_bind(tensor->projection, tensor->inputs);
}

synrl_status weights_bind(synrl_weights *weights, const synrl_batch *batch) {
    weights->batch = NULL;
    weights->n_binds++;
    for (size_t s = 0; s < weights->n_sources; s++) {
        struct input_source *source = &weights->sources[s];
        if (source->window.kernel_height > 0) {
            SYNRL_TRY(make_windows(weights, source, batch));
        }
    }
    for (size_t t = 0; t < weights->n_tensors; t++) {
        SYNRL_TRY(bind_tensor(weights, t, batch));
    }
    weights->batch = batch;
    return SYNRL_OK;
}

/* Moving --------------------------------------------------------------------------------------- */

static size_t first_of(const synrl_weights *weights, size_t t) {
    return weights->layout->tensors[t].first;
}

void weights_set(synrl_weights *weights, const float *values) {
    for (size_t t = 0; t < weights->layout->n_tensors; t++) {
        struct tensor_weights *tensor = &weights->tensors[t];
        if (tensor->projection != NULL) {
            projection_set(tensor->projection, values + first_of(weights, t));
        } else {
            lattice_set(tensor->lattice, values + first_of(weights, t));
        }
    }
}

void weights_get(const synrl_weights *weights, float *values) {
    for (size_t t = 0; t < weights->layout->n_tensors; t++) {
        const struct tensor_weights *tensor = &weights->tensors[t];
        if (tensor->projection != NULL) {
            projection_get(tensor->projection, values + first_of(weights, t));
        } else {
            memcpy(values + first_of(weights, t), lattice_values(tensor->lattice),
                   tensor->lattice->n * sizeof *values);
        }
    }
}

static bool is_still(const float *delta, size_t n) {
    size_t i = 0;
    while (i < n && !(delta[i] < 0.0F || delta[i] > 0.0F)) {
        i++;
    }
    return i == n;
}

void weights_shift(synrl_weights *weights, const float *delta) {
    for (size_t t = 0; t < weights->layout->n_tensors; t++) {
        struct tensor_weights *tensor = &weights->tensors[t];
        if (is_still(delta + first_of(weights, t), tensor->n_rows * tensor->n_columns)) {
            continue;
        }
        if (tensor->projection != NULL) {
            projection_shift(tensor->projection, delta + first_of(weights, t));
        } else {
            lattice_shift(tensor->lattice, delta + first_of(weights, t));
        }
    }
}

void weights_act(synrl_weights *weights, const int8_t *actions, const float *alphas) {
    for (size_t t = 0; t < weights->layout->n_tensors; t++) {
        synrl_projection *projection = weights->tensors[t].projection;
        if (projection != NULL && alphas[t] > 0.0F) {
            projection_act(projection, actions + first_of(weights, t), alphas[t]);
        } else if (projection != NULL) {
            projection_stay(projection);
        }
    }
    for (size_t t = 0; t < weights->layout->n_tensors; t++) {
        if (weights->tensors[t].lattice != NULL && alphas[t] > 0.0F) {
            lattice_act(weights->tensors[t].lattice, actions + first_of(weights, t), alphas[t]);
        }
    }
}

void weights_undo(synrl_weights *weights, const int8_t *actions, const float *alphas) {
    for (size_t i = 0; i < weights->layout->n_synapses; i++) {
        weights->negated[i] = (int8_t)-actions[i];
    }
    for (size_t t = 0; t < weights->layout->n_tensors; t++) {
        const int8_t *negated = weights->negated + first_of(weights, t);
        const struct tensor_weights *tensor = &weights->tensors[t];
        if (tensor->projection != NULL && alphas[t] > 0.0F) {
            projection_undo(tensor->projection, negated);
        } else if (alphas[t] > 0.0F) {
            lattice_undo(tensor->lattice, negated);
        }
    }
}

static void move_rank_one(const struct tensor_weights *tensor, const struct rank_one *actions,
                          float alpha, bool is_undo) {
    if (tensor->projection != NULL) {
        is_undo ? projection_undo_rank_one(tensor->projection, actions)
                : projection_act_rank_one(tensor->projection, actions, alpha);
    } else if (actions->columns == NULL) { /* a bias */
        is_undo ? lattice_undo(tensor->lattice, actions->rows)
                : lattice_act(tensor->lattice, actions->rows, alpha);
    } else {
        is_undo ? lattice_undo_rank_one(tensor->lattice, actions)
                : lattice_act_rank_one(tensor->lattice, actions, alpha);
    }
}

static void move_all_rank_one(synrl_weights *weights, const int8_t *rows, const int8_t *columns,
                              const float *alphas, bool is_undo) {
    for (size_t t = 0; t < weights->layout->n_tensors; t++) {
        const struct tensor_weights *tensor = &weights->tensors[t];
        const bool is_bias = weights->layout->tensors[t].is_bias;
        const struct rank_one actions = {tensor->n_rows, tensor->n_columns, rows,
                                         is_bias ? NULL : columns};
        if (alphas[t] > 0.0F) {
            move_rank_one(tensor, &actions, alphas[t], is_undo);
        } else if (tensor->projection != NULL) {
            projection_stay(tensor->projection);
        }
        rows += tensor->n_rows;
        columns += is_bias ? 0 : tensor->n_columns;
    }
}

void weights_act_rank_one(synrl_weights *weights, const int8_t *rows, const int8_t *columns,
                          const float *alphas) {
    move_all_rank_one(weights, rows, columns, alphas, false);
}

/* The opposite rows make the opposite actions. */
void weights_undo_rank_one(synrl_weights *weights, const int8_t *rows, const int8_t *columns,
                           const float *alphas) {
    size_t n_rows = 0; /* at most n_synapses */
    for (size_t t = 0; t < weights->layout->n_tensors; t++) {
        n_rows += weights->tensors[t].n_rows;
    }
    for (size_t i = 0; i < n_rows; i++) {
        weights->negated[i] = (int8_t)-rows[i];
    }
    move_all_rank_one(weights, weights->negated, columns, alphas, true);
}

void weights_last_actions(const synrl_weights *weights, int8_t *actions) {
    for (size_t t = 0; t < weights->layout->n_tensors; t++) {
        const struct tensor_weights *tensor = &weights->tensors[t];
        int8_t *own = actions + weights->layout->tensors[t].first;
        if (tensor->projection != NULL) {
            projection_last_actions(tensor->projection, own);
        } else {
            lattice_last_actions(tensor->lattice, own);
        }
    }
}

/* State: the tensors', one after another ------------------------------------------------------- */

static size_t tensor_state_size(const struct tensor_weights *tensor) {
    return tensor->projection != NULL ? projection_state_size(tensor->projection)
                                      : lattice_state_size(tensor->lattice);
}

size_t weights_state_size(const synrl_weights *weights) {
    size_t size = 0;
    for (size_t t = 0; t < weights->layout->n_tensors; t++) {
        size += tensor_state_size(&weights->tensors[t]);
    }
    return size;
}

void weights_save(const synrl_weights *weights, void *state) {
    char *to = state;
    for (size_t t = 0; t < weights->layout->n_tensors; t++) {
        const struct tensor_weights *tensor = &weights->tensors[t];
        if (tensor->projection != NULL) {
            projection_save(tensor->projection, to);
        } else {
            lattice_save(tensor->lattice, to);
        }
        to += tensor_state_size(tensor);
    }
}

synrl_status weights_load(synrl_weights *weights, const void *state, size_t size) {
    const char *from = state;
    if (size != weights_state_size(weights)) {
        return weights->host->fail(weights->host, SYNRL_INVALID,
                                   "a saved network of %zu bytes: must be %zu", size,
                                   weights_state_size(weights));
    }
    for (size_t t = 0; t < weights->layout->n_tensors; t++) {
        struct tensor_weights *tensor = &weights->tensors[t];
        const size_t n = tensor_state_size(tensor);
        SYNRL_TRY(tensor->projection != NULL ? projection_load(tensor->projection, from, n)
                                             : lattice_load(tensor->lattice, from, n));
        from += n;
    }
    return SYNRL_OK;
}

void weights_set_pass(synrl_weights *weights, const synrl_pass *pass, size_t scratch_size) {
    weights->pass = *pass;
    weights->scratch_size = scratch_size;
}

synrl_status weights_check(synrl_weights *weights) {
    const char *misuse = atomic_exchange(&weights->misuse, NULL);
    if (misuse == NULL) {
        return SYNRL_OK;
    }
    const size_t t = atomic_load(&weights->misused);
    const bool is_known = t < weights->n_tensors;
    return weights->host->fail(weights->host, SYNRL_INVALID, "units of tensor %zu (%s): %s", t,
                               is_known ? weights->layout->tensors[t].name : "not in the layout",
                               misuse);
}
