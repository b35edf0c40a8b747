/* synrl report: a page about some runs, in one file. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "file.h"
#include "report.h"

static int write_report(struct core *core, size_t n_runs, const char *const *runs,
                        const char *title, const char *path) {
    char *html;
    synrl_status status = report_page(core, n_runs, runs, title, &html);
    if (status == SYNRL_OK) {
        status = file_write(core, path, html, strlen(html));
        core_free(core, html);
    }
    if (status != SYNRL_OK) {
        fprintf(stderr, "synrl: %s\n", core->message);
        return EXIT_ERROR;
    }
    printf("%s: %zu runs\n", path, n_runs);
    return EXIT_DONE;
}

int command_report(int argc, char **argv) {
    const char *path = "report.html", *title = "synrl report";
    size_t n_runs = 0; /* gathered at the front of argv */
    for (int i = 1; i < argc; i++) {
        const bool is_path = strcmp(argv[i], "-o") == 0;
        if (is_path || strcmp(argv[i], "--title") == 0) {
            if (i + 1 == argc) {
                return misused("%s needs a value", argv[i]);
            }
            *(is_path ? &path : &title) = argv[i + 1];
            i++;
        } else if (argv[i][0] == '-') {
            return misused("unknown option %s; write synrl report RUN ... [-o FILE] [--title TEXT]",
                           argv[i]);
        } else {
            argv[n_runs++] = argv[i];
        }
    }
    if (n_runs == 0) {
        return misused("which runs? write synrl report RUN ... [-o FILE] [--title TEXT]");
    }
    struct core *core = make_core();
    if (core == NULL) {
        return EXIT_ERROR;
    }
    const int code = write_report(core, n_runs, (const char *const *)argv, title, path);
    core_destroy(core);
    return code;
}
