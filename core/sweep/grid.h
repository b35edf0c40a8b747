/* SPDX-License-Identifier: MIT */
/* The grid of a sweep. */
#ifndef GRID_H
#define GRID_H

#include <jansson.h>

/* The list of a grid's cells: {"n": [1, 2], "seed": [1, 2]} has four; keys in alphabetical order,
 * the last one fastest, and "seed" after all others. */
json_t *sweep_cells(const json_t *grid);

#endif
