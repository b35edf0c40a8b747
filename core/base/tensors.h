/* SPDX-License-Identifier: MIT */
/* Named arrays of weights, and the files they are kept in: NumPy's NPZ, and safetensors. */
#ifndef TENSORS_H
#define TENSORS_H

#include "base/core.h"

enum { TENSOR_NAME_SIZE = 64 };

struct tensor {
    char name[TENSOR_NAME_SIZE];
    size_t first;             /* index of its first value */
    size_t n_rows, n_columns; /* n_columns 0: a vector of n_rows */
};

/* One after another, without gaps. All zero: none. */
struct tensors {
    size_t n, n_values;
    struct tensor *items; /* [n] */
    float *values;        /* [n_values], row after row; NULL: not known */
    char *from;           /* the file that they were read from, for messages, or NULL */
};

void tensors_free(struct core *core, struct tensors *tensors);
/* Room for n of them, to be freed by tensors_free; their values are the caller's to add. */
synrl_status tensors_new(struct core *core, size_t n, struct tensors *tensors);
/* The number of values of a tensor. */
size_t tensor_size(const struct tensor *tensor);
/* NULL where none has the name. */
const struct tensor *tensors_find(const struct tensors *tensors, const char *name);

/* Reads a file of floats of any width, whichever of the two formats it is in. SYNRL_INVALID, naming
 * file and tensor, for what is neither, and for a value that is no finite float. */
synrl_status tensors_read(struct core *core, const char *path, struct tensors *tensors);
/* Writes float32 in the format of the path's ending, .npz or .safetensors; equal tensors give equal
 * bytes. is_output: to a path that a user gave (draft_begin_output). */
synrl_status tensors_write(struct core *core, const char *path, const struct tensors *tensors,
                           bool is_output);

#endif
