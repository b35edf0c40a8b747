/* SPDX-License-Identifier: MIT */
/* Actions of rank one. Their sums are those of the same actions one by one: all are integers. */
#include "engine/rank_one.h"

void rank_one_advance(const struct rank_one *act, const struct kernels *kernels, size_t first,
                      size_t end, int16_t *counters) {
    for (size_t i = first, n; i < end; i += n) {
        const size_t row = i / act->n_columns, column = i % act->n_columns;
        const size_t left = act->n_columns - column;
        n = end - i < left ? end - i : left;
        kernels->advance(n, act->rows[row], act->columns + column, counters + i);
    }
}

void rank_one_add(const struct rank_one *act, const struct kernels *kernels, size_t n_groups,
                  size_t n_blocks, const uint8_t *groups, int32_t *sums) {
    _Alignas(64) int32_t column[TILE] = {0};
    kernels->dense(1, n_groups, n_blocks, groups, act->columns, SYNRL_LANES, column);
    kernels->add_column(act->n_rows, n_blocks, act->rows, column, sums);
}
