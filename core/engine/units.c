/* SPDX-License-Identifier: MIT */
/* The units of a layer. A model's arguments are checked against its layout before anything is read;
 * a worker cannot fail, so the weights keep the error until weights_check. */
#include "engine/units.h"

#include <math.h>

#include "engine/watch.h"
#include "engine/weights_private.h"

/* Whether a source can be the k-th of a group of n_rows units. */
static bool source_fits(const synrl_weights *weights, const synrl_source *source, size_t k,
                        size_t n_rows) {
    if (source->tensor >= weights->n_tensors) {
        return false;
    }
    const struct tensor_weights *tensor = &weights->tensors[source->tensor];
    return tensor->n_rows == n_rows && (tensor->projection != NULL) == (source->x == NULL) &&
           source->position < (k == 0 ? tensor->first_end : tensor->later_end);
}

static bool call_fits(const synrl_weights *weights, size_t n_sources, const synrl_source *sources,
                      int bias, size_t n_rows) {
    for (size_t k = 0; k < n_sources; k++) {
        if (!source_fits(weights, &sources[k], k, n_rows)) {
            return false;
        }
    }
    return n_rows > 0 &&
           (bias == SYNRL_NO_TENSOR || ((size_t)bias < weights->n_tensors &&
                                        weights->tensors[(size_t)bias].bias_rows == n_rows));
}

/* How many units a call is about; 0 where its first source is none. */
static size_t count_rows(const synrl_weights *weights, size_t n_sources,
                         const synrl_source *sources) {
    const bool is_known = n_sources > 0 && sources[0].tensor < weights->n_tensors;
    return is_known ? weights->tensors[sources[0].tensor].n_rows : 0;
}

/* Misuse --------------------------------------------------------------------------------------- */

static const char *source_misuse(const synrl_weights *weights, const synrl_source *source, size_t k,
                                 size_t n_rows) {
    if (source->tensor >= weights->n_tensors) {
        return "there is no such tensor";
    }
    const synrl_tensor *tensor = &weights->layout->tensors[source->tensor];
    if (tensor->is_bias) {
        return "a bias is not a source";
    }
    if (tensor->n_rows != n_rows) {
        return "sources must have the same number of rows";
    }
    if (tensor->reads_inputs && source->x != NULL) {
        return "x must be NULL for a tensor that reads the inputs";
    }
    if (!tensor->reads_inputs && source->x == NULL) {
        return "x is NULL, and the tensor does not read the inputs";
    }
    return k > 0 && !tensor->is_later_source
               ? "must be declared is_later_source to be added to another"
               : "position must be below the tensor's n_positions, and the number of windows";
}

/* Keeps what is wrong with a call that does not fit, until the host asks. */
__attribute__((cold, noinline)) static void note_misuse(synrl_weights *weights, size_t n_sources,
                                                        const synrl_source *sources, int bias,
                                                        size_t n_rows) {
    const char *misuse = "a bias must be a tensor with is_bias, of the sources' rows, one column";
    size_t tensor = (size_t)bias;
    for (size_t k = n_sources; k-- > 0;) { /* the first one is reported */
        if (!source_fits(weights, &sources[k], k, n_rows)) {
            misuse = source_misuse(weights, &sources[k], k, n_rows);
            tensor = sources[k].tensor;
        }
    }
    atomic_store(&weights->misused, tensor);
    atomic_store(&weights->misuse, n_sources > 0 ? misuse : "there must be at least one source");
}

/* Sums ----------------------------------------------------------------------------------------- */

static void source_sum(const synrl_pass *pass, const synrl_source *source, const float *bias,
                       float *sum) {
    const struct tensor_weights *tensor = &pass->weights->tensors[source->tensor];
    if (tensor->projection != NULL) {
        projection_values(tensor->projection, input_block(tensor, pass->block, source->position),
                          bias, sum);
    } else {
        tensor->lattice->kernels->affine(tensor->n_rows, tensor->n_columns,
                                         lattice_values(tensor->lattice), bias, source->x, sum);
    }
}

static void add_later_sources(const synrl_pass *pass, size_t n_sources, const synrl_source *sources,
                              const float *bias, size_t n_rows, float *z) {
    const synrl_weights *weights = pass->weights;
    float *sum = weights->sums + pass->worker * weights->sum_size;
    for (size_t k = 1; k < n_sources; k++) {
        source_sum(pass, &sources[k], NULL, sum);
        for (size_t i = 0; i < n_rows * SYNRL_LANES; i++) {
            z[i] += sum[i];
        }
    }
    for (size_t i = 0; bias != NULL && i < n_rows * SYNRL_LANES; i++) {
        z[i] += bias[i / SYNRL_LANES];
    }
}

void units(const synrl_pass *pass, size_t n_sources, const synrl_source *sources, int bias,
           const synrl_activation *f, float *y) {
    const synrl_weights *weights = pass->weights;
    struct watch *watch = pass->context;
    const size_t n_rows = count_rows(weights, n_sources, sources);
    if (!call_fits(weights, n_sources, sources, bias, n_rows)) {
        /* A note is the one thing about weights that a pass may change. */
        note_misuse((synrl_weights *)weights, n_sources, sources, bias, n_rows);
        for (size_t i = 0; i < n_rows * SYNRL_LANES; i++) {
            y[i] = NAN;
        }
        return;
    }
    const float *biases =
        bias != SYNRL_NO_TENSOR ? lattice_values(weights->tensors[bias].lattice) : NULL;
    source_sum(pass, &sources[0], n_sources == 1 ? biases : NULL, y);
    if (n_sources > 1) {
        add_later_sources(pass, n_sources, sources, biases, n_rows, y);
    }
    if (watch != NULL) {
        watch_before(watch, pass, sources, y);
    }
    if (f != NULL) {
        synrl_activation_apply(f, n_rows * SYNRL_LANES, y, y);
    }
    if (watch != NULL) {
        watch_after(watch, pass, n_sources, sources, bias, f, y);
    }
}
