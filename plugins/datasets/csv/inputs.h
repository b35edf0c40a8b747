/* SPDX-License-Identifier: MIT */
/* The inputs of a table that has been read. */
#ifndef INPUTS_H
#define INPUTS_H

#include "table.h"

/* Fills missing values in, and gives each word of a column an input of its own, 0 or 1, in the
 * order of the words: then table->inputs is [n_rows][*n_inputs]. */
synrl_status inputs_finish(struct table *table, size_t *n_inputs);

#endif
