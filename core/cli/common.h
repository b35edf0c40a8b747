/* SPDX-License-Identifier: MIT */
/* What the commands share: their core, their messages, and the index of the runs. */
#ifndef COMMON_H
#define COMMON_H

#include "cli/command.h"
#include "runs/index.h"

/* "synrl: message" to stderr; returns EXIT_USAGE. */
int usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A core for a command that trains nothing; its log goes to stderr. NULL, with the reason said,
 * where there is no memory. */
struct core *make_core(void);
/* The exit code of a status, with the core's message on stderr. */
int exit_code_of(const struct core *core, synrl_status status);
/* Makes a core, calls the function with it and writes stdout out: the exit code of all three. */
int run_with_core(synrl_status (*act)(struct core *core, void *request), void *request);
/* Whether all of stdout was written; says so where not. */
bool end_output(void);

/* The index of a folder of runs, up to date; `rebuild`: from nothing. */
synrl_status open_index(struct core *core, const char *runs, bool rebuild, struct index **index,
                        struct index_report *report);
/* For commands that do not need the index: brings it up to date where there is a folder of runs,
 * and only warns where it cannot. */
void refresh_index(struct core *core, const char *runs);
/* The same with a core of its own, for commands that have recorded runs. */
void index_runs(const char *runs);

#endif
