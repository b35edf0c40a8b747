/* SPDX-License-Identifier: MIT */
/* Kept results of cells: {"result", "files"}, as the process of a cell prints them. A result holds
 * as long as every file that the process has read is still the same, the program and the plugins
 * among them. */
#ifndef KEPT_H
#define KEPT_H

#include <jansson.h>

#include "runs/changes.h"

/* {"result", "files"}, both references taken over. NULL: no memory. */
json_t *kept_json(json_t *result, json_t *files);

/* The result in the file, the caller's reference; NULL where it is missing or damaged. Fails
 * where there is a file that cannot be read. */
synrl_status kept_result(struct core *core, const char *path, json_t **result);

enum { KEPT_REASON_SIZE = CHANGE_SIZE };
enum kept_state { KEPT_HOLDS, KEPT_STALE, KEPT_MISSING };
/* Whether the result in the file holds; if it is stale, the first thing that has changed. */
synrl_status kept_check(struct core *core, const char *path, enum kept_state *state,
                        char reason[KEPT_REASON_SIZE]);

/* What a sweep says of its cells before it runs some. */
enum { KEPT_REASONS_MAX = 3 };
struct kept_tally {
    size_t n_kept, n_again, n_new, n_reasons;
    char reasons[KEPT_REASONS_MAX][KEPT_REASON_SIZE]; /* different ones */
};
void kept_tally_again(struct kept_tally *tally, const char *reason);
/* "3 cells kept, 2 run again: plugin my_rule has changed; 1 new"; nothing where all are new. */
void kept_tally_log(struct core *core, const struct kept_tally *tally);

#endif
