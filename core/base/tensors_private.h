/* SPDX-License-Identifier: MIT */
/* Shared by the readers of weights. */
#ifndef TENSORS_PRIVATE_H
#define TENSORS_PRIVATE_H

#include "base/tensors.h"

/* A file in memory, and what has been read of it. */
struct tensors_source {
    struct core *core;
    const char *path;
    const char *bytes;
    size_t size;
    struct tensors *tensors;
    size_t capacity, value_capacity; /* of tensors->items and tensors->values */
};

/* Fails with "PATH: tensor "NAME" ...". */
#define FAIL_TENSOR(source, name, format, ...)                                               \
    core_fail((source)->core, SYNRL_INVALID, "%s: tensor \"%.80s\" " format, (source)->path, \
              (name), __VA_ARGS__)

/* Adds a tensor of n_sizes sizes, 1 or 2, in front of its values. */
synrl_status tensors_add(struct tensors_source *source, const char *name, size_t n_sizes,
                         const size_t *sizes);
/* Room for n more values; they are the last of tensors->values. */
synrl_status tensors_extend(struct tensors_source *source, size_t n, float **values);
/* A value as a float; false where it is none that is finite. */
bool tensors_take(double value, float *taken);

synrl_status tensors_read_npz(struct tensors_source *source);
synrl_status tensors_read_safetensors(struct tensors_source *source);

#endif
