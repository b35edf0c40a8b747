/* SPDX-License-Identifier: MIT */
/* The command line of a cell's process. */
#ifndef CELL_PROCESS_H
#define CELL_PROCESS_H

#include <jansson.h>

#include "base/words.h"
#include "sweep/sweep.h"

struct cell_process {
    const struct sweep_options *options;
    const char *program;
    size_t threads;
    const json_t *parameters;
    const char *hash;
    size_t number; /* in the sweep, from 1 */
    char *folder;  /* of the run to be continued, or NULL */
};

/* Adds the program and the words of `synrl run` or, if there is a run to be continued, of `synrl
 * resume`. */
void cell_process_words(const struct cell_process *process, struct words *words);

#endif
