/* SPDX-License-Identifier: MIT */
/* The grid of a sweep. */
#ifndef GRID_H
#define GRID_H

#include <jansson.h>

#include "base/core.h"

/* A sweep has at most so many cells, and an option at most so many values. */
enum { SWEEP_CELLS_MAX = 100000 };

/* The list of a grid's cells: {"n": [1, 2], "seed": [1, 2]} has four; keys in alphabetical order,
 * the last one fastest, and "seed" after all others. A value that is listed twice counts once.
 * *cells is the caller's reference. SYNRL_INVALID for too many cells, before one is made. */
synrl_status sweep_cells(struct core *core, const json_t *grid, json_t **cells);

#endif
