/* synrl reindex: the index of recorded runs, made anew from their folders. */
#include "cli/cli.h"
#include "plugin/host.h"

static synrl_status rebuild(struct core *core, const char *runs) {
    struct index *index;
    struct index_report report;
    SYNRL_TRY(open_index(core, runs, true, &index, &report));
    index_close(index);
    printf("%s/" INDEX_FILE ": %zu run%s", runs, report.n_runs, report.n_runs == 1 ? "" : "s");
    if (report.n_broken > 0) {
        printf(", %zu folder%s left out", report.n_broken, report.n_broken == 1 ? "" : "s");
    }
    printf("\n");
    return SYNRL_OK;
}

int command_reindex(int argc, char **argv) {
    const char *runs = "runs";
    const struct flag flags[] = {{"--runs", NULL, &runs, NULL}};
    size_t n_words;
    int code = parse_flags(argc, argv, 1, flags, &n_words);
    if (code != EXIT_DONE) {
        return code;
    }
    if (n_words > 0) {
        return misused("reindex takes no arguments, such as \"%s\"", argv[0]);
    }
    struct core *core = make_core();
    if (core == NULL) {
        return EXIT_ERROR;
    }
    code = told(core, rebuild(core, runs));
    core_destroy(core);
    return code == EXIT_DONE && !end_output() ? EXIT_ERROR : code;
}
