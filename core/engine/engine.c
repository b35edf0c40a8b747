/* SPDX-License-Identifier: MIT */
/* The engine's table of functions for models. */
#include "engine/engine.h"

#include <string.h>

#include "engine/batch.h"
#include "engine/isa.h"
#include "engine/units.h"
#include "engine/weights_private.h"
#include "engine/windows.h"

static const float *tensor_values(const synrl_weights *weights, size_t tensor) {
    const bool has_values =
        tensor < weights->layout->n_tensors && weights->tensors[tensor].lattice != NULL;
    return has_values ? lattice_values(weights->tensors[tensor].lattice) : NULL;
}

/* Of the size that the caller knows. */
static void begin_pass(const synrl_weights *weights, size_t worker, size_t block,
                       synrl_pass *pass) {
    synrl_pass made = weights->pass;
    made.size = pass->size < sizeof made ? pass->size : (uint32_t)sizeof made;
    made.worker = worker;
    made.block = block;
    if (made.scratch != NULL) {
        made.scratch += worker * weights->scratch_size;
        made.layer_scratch += worker * weights->scratch_size;
    }
    memcpy(pass, &made, made.size);
}

static void affine(size_t n_outputs, size_t n_inputs, const float *weights, const float *bias,
                   const float *x, float *z) {
    kernels_in_use()->affine(n_outputs, n_inputs, weights, bias, x, z);
}

const synrl_engine_api engine_api = {
    .size = sizeof(synrl_engine_api),
    .batch_samples = batch_samples,
    .batch_blocks = batch_blocks,
    .batch_inputs = batch_inputs,
    .batch_values = batch_values,
    .batch_rows = batch_rows,
    .batch_windows = windows_create,
    .units = units,
    .tensor_values = tensor_values,
    .weights_get = weights_get,
    .affine = affine,
    .begin_pass = begin_pass,
};
