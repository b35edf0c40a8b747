/* SPDX-License-Identifier: MIT */
/* The grid of `synrl sweep`, from the words of its command line. */
#ifndef CLI_SWEEP_GRID_H
#define CLI_SWEEP_GRID_H

#include <jansson.h>

/* {option: [value, ...]}. A value is an integer or a boolean if it is written as JSON would write
 * it, else a string; so its text is always the one that was given: 007 is a string. */
struct sweep_grid {
    json_t *values;
    json_t *bare; /* {option: true} for each with a value that is not in braces */
};

/* Adds the values of a word: key=value,value or key=1..5 or key={1,2},{3,4}. Returns EXIT_DONE or,
 * with the reason on stderr, EXIT_USAGE. */
int sweep_grid_add(struct sweep_grid *grid, const char *word);

/* The same for the whole grid, once the options of the script are known, as in `synrl run --json
 * SCRIPT --help`: refuses unknown options and lists without braces, and drops values that are
 * equal numbers where the option is a number. */
int sweep_grid_fit(struct sweep_grid *grid, const char *script, const json_t *options);

void sweep_grid_free(struct sweep_grid *grid);

#endif
