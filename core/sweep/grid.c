/* SPDX-License-Identifier: MIT */
/* A grid of parameters as the list of its cells. */
#include "sweep/grid.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

/* One parameter of the grid. */
struct axis {
    const char *name;
    json_t *values; /* without repetitions */
};

static int compare_axes(const void *a, const void *b) {
    const struct axis *left = a, *right = b;
    const int left_seed = strcmp(left->name, "seed") == 0;
    const int right_seed = strcmp(right->name, "seed") == 0;
    return left_seed != right_seed ? left_seed - right_seed : strcmp(left->name, right->name);
}

/* The values, each once; NULL: no memory. */
static json_t *distinct(const json_t *values) {
    json_t *list = json_array(), *seen = json_object();
    bool is_whole = list != NULL && seen != NULL;
    for (size_t i = 0; is_whole && i < json_array_size(values); i++) {
        json_t *value = json_array_get(values, i);
        char *key = json_dump_whole(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
        is_whole = key != NULL;
        if (is_whole && json_object_get(seen, key) == NULL) {
            is_whole = json_array_append(list, value) == 0 &&
                       json_object_set_new(seen, key, json_true()) == 0;
        }
        free(key);
    }
    json_decref(seen);
    if (!is_whole) {
        json_decref(list);
        return NULL;
    }
    return list;
}

/* Cell number `index`: its digits, in the mixed radix of the lists' lengths. NULL: no memory. */
static json_t *cell_of(size_t n, const struct axis *axes, size_t n_cells, size_t index) {
    json_t *cell = json_object();
    for (size_t k = 0; k < n; k++) {
        const size_t size = json_array_size(axes[k].values);
        n_cells /= size;
        json_t *value = json_array_get(axes[k].values, index / n_cells % size);
        if (json_object_set(cell, axes[k].name, value) != 0) {
            json_decref(cell);
            return NULL;
        }
    }
    return cell;
}

static synrl_status multiply(struct core *core, size_t n, const struct axis *axes,
                             size_t *n_cells) {
    *n_cells = 1;
    for (size_t k = 0; k < n; k++) {
        const size_t size = json_array_size(axes[k].values);
        if (size > 0 && *n_cells > SWEEP_CELLS_MAX / size) {
            return core_fail(
                core, SYNRL_INVALID,
                "a sweep has at most %d cells, and these values have more combinations",
                SWEEP_CELLS_MAX);
        }
        *n_cells *= size;
    }
    return SYNRL_OK;
}

static bool read_axes(const json_t *grid, struct axis *axes) {
    const char *name;
    json_t *values;
    size_t k = 0;
    bool is_whole = true;
    json_object_foreach((json_t *)grid, name, values) {
        axes[k] = (struct axis){name, distinct(values)};
        is_whole = is_whole && axes[k++].values != NULL;
    }
    return is_whole;
}

static synrl_status make_cells(struct core *core, size_t n, const struct axis *axes,
                               json_t *cells) {
    size_t n_cells;
    SYNRL_TRY(multiply(core, n, axes, &n_cells));
    for (size_t i = 0; i < n_cells; i++) {
        if (json_array_append_new(cells, cell_of(n, axes, n_cells, i)) != 0) {
            return core_fail(core, SYNRL_NO_MEMORY, "not enough memory for %zu cells", n_cells);
        }
    }
    return SYNRL_OK;
}

synrl_status sweep_cells(struct core *core, const json_t *grid, json_t **cells) {
    const size_t n = json_object_size(grid);
    struct axis *axes = core_alloc(core, n + 1, sizeof *axes);
    synrl_status status = SYNRL_NO_MEMORY;
    *cells = json_array();
    if (axes != NULL) {
        if (*cells == NULL || !read_axes(grid, axes)) {
            status = core_fail(core, SYNRL_NO_MEMORY, "not enough memory for the grid of a sweep");
        } else {
            qsort(axes, n, sizeof *axes, compare_axes);
            status = make_cells(core, n, axes, *cells);
        }
        for (size_t k = 0; k < n; k++) {
            json_decref(axes[k].values);
        }
        core_free(core, axes);
    }
    if (status != SYNRL_OK) {
        json_decref(*cells);
        *cells = NULL;
    }
    return status;
}
