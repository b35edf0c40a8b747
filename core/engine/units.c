/* The units of a layer. What a model hands over is checked against its layout before anything is
 * read; a worker has no way to fail, so the weights keep what was wrong until they are asked. */
#include "engine/units.h"

#include <math.h>

#include "engine/watch.h"
#include "engine/weights_private.h"

static size_t first_rows(const synrl_pass *pass, const synrl_source *sources) {
    return pass->weights->layout->tensors[sources[0].tensor].n_rows;
}

static const char *source_misuse(const synrl_weights *weights, const synrl_source *source,
                                 size_t n_rows, bool is_first) {
    const synrl_tensor *tensor = &weights->layout->tensors[source->tensor];
    if (tensor->is_bias) {
        return "a bias is no source";
    }
    if (tensor->n_rows != n_rows) {
        return "sources must have the same number of rows";
    }
    if (tensor->reads_inputs != (source->x == NULL)) {
        return tensor->reads_inputs ? "x must be NULL for a tensor that reads the inputs"
                                    : "x is NULL, and the tensor does not read the inputs";
    }
    if (is_first ? source->position >= tensor_positions(tensor) : !tensor->is_later_source) {
        return is_first ? "position must be below the tensor's n_positions"
                        : "must be declared is_later_source to be added to another";
    }
    if (tensor->reads_inputs && tensor->window.kernel_height > 0) {
        const synrl_batch *inputs = weights_inputs(weights, source->tensor);
        if (source->position >= inputs->n_blocks / weights->batch->n_blocks) {
            return "position must be below the number of windows";
        }
    }
    return NULL;
}

/* NULL where all is well; *tensor: the one at fault. */
static const char *find_misuse(const synrl_pass *pass, size_t n_sources,
                               const synrl_source *sources, int bias, size_t *tensor) {
    const synrl_weights *weights = pass->weights;
    const synrl_layout *layout = weights->layout;
    *tensor = SIZE_MAX;
    if (n_sources < 1) {
        return "there must be at least one source";
    }
    for (size_t k = 0; k < n_sources; k++) {
        *tensor = sources[k].tensor;
        if (*tensor >= layout->n_tensors) {
            return "there is no such tensor";
        }
        const char *misuse = source_misuse(weights, &sources[k], first_rows(pass, sources), k == 0);
        if (misuse != NULL) {
            return misuse;
        }
    }
    if (bias != SYNRL_NO_TENSOR) {
        *tensor = (size_t)bias;
        if (bias < 0 || *tensor >= layout->n_tensors) {
            return "there is no such tensor, to be the bias";
        }
        const synrl_tensor *biases = &layout->tensors[bias];
        if (biases->n_rows != first_rows(pass, sources) || biases->n_columns != 1 ||
            biases->reads_inputs) {
            return "a bias must have is_bias, the rows of the sources, one column, and read no "
                   "inputs";
        }
    }
    return NULL;
}

static void source_sum(const synrl_pass *pass, const synrl_source *source, const float *bias,
                       float *sum) {
    const synrl_weights *weights = pass->weights;
    const struct tensor_weights *tensor = &weights->tensors[source->tensor];
    const synrl_tensor *shape = &weights->layout->tensors[source->tensor];
    if (tensor->projection == NULL) {
        kernels_in_use()->affine(shape->n_rows, shape->n_columns, lattice_values(tensor->lattice),
                                 bias, source->x, sum);
        return;
    }
    const synrl_batch *inputs = weights_inputs(weights, source->tensor);
    projection_values(tensor->projection,
                      weights_input_block(weights, inputs, pass->block, source->position), bias,
                      sum);
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

/* The host made the weights, and only it hands out passes over them: the note of a misuse is the
 * one thing about them that a pass changes. */
static void note_misuse(synrl_weights *weights, const char *misuse, size_t tensor) {
    atomic_store(&weights->misused, tensor);
    atomic_store(&weights->misuse, misuse);
}

static void fill_nan(const synrl_weights *weights, size_t tensor, float *y) {
    const synrl_layout *layout = weights->layout;
    const size_t n_rows = tensor < layout->n_tensors ? layout->tensors[tensor].n_rows : 0;
    for (size_t i = 0; i < n_rows * SYNRL_LANES; i++) {
        y[i] = NAN;
    }
}

void units(const synrl_pass *pass, size_t n_sources, const synrl_source *sources, int bias,
           const synrl_activation *f, float *y) {
    const synrl_weights *weights = pass->weights;
    struct watch *watch = pass->context;
    size_t tensor;
    const char *misuse = find_misuse(pass, n_sources, sources, bias, &tensor);
    if (misuse != NULL) {
        note_misuse((synrl_weights *)weights, misuse, tensor);
        fill_nan(weights, n_sources > 0 ? sources[0].tensor : SIZE_MAX, y);
        return;
    }
    const size_t n_rows = first_rows(pass, sources);
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
