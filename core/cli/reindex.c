/* SPDX-License-Identifier: MIT */
/* synrl reindex: the index of recorded runs, rebuilt from their folders. */
#include <stdio.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/common.h"

struct reindex_request {
    const char *runs;
};

static const struct flag flags[] = {
    {"--runs", FLAG_TEXT(struct reindex_request, runs), "DIR",
     "index the runs in DIR (default: `runs`)"},
};

static synrl_status rebuild(struct core *core, void *context) {
    const struct reindex_request *request = context;
    struct index *index;
    struct index_report report;
    SYNRL_TRY(open_index(core, request->runs, true, &index, &report));
    index_close(index);
    printf("%s/" INDEX_FILE ": %zu run%s", request->runs, report.n_runs,
           report.n_runs == 1 ? "" : "s");
    if (report.n_broken > 0) {
        printf(", %zu folder%s left out", report.n_broken, report.n_broken == 1 ? "" : "s");
    }
    printf("\n");
    return SYNRL_OK;
}

static int reindex(const struct program *program, int argc, char **argv) {
    (void)program;
    struct reindex_request request = {.runs = "runs"};
    const int code = arguments_parse_flags(&command_reindex, &request, argc, argv);
    return code == EXIT_DONE ? run_with_core(rebuild, &request) : code;
}

const struct command command_reindex = {
    .name = "reindex",
    .arguments = "[--runs DIR]",
    .summary = "rebuild the index of the runs",
    .description = "The index is a copy of what the run folders say; only the folders count.",
    COMMAND_FLAGS(flags),
    .run = reindex,
};
