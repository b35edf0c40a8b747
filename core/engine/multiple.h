/* SPDX-License-Identifier: MIT */
/* The multiple of a lattice's last actions that the next ones nearly are: -1, 0 or 1 times them. */
#ifndef MULTIPLE_H
#define MULTIPLE_H

#include "engine/lattice.h"

/* What a worker counts: synapses, and the counts of count_changes. */
struct changes {
    size_t n, counts[3];
};

/* Of n_counted actions, n_changes differ from c times the last ones. */
struct multiple {
    int32_t c;
    size_t n_counted, n_changes;
};

/* The c for which the fewest actions differ. Where there are many synapses, only some are counted,
 * which is enough to choose a path, since paths differ only in speed. scratch [n_workers]. */
struct multiple multiple_find(const synrl_host *host, const synrl_lattice *lattice,
                              const int8_t *actions, struct changes *scratch);

#endif
