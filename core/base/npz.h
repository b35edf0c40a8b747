/* Arrays for NumPy: a zip file of .npy arrays. The same arrays give the same bytes. */
#ifndef NPZ_H
#define NPZ_H

#include "base/core.h"

struct npz_array {
    const char *name; /* what numpy.load(path)[name] gives */
    const float *values;
    size_t n_rows, n_columns; /* n_columns 0: a vector of n_rows */
    const double *doubles;    /* in the place of `values`: float64; or NULL */
};

/* Written whole or not at all. */
synrl_status npz_write(struct core *core, const char *path, size_t n_arrays,
                       const struct npz_array *arrays);

#endif
