/* synrl report: a page about some runs, in one file. */
#include <string.h>

#include "base/file.h"
#include "cli/cli.h"
#include "plugin/host.h"
#include "report/report.h"
#include "runs/runs.h"
#include "sweep/sweep_record.h"

static void add_folder(json_t *folders, const char *folder) {
    for (size_t i = 0; i < json_array_size(folders); i++) {
        if (strcmp(json_string_value(json_array_get(folders, i)), folder) == 0) {
            return;
        }
    }
    json_array_append_new(folders, json_string(folder)); /* but for what is not UTF-8 */
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
            add_folder(folders, json_string_value(json_array_get(found, i)));
        }
        json_decref(found);
        return SYNRL_OK;
    }
    char *folder = NULL;
    if (stat(word, &status) == 0 && S_ISDIR(status.st_mode)) {
        add_folder(folders, word);
        return SYNRL_OK;
    }
    if (strcmp(run_base(word), INDEX_FILE) == 0) {
        return SYNRL_OK;
    }
    SYNRL_TRY(run_find(core, runs, word, &folder));
    add_folder(folders, folder);
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
        status = file_write(core, path, html, strlen(html));
        core_free(core, html);
    }
    return status;
}

static synrl_status write_report(struct core *core, const char *runs, size_t n_words,
                                 char *const *words, const char *title, const char *path) {
    json_t *folders = json_array();
    synrl_status status = SYNRL_OK;
    for (size_t i = 0; status == SYNRL_OK && i < n_words; i++) {
        status = add_word(core, runs, words[i], folders);
    }
    if (status == SYNRL_OK) {
        status = write_page(core, folders, title, path);
    }
    if (status == SYNRL_OK) {
        printf("%s: %zu run%s\n", path, json_array_size(folders),
               json_array_size(folders) == 1 ? "" : "s");
    }
    json_decref(folders);
    return status;
}

int command_report(int argc, char **argv) {
    const char *path = "report.html", *title = "synrl report", *runs = "runs";
    const struct flag flags[] = {
        {"-o", NULL, &path, NULL}, {"--title", NULL, &title, NULL}, {"--runs", NULL, &runs, NULL}};
    size_t n_words;
    int code = parse_flags(argc, argv, sizeof flags / sizeof flags[0], flags, &n_words);
    if (code != EXIT_DONE) {
        return code;
    }
    if (n_words == 0) {
        return misused("which runs? write synrl report RUN ... [-o FILE] [--title TEXT]");
    }
    struct core *core = make_core();
    if (core == NULL) {
        return EXIT_ERROR;
    }
    code = told(core, write_report(core, runs, n_words, argv, title, path));
    core_destroy(core);
    return code;
}
