/* SPDX-License-Identifier: MIT */
/* Actions of rank one: in row i and column j, rows[i] * columns[j]. Sums over columns then move by
 * one column: sum_j rows[i] columns[j] x_j = rows[i] * sum_j columns[j] x_j. */
#ifndef RANK_ONE_H
#define RANK_ONE_H

#include "engine/kernels.h"

/* Both in {-1, 0, 1}. */
struct rank_one {
    size_t n_rows, n_columns;
    const int8_t *rows, *columns;
};

/* Advances the counters of the synapses first .. end - 1 of counters [n_rows][n_columns]. */
void rank_one_advance(const struct rank_one *act, const struct kernels *kernels, size_t first,
                      size_t end, int16_t *counters);
/* sums [n_blocks][n_rows][16] += groups . actions, for at most TILE_BLOCKS blocks whose groups are
 * consecutive. The columns must fill whole groups. */
void rank_one_add(const struct rank_one *act, const struct kernels *kernels, size_t n_groups,
                  size_t n_blocks, const uint8_t *groups, int32_t *sums);

#endif
