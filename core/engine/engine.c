/* The engine's table of functions for models. */
#include "engine/engine.h"

#include "engine/batch.h"
#include "engine/isa.h"
#include "engine/lattice.h"
#include "engine/projection.h"

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
    .projection_create = projection_create,
    .projection_destroy = projection_destroy,
    .projection_bind = projection_bind,
    .projection_set = projection_set,
    .projection_get = projection_get,
    .projection_act = projection_act,
    .projection_shift = projection_shift,
    .projection_values = projection_values,
    .projection_state_size = projection_state_size,
    .projection_save = projection_save,
    .projection_load = projection_load,
    .lattice_create = lattice_create,
    .lattice_destroy = lattice_destroy,
    .lattice_values = lattice_values,
    .lattice_set = lattice_set,
    .lattice_act = lattice_act,
    .lattice_shift = lattice_shift,
    .lattice_rebase = lattice_rebase,
    .lattice_state_size = lattice_state_size,
    .lattice_save = lattice_save,
    .lattice_load = lattice_load,
    .affine = affine,
};
