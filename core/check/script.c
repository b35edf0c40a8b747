/* SPDX-License-Identifier: MIT */
/* The program is called again for each run, so that the script ends as it would for its author. */
#include "check/script.h"

#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "base/spawn.h"
#include "base/words.h"
#include "check/scratch.h"
#include "runs/runs.h"

enum { ERROR_LIMIT = 1 << 16, FILE_LIMIT = 1 << 28, N_THREADS = 3 };
enum { FOLDER_SIZE = PATH_MAX + NAME_MAX + 2 };

struct script {
    struct subject *subject;
    struct core *core;
    char program[PATH_MAX];
    char *scratch;
    char said[512]; /* the last line of the last call's stderr */
    struct trace wanted, other;
    double seconds; /* of a whole run of the script */
};

/* Calls ----------------------------------------------------------------------------------------- */

/* The last line of the file, without its end. */
static void read_said(struct script *script, const char *path) {
    char *text;
    size_t size;
    script->said[0] = '\0';
    if (file_read(script->core, path, ERROR_LIMIT, &text, &size) != SYNRL_OK) {
        return;
    }
    while (size > 0 && text[size - 1] == '\n') {
        text[--size] = '\0';
    }
    const char *line = strrchr(text, '\n');
    snprintf(script->said, sizeof script->said, "%s", line != NULL ? line + 1 : text);
    core_free(script->core, text);
}

static void sleep_for(double seconds) {
    const struct timespec time = {(time_t)seconds,
                                  (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&time, NULL);
}

/* Calls the program and waits; after `interrupt` seconds, where that is not 0, it is asked to end.
 */
static synrl_status call(struct script *script, const struct words *words, double interrupt,
                         int *code) {
    char path[PATH_MAX];
    pid_t process;
    snprintf(path, sizeof path, "%s/stderr", script->scratch);
    const int error = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (error < 0) {
        return file_fail(script->core, path, "write");
    }
    const struct spawn spawn = {.words = (const char *const *)words->list,
                                .input = SPAWN_NOTHING,
                                .output = SPAWN_NOTHING,
                                .error = error};
    synrl_status status =
        words->has_failed ? SYNRL_NO_MEMORY : spawn_start(script->core, &spawn, &process);
    close(error);
    SYNRL_TRY(status);
    if (interrupt > 0.0) {
        sleep_for(interrupt);
        kill(process, SIGTERM);
    }
    status = spawn_wait(script->core, process, code);
    read_said(script, path);
    return status;
}

static synrl_status run(struct script *script, const char *runs, int n_threads, double interrupt,
                        int *code) {
    const struct check_request *request = script->subject->request;
    struct words words = {.n = 0};
    words_add(&words, "%s", script->program);
    words_add(&words, "run");
    words_add(&words, "--quiet");
    words_add(&words, "--no-pictures");
    words_add(&words, "--threads=%d", n_threads);
    words_add(&words, "--runs=%s/%s", script->scratch, runs);
    words_add(&words, "%s", request->script);
    for (size_t i = 0; i < request->n_settings; i++) {
        words_add(&words, "%s", request->settings[i]);
    }
    const synrl_status status = call(script, &words, interrupt, code);
    words_free(&words);
    return status;
}

/* `synrl COMMAND FLAG FOLDER`, or without the flag where it is NULL. */
static synrl_status call_with(struct script *script, const char *command, const char *flag,
                              const char *folder, int *code) {
    struct words words = {.n = 0};
    words_add(&words, "%s", script->program);
    words_add(&words, "%s", command);
    if (flag != NULL) {
        words_add(&words, "%s", flag);
    }
    words_add(&words, "%s", folder);
    const synrl_status status = call(script, &words, 0.0, code);
    words_free(&words);
    return status;
}

/* Records --------------------------------------------------------------------------------------- */

/* Calls see(script, folder of a run, its number from 1) for each run in a folder of the scratch. */
static synrl_status each_run(struct script *script, const char *runs,
                             synrl_status (*see)(struct script *script, const char *folder,
                                                 size_t number, void *context),
                             void *context) {
    struct run_list list;
    char folder[PATH_MAX], run[FOLDER_SIZE];
    size_t n = 0;
    snprintf(folder, sizeof folder, "%s/%s", script->scratch, runs);
    if (access(folder, F_OK) != 0) {
        return SYNRL_OK;
    }
    SYNRL_TRY(run_list_read(script->core, folder, &list));
    synrl_status status = SYNRL_OK;
    for (size_t i = 0; i < list.n && status == SYNRL_OK; i++) {
        snprintf(run, sizeof run, "%s/%s", folder, list.entries[i].name);
        if (run_exists(run, NULL)) {
            status = see(script, run, ++n, context);
        }
    }
    run_list_free(script->core, &list);
    return status;
}

static bool uses_plugin(const struct script *script, const json_t *json) {
    const struct check_request *request = script->subject->request;
    char key[128];
    snprintf(key, sizeof key, "%s/%s", kind_name(request->kind), request->id);
    return json_object_get(json_object_get(json_object_get(json, "provenance"), "plugins"), key) !=
           NULL;
}

/* What is recorded of a run that must be equal; n_uses counts those that use the plugin. */
struct records {
    struct trace *trace;
    size_t n_uses;
};

static synrl_status trace_record(struct script *script, const char *folder, size_t number,
                                 void *context) {
    struct records *records = context;
    char path[FOLDER_SIZE + NAME_MAX], *bytes;
    json_t *json;
    size_t size;
    SYNRL_TRY(run_read(script->core, folder, &json));
    const char *hash =
        json_string_value(json_object_get(json_object_get(json, "summary"), "weights_hash"));
    hash = hash != NULL ? hash : "";
    trace_add(records->trace, hash, strlen(hash), "the weights of run %zu", number);
    records->n_uses += uses_plugin(script, json);
    json_decref(json);
    snprintf(path, sizeof path, "%s/metrics.csv", folder);
    SYNRL_TRY(file_read(script->core, path, FILE_LIMIT, &bytes, &size));
    trace_add(records->trace, bytes, size, "metrics.csv of run %zu", number);
    core_free(script->core, bytes);
    return SYNRL_OK;
}

static synrl_status compare(struct script *script, const char *runs, const char *check,
                            const char *meaning) {
    struct report *report = script->subject->report;
    struct records records = {.trace = &script->other};
    script->other.n = 0;
    SYNRL_TRY(each_run(script, runs, trace_record, &records));
    const char *difference = trace_difference(&script->wanted, &script->other);
    if (difference != NULL) {
        report_wrong(report, check, "%s, first in %s", meaning, difference);
    } else {
        report_ok(report, check, "%s", "");
    }
    return SYNRL_OK;
}

/* Checks ---------------------------------------------------------------------------------------- */

/* Whether there are runs to compare others with. */
static synrl_status run_once(struct script *script, bool *is_usable) {
    struct report *report = script->subject->report;
    const struct check_request *request = script->subject->request;
    struct records records = {.trace = &script->wanted};
    const double start = clock_seconds();
    int code;
    *is_usable = false;
    SYNRL_TRY(run(script, "one", 1, 0.0, &code));
    script->seconds = clock_seconds() - start;
    if (code != 0) {
        report_wrong(report, "runs", "%s", script->said);
        return SYNRL_OK;
    }
    SYNRL_TRY(each_run(script, "one", trace_record, &records));
    if (records.n_uses == 0) {
        const struct plugin *plugin;
        const bool is_found =
            registry_find(script->core, request->kind, request->id, &plugin) == SYNRL_OK;
        report_wrong(report, "runs", "no run of %s uses %s \"%s\"%s%s", request->script,
                     kind_name(request->kind), request->id, is_found ? "" : "; ",
                     is_found ? "" : script->core->message);
        return SYNRL_OK;
    }
    report_ok(report, "runs", "%zu", records.n_uses);
    *is_usable = true;
    return SYNRL_OK;
}

static synrl_status run_threaded(struct script *script) {
    int code;
    SYNRL_TRY(run(script, "threads", N_THREADS, 0.0, &code));
    if (code != 0) {
        report_wrong(script->subject->report, "threads", "%s", script->said);
        return SYNRL_OK;
    }
    return compare(script, "threads", "threads",
                   "gives other results with 3 threads than with 1: they must not depend on how "
                   "work is shared out");
}

/* Whether the run was interrupted on its way: before the first iteration and after the last one
 * there is nothing to lose. */
static synrl_status find_if_cut(struct script *script, const char *folder, bool *is_cut) {
    char pattern[FOLDER_SIZE + NAME_MAX];
    glob_t found;
    json_t *json;
    SYNRL_TRY(run_read(script->core, folder, &json));
    const json_int_t done =
        json_integer_value(json_object_get(json_object_get(json, "summary"), "iterations"));
    *is_cut = done > 0 && done < json_integer_value(json_object_get(json_object_get(json, "config"),
                                                                    "iterations"));
    json_decref(json);
    snprintf(pattern, sizeof pattern, "%s/checkpoint-*", folder);
    *is_cut = *is_cut && glob(pattern, 0, NULL, &found) == 0;
    if (*is_cut) {
        globfree(&found);
    }
    return SYNRL_OK;
}

static synrl_status keep_last(struct script *script, const char *folder, size_t number,
                              void *context) {
    (void)script, (void)number;
    snprintf(context, FOLDER_SIZE, "%s", folder);
    return SYNRL_OK;
}

/* Interrupts the script on the way: the folder of the run that it was in, or "". */
static synrl_status run_interrupted(struct script *script, const char *runs, double after,
                                    char last[FOLDER_SIZE]) {
    int code;
    last[0] = '\0';
    SYNRL_TRY(run(script, runs, 1, after, &code));
    if (code != 0) {
        SYNRL_TRY(each_run(script, runs, keep_last, last));
    }
    bool is_cut = false;
    if (last[0] != '\0') {
        SYNRL_TRY(find_if_cut(script, last, &is_cut));
    }
    if (!is_cut) {
        last[0] = '\0';
    }
    return SYNRL_OK;
}

static synrl_status run_resumed(struct script *script) {
    /* Of the time that the script took; on a busy machine that may be many times what it takes. */
    static const double parts[] = {0.5, 0.7, 0.8, 0.3, 0.1, 0.03};
    struct report *report = script->subject->report;
    char last[FOLDER_SIZE] = "", runs[16] = "";
    int code;
    for (size_t i = 0; i < SYNRL_COUNT(parts) && last[0] == '\0'; i++) {
        snprintf(runs, sizeof runs, "cut%zu", i);
        SYNRL_TRY(run_interrupted(script, runs, script->seconds * parts[i], last));
    }
    if (last[0] == '\0') {
        report_note(report, "resume", "not checked: the script is too short to be interrupted");
        return SYNRL_OK;
    }
    SYNRL_TRY(call_with(script, "resume", "--threads=1", last, &code));
    if (code != 0) {
        report_wrong(report, "resume", "%s", script->said);
        return SYNRL_OK;
    }
    return compare(script, runs, "resume",
                   "interrupted and resumed, it gives other results: something is not saved");
}

static synrl_status replay(struct script *script, const char *folder, size_t number,
                           void *context) {
    struct report *report = script->subject->report;
    int code;
    (void)context;
    SYNRL_TRY(call_with(script, "replay", NULL, folder, &code));
    const char *said = strstr(script->said, "synrl-check-"); /* after the scratch folder's path */
    said = said != NULL && strchr(said, ':') != NULL ? strchr(said, ':') + 2 : script->said;
    if (code == 0) {
        report_ok(report, "replay", "run %zu", number);
    } else if (strstr(script->said, "the replay ends with weights") != NULL) {
        report_wrong(report, "replay", "run %zu: %s", number, said);
    } else {
        report_note(report, "replay", "run %zu: %s", number, said);
    }
    return SYNRL_OK;
}

static synrl_status check_all(struct script *script) {
    bool is_usable;
    if (!process_program(script->program)) {
        return core_fail(script->core, SYNRL_UNSUPPORTED,
                         "the system does not report this program's file");
    }
    SYNRL_TRY(scratch_make(script->core, &script->scratch));
    SYNRL_TRY(run_once(script, &is_usable));
    if (is_usable) {
        SYNRL_TRY(run_threaded(script));
        SYNRL_TRY(run_resumed(script));
        SYNRL_TRY(each_run(script, "one", replay, NULL));
    }
    return SYNRL_OK;
}

synrl_status check_script(struct subject *subject) {
    struct script *script = core_alloc(subject->core, 1, sizeof *script);
    if (script == NULL) {
        return SYNRL_NO_MEMORY;
    }
    script->subject = subject;
    script->core = subject->core;
    const synrl_status status = check_all(script);
    scratch_remove(subject->core, script->scratch);
    core_free(subject->core, script);
    return status;
}
