/* SPDX-License-Identifier: MIT */
/* A page about runs: one self-contained HTML file. */
#ifndef REPORT_H
#define REPORT_H

#include "base/core.h"

/* The page's data as JSON, with a line of `note` under the title; freed by core_free. A run with
 * unreadable files is included with a "problem". Runs that differ only in seeds and names have the
 * same "group". Curves with more points than a screen has columns are thinned, those of a group at
 * the same iterations: the first and last point are kept, and the smallest and largest mean loss of
 * each stretch. */
synrl_status report_data(struct core *core, size_t n_runs, const char *const *folders,
                         const char *title, const char *note, char **json);
/* The page including its data; freed by core_free. */
synrl_status report_page(struct core *core, size_t n_runs, const char *const *folders,
                         const char *title, char **html);
/* A page that fetches its data from `source`, a path on its server, and updates it every two
 * seconds. */
synrl_status report_live_page(struct core *core, const char *source, char **html);

#endif
