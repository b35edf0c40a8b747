/* SPDX-License-Identifier: MIT */
/* What the commands share. */
#include "cli/common.h"
#include "cli/crash.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "plugin/host.h"

int usage_error(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("synrl: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs("\n", stderr);
    va_end(arguments);
    return EXIT_USAGE;
}

static void log_to_stderr(void *context, synrl_log_level level, const char *line) {
    (void)context;
    fprintf(stderr, "synrl: %s%s\n", level == SYNRL_LOG_WARNING ? "warning: " : "", line);
}

struct core *make_core(void) {
    const struct core_options options = {
        .n_threads = 1, .log = log_to_stderr, .running = crash_watch()};
    struct core *core = core_create(&options);
    if (core == NULL) {
        fprintf(stderr, "synrl: not enough memory\n");
    }
    return core;
}

int exit_code_of(const struct core *core, synrl_status status) {
    if (status == SYNRL_OK) {
        return EXIT_DONE;
    }
    fprintf(stderr, "synrl: %s\n", core->message);
    return EXIT_ERROR;
}

bool end_output(void) {
    if (fflush(stdout) == 0 && ferror(stdout) == 0) {
        return true;
    }
    fprintf(stderr, "synrl: cannot write the result: %s\n", strerror(errno));
    return false;
}

int run_with_core(synrl_status (*act)(struct core *core, void *request), void *request) {
    struct core *core = make_core();
    if (core == NULL) {
        return EXIT_ERROR;
    }
    const int code = exit_code_of(core, act(core, request));
    core_destroy(core);
    return code == EXIT_DONE && !end_output() ? EXIT_ERROR : code;
}

/* The index ------------------------------------------------------------------------------------ */

synrl_status open_index(struct core *core, const char *runs, bool rebuild, struct index **index,
                        struct index_report *report) {
    SYNRL_TRY(index_open(core, runs, rebuild, index));
    const synrl_status status = index_refresh(*index, report);
    if (status != SYNRL_OK) {
        index_close(*index);
        *index = NULL;
    }
    return status;
}

void refresh_index(struct core *core, const char *runs) {
    struct index *index = NULL;
    struct index_report report;
    if (access(runs, F_OK) != 0) {
        return;
    }
    synrl_status status = index_open(core, runs, false, &index);
    if (status == SYNRL_OK && index_is_kept(index)) {
        status = index_refresh(index, &report);
    }
    index_close(index);
    if (status != SYNRL_OK) {
        core_log(core, SYNRL_LOG_WARNING, "%s", core->message);
    }
}

void index_runs(const char *runs) {
    struct core *core = make_core();
    if (core != NULL) {
        refresh_index(core, runs);
        core_destroy(core);
    }
}
