/* SPDX-License-Identifier: MIT */
/* Arrays for NumPy: a zip file of .npy arrays. Equal arrays give equal bytes. */
#ifndef NPZ_H
#define NPZ_H

#include "base/core.h"

struct npz_array {
    const char *name; /* as in numpy.load(path)[name] */
    const float *values;
    size_t n_rows, n_columns; /* n_columns 0: a vector of n_rows */
    const double *doubles;    /* replaces `values` with float64; or NULL */
};

/* Writes the file completely or not at all. */
synrl_status npz_write(struct core *core, const char *path, size_t n_arrays,
                       const struct npz_array *arrays);
/* The same for a path that a user gives: by draft_begin_output. */
synrl_status npz_output(struct core *core, const char *path, size_t n_arrays,
                        const struct npz_array *arrays);

#endif
