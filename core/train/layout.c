/* SPDX-License-Identifier: MIT */
/* Layouts. Invariant: the tensors that were added follow one another without gaps, and each has a
 * name of its own. */
#include "train/layout.h"

#include <string.h>

enum { NAME_MAX_LENGTH = 63 };

static synrl_status refuse(const struct layout_builder *builder, const char *name,
                           const char *what) {
    const synrl_host *host = builder->refuses;
    return host->fail(host, SYNRL_INVALID, "tensor \"%s\" %s", name, what);
}

static synrl_status check_name(const struct layout_builder *builder, const char *name) {
    const synrl_host *host = builder->refuses;
    if (name == NULL) {
        return host->fail(host, SYNRL_INVALID, "tensor %zu has no name",
                          builder->layout.n_tensors + 1);
    }
    const size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.");
    if (length < 1 || length > NAME_MAX_LENGTH || name[length] != '\0') {
        return refuse(builder, name,
                      "must be named by 1 to 63 lower-case letters, digits, _ and .");
    }
    for (size_t t = 0; t < builder->layout.n_tensors; t++) {
        if (strcmp(builder->tensors[t].name, name) == 0) {
            return refuse(builder, name, "is added twice");
        }
    }
    return SYNRL_OK;
}

static size_t positions_along(size_t size, size_t kernel, size_t stride) {
    return (size - kernel) / stride + 1;
}

/* How many windows a sample has; 0 where they do not fit the inputs. */
static size_t count_windows(const synrl_window *window, size_t n_inputs) {
    const size_t sizes[] = {window->height, window->width, window->channels};
    size_t n = 1;
    for (size_t i = 0; i < 3; i++) {
        if (sizes[i] < 1 || sizes[i] > n_inputs / n) {
            return 0;
        }
        n *= sizes[i];
    }
    if (n != n_inputs || window->kernel_height < 1 || window->kernel_height > window->height ||
        window->kernel_width < 1 || window->kernel_width > window->width ||
        window->stride_height < 1 || window->stride_width < 1) {
        return 0;
    }
    return positions_along(window->height, window->kernel_height, window->stride_height) *
           positions_along(window->width, window->kernel_width, window->stride_width);
}

static synrl_status check_inputs(const struct layout_builder *builder, synrl_tensor *tensor) {
    const synrl_host *host = builder->refuses;
    const synrl_window *window = &tensor->window;
    const size_t n_inputs = builder->layout.n_inputs;
    const bool has_window = window->kernel_height > 0;
    const size_t n_windows = has_window ? count_windows(window, n_inputs) : 1;
    if (n_windows == 0) {
        return host->fail(host, SYNRL_INVALID,
                          "tensor \"%s\" reads windows of %zu x %zu in steps of %zu x %zu over "
                          "%zu x %zu x %zu: the data has %zu inputs, and windows must lie inside",
                          tensor->name, window->kernel_height, window->kernel_width,
                          window->stride_height, window->stride_width, window->height,
                          window->width, window->channels, n_inputs);
    }
    const size_t n_read =
        has_window ? window->kernel_height * window->kernel_width * window->channels : n_inputs;
    if (tensor->n_columns != n_read) {
        return host->fail(host, SYNRL_INVALID,
                          "tensor \"%s\" has %zu columns: must be %zu, what it "
                          "reads of the inputs",
                          tensor->name, tensor->n_columns, n_read);
    }
    if (tensor->n_positions != 0 && tensor->n_positions != n_windows) {
        return host->fail(host, SYNRL_INVALID,
                          "tensor \"%s\" has %zu positions: must be %zu, one "
                          "per window",
                          tensor->name, tensor->n_positions, n_windows);
    }
    tensor->n_positions = n_windows;
    return SYNRL_OK;
}

static synrl_status check_shape(const struct layout_builder *builder, const synrl_tensor *tensor) {
    if (tensor->n_rows < 1 || tensor->n_columns < 1 ||
        tensor->n_rows > UINT32_MAX / tensor->n_columns ||
        tensor->n_rows * tensor->n_columns > UINT32_MAX - builder->layout.n_synapses) {
        return refuse(builder, tensor->name,
                      "must have at least 1 row and 1 column, and all tensors fewer than 2^32 "
                      "synapses");
    }
    if (tensor->layer < 1) {
        return refuse(builder, tensor->name, "is of layer 0: the first is 1");
    }
    if (tensor->is_bias && (tensor->n_columns != 1 || tensor->reads_inputs)) {
        return refuse(builder, tensor->name, "is a bias: it must have one column, and no inputs");
    }
    return SYNRL_OK;
}

/* Numbers its synapses and units. */
static synrl_status place(struct layout_builder *builder, synrl_tensor *tensor) {
    synrl_layout *layout = &builder->layout;
    tensor->first = layout->n_synapses;
    tensor->first_unit = layout->n_units;
    layout->n_synapses += tensor->n_rows * tensor->n_columns;
    if (tensor->is_bias || tensor->is_later_source) {
        tensor->n_positions = 0;
        return SYNRL_OK;
    }
    tensor->n_positions = tensor->n_positions > 0 ? tensor->n_positions : 1;
    if (tensor->n_positions > UINT32_MAX / tensor->n_rows ||
        tensor->n_positions * tensor->n_rows > UINT32_MAX - layout->n_units) {
        return refuse(builder, tensor->name,
                      "drives too many units: there must be fewer than 2^32");
    }
    layout->n_units += tensor->n_positions * tensor->n_rows;
    return SYNRL_OK;
}

static synrl_status keep(struct layout_builder *builder, const synrl_tensor *tensor) {
    const synrl_host *host = &builder->host->api;
    const size_t n = builder->layout.n_tensors;
    if (n == builder->capacity) {
        synrl_tensor *larger;
        SYNRL_TRY(SYNRL_NEW(host, larger, 2 * n + 8));
        if (n > 0) {
            memcpy(larger, builder->tensors, n * sizeof *larger);
        }
        host->free(host, builder->tensors);
        builder->tensors = larger;
        builder->capacity = 2 * n + 8;
    }
    char *name;
    SYNRL_TRY(SYNRL_NEW(host, name, strlen(tensor->name) + 1));
    memcpy(name, tensor->name, strlen(tensor->name));
    builder->tensors[n] = *tensor;
    builder->tensors[n].name = name;
    builder->layout.n_tensors++;
    return SYNRL_OK;
}

static synrl_status add_whole(struct layout_builder *builder, synrl_tensor *tensor,
                              size_t *number) {
    SYNRL_TRY(check_name(builder, tensor->name));
    if (tensor->reads_inputs && !tensor->is_bias) { /* first: data of another shape is seen here */
        SYNRL_TRY(check_inputs(builder, tensor));
    }
    SYNRL_TRY(check_shape(builder, tensor));
    SYNRL_TRY(place(builder, tensor));
    if (number != NULL) {
        *number = builder->layout.n_tensors;
    }
    return keep(builder, tensor);
}

synrl_status layout_add(struct layout_builder *builder, const synrl_host *host,
                        const synrl_tensor *tensor, size_t tensor_size, size_t *number) {
    synrl_tensor whole = {.name = NULL};
    memcpy(&whole, tensor, tensor_size < sizeof whole ? tensor_size : sizeof whole);
    builder->refuses = host;
    return add_whole(builder, &whole, number);
}

static synrl_status add(synrl_layout_builder *api, const synrl_tensor *tensor, size_t *number) {
    struct layout_builder *builder = api->context;
    return layout_add(builder, &builder->host->api, tensor, builder->given_size, number);
}

void layout_begin(struct layout_builder *builder, struct host *host, const synrl_shape *shape,
                  size_t tensor_size) {
    *builder = (struct layout_builder){
        .api = {.size = sizeof(synrl_layout_builder),
                .context = builder,
                .n_outputs = shape->n_targets > 0 ? shape->n_targets : shape->n_classes,
                .add = add},
        .host = host,
        .n_targets = shape->n_targets > 0 ? shape->n_targets : shape->n_classes,
        .given_size = tensor_size,
        .layout = {.size = sizeof(synrl_layout),
                   .tensor_size = sizeof(synrl_tensor),
                   .n_inputs = shape->n_inputs}};
}

synrl_status layout_end(struct layout_builder *builder, synrl_layout *layout) {
    const synrl_host *host = &builder->host->api;
    if (builder->layout.n_tensors == 0) {
        return host->fail(host, SYNRL_INVALID, "has no tensors: its create must add them");
    }
    if (builder->api.n_outputs < 1 || builder->api.n_outputs > INT32_MAX) {
        return host->fail(host, SYNRL_INVALID,
                          "has %zu outputs: its create must set n_outputs, "
                          "1 .. 2^31 - 1",
                          builder->api.n_outputs);
    }
    builder->layout.n_outputs = builder->api.n_outputs;
    builder->layout.tensors = builder->tensors;
    *layout = builder->layout;
    return SYNRL_OK;
}
