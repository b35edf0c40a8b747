/* SPDX-License-Identifier: MIT */
/* The results of a sweep as a table. */
#ifndef SWEEP_TABLE_H
#define SWEEP_TABLE_H

#include <jansson.h>

#include "base/core.h"

/* Prints a row for each group of the results (sweep_run) of a grid. metrics: names by commas, the
 * columns; NULL: the usual ones. Returns EXIT_DONE or, with the reason on stderr, EXIT_USAGE for a
 * metric that no result has, or EXIT_ERROR. */
int sweep_table_print(const json_t *grid, const json_t *results, const char *metrics);
/* Warns of each of the metrics that the first result of a sweep does not have: others may have it.
 */
void sweep_table_check(struct core *core, const json_t *result, const char *metrics);

#endif
