/* A page about some runs: one HTML file with all that it needs inside. */
#ifndef REPORT_H
#define REPORT_H

#include "base/core.h"

/* What the page shows, as JSON; freed by core_free. A run of which something cannot be read is in
 * it with a "problem". Curves of more points than a screen has columns are thinned: the first and
 * last point stay, and the least and greatest loss of each stretch. */
synrl_status report_data(struct core *core, size_t n_runs, const char *const *folders,
                         const char *title, char **json);
/* The page with its data; freed by core_free. */
synrl_status report_page(struct core *core, size_t n_runs, const char *const *folders,
                         const char *title, char **html);
/* The page that fetches its data from `source`, a path on the server it came from, and looks for
 * news every two seconds. */
synrl_status report_live_page(struct core *core, const char *source, char **html);

#endif
