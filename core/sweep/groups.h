/* SPDX-License-Identifier: MIT */
/* Tables over seeds from the results of cells. */
#ifndef GROUPS_H
#define GROUPS_H

#include <stdbool.h>

#include <jansson.h>

/* The results of sweep_run, from the list of its cells, whose reference it takes. NULL: no
 * memory. */
json_t *sweep_summarise(json_t *cells);
/* Whether a result has `diverged = true`, in a table of its own or in one within it. */
bool sweep_has_diverged(const json_t *result);
/* Half the width of the 95% confidence interval of a mean of n numbers, in standard errors. */
double student_95(size_t n);

#endif
