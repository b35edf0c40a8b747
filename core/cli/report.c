/* SPDX-License-Identifier: MIT */
/* synrl report: a page about some runs, in one file. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/json_build.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/common.h"
#include "report/report.h"
#include "runs/runs.h"
#include "sweep/sweep_record.h"

struct report_request {
    const char *path, *title, *runs;
    size_t n_words;
    char **words;
};

static const struct flag flags[] = {
    {"-o", FLAG_TEXT(struct report_request, path), "FILE", "write to FILE (default: report.html)"},
    {"--title", FLAG_TEXT(struct report_request, title), "TEXT", "the title of the page"},
    {"--runs", FLAG_TEXT(struct report_request, runs), "DIR",
     "look for runs by name in DIR (default: `runs`)"},
};

static void add_run_folder(json_t *folders, const char *folder) {
    for (size_t i = 0; i < json_array_size(folders); i++) {
        if (strcmp(json_string_value(json_array_get(folders, i)), folder) == 0) {
            return;
        }
    }
    json_put_item(folders, json_string_nocheck(folder));
}

/* A word is a sweep's file, a folder, or the beginning of a run's name; of a folder that is no run
 * the page says so. The index is passed over, so that runs/ * can be written. */
static synrl_status add_word(struct core *core, const char *runs, const char *word,
                             json_t *folders) {
    const size_t length = strlen(word);
    struct stat status;
    if (length > 5 && strcmp(word + length - 5, ".json") == 0) {
        json_t *found;
        SYNRL_TRY(sweep_record_runs(core, word, &found));
        for (size_t i = 0; i < json_array_size(found); i++) {
            add_run_folder(folders, json_string_value(json_array_get(found, i)));
        }
        json_decref(found);
        return SYNRL_OK;
    }
    char *folder = NULL;
    if (stat(word, &status) == 0 && S_ISDIR(status.st_mode)) {
        add_run_folder(folders, word);
        return SYNRL_OK;
    }
    if (strcmp(run_base(word), INDEX_FILE) == 0) {
        return SYNRL_OK;
    }
    SYNRL_TRY(run_find(core, runs, word, &folder));
    add_run_folder(folders, folder);
    core_free(core, folder);
    return SYNRL_OK;
}

static synrl_status write_page(struct core *core, const json_t *folders, const char *title,
                               const char *path) {
    const size_t n = json_array_size(folders);
    const char **names = core_alloc(core, n + 1, sizeof *names);
    char *html;
    if (names == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        names[i] = json_string_value(json_array_get(folders, i));
    }
    synrl_status status = report_page(core, n, names, title, &html);
    core_free(core, names);
    if (status == SYNRL_OK) {
        status = file_output(core, path, html, strlen(html));
        core_free(core, html);
    }
    return status;
}

static synrl_status write_report(struct core *core, void *context) {
    const struct report_request *request = context;
    const uint64_t lacks = json_lacks();
    json_t *folders = json_array();
    synrl_status status = SYNRL_OK;
    for (size_t i = 0; status == SYNRL_OK && i < request->n_words; i++) {
        status = add_word(core, request->runs, request->words[i], folders);
    }
    if (status == SYNRL_OK && (folders == NULL || json_lacks() != lacks)) {
        status = core_fail(core, SYNRL_NO_MEMORY, "not enough memory for the report");
    }
    if (status == SYNRL_OK) {
        status = write_page(core, folders, request->title, request->path);
    }
    if (status == SYNRL_OK) {
        printf("%s: %zu run%s\n", request->path, json_array_size(folders),
               json_array_size(folders) == 1 ? "" : "s");
    }
    json_decref(folders);
    return status;
}

static int report(const struct program *program, int argc, char **argv) {
    (void)program;
    struct report_request request = {
        .path = "report.html", .title = "synrl report", .runs = "runs", .words = argv};
    const int code = arguments_parse(&command_report, &request, argc, argv, &request.n_words);
    if (code != EXIT_DONE) {
        return code;
    }
    if (request.n_words == 0) {
        return usage_error("which runs? write synrl report RUN ... [-o FILE] [--title TEXT]");
    }
    return run_with_core(write_report, &request);
}

const struct command command_report = {
    .name = "report",
    .arguments = "[options] RUN|SWEEP ...",
    .summary = "write one HTML file about runs",
    .description =
        "It shows curves, decision boundaries, policies and mistakes. SWEEP is the JSON "
        "file that a sweep names at its end.",
    .examples = "synrl report runs/*\nsynrl report -o two.html --title \"Two seeds\" RUN RUN\n",
    COMMAND_FLAGS(flags),
    .run = report,
};
