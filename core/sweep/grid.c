/* SPDX-License-Identifier: MIT */
/* A grid of parameters as the list of its cells. */
#include "sweep/grid.h"

#include <stdlib.h>
#include <string.h>

static int compare_names(const void *a, const void *b) {
    const char *const *left = a, *const *right = b;
    const int left_seed = strcmp(*left, "seed") == 0, right_seed = strcmp(*right, "seed") == 0;
    return left_seed != right_seed ? left_seed - right_seed : strcmp(*left, *right);
}

/* Cell number `index`: its digits, in the mixed radix of the lists' lengths. */
static json_t *cell_of(const json_t *grid, size_t n, const char *const *names, size_t index) {
    json_t *cell = json_object();
    size_t part = 1;
    for (size_t k = 0; k < n; k++) {
        part *= json_array_size(json_object_get(grid, names[k]));
    }
    for (size_t k = 0; k < n; k++) {
        const json_t *values = json_object_get(grid, names[k]);
        part /= json_array_size(values);
        json_object_set(cell, names[k],
                        json_array_get(values, index / part % json_array_size(values)));
    }
    return cell;
}

json_t *sweep_cells(const json_t *grid) {
    const size_t n = json_object_size(grid);
    const char **names = calloc(n + 1, sizeof *names), *name;
    json_t *values, *cells = json_array();
    size_t k = 0, n_cells = 1;
    if (names == NULL || cells == NULL) {
        free(names);
        json_decref(cells);
        return NULL;
    }
    json_object_foreach((json_t *)grid, name, values) {
        names[k++] = name;
        n_cells *= json_array_size(values);
    }
    qsort(names, n, sizeof *names, compare_names);
    for (size_t i = 0; i < n_cells; i++) {
        json_array_append_new(cells, cell_of(grid, n, names, i));
    }
    free(names);
    return cells;
}
