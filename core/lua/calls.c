/* SPDX-License-Identifier: MIT */
/* The runs that one call of the program records, by their ordinal. A call that resumes finds those
 * of the earlier call. */
#include "lua/calls.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "lua/session.h"
#include "record/recorder.h"
#include "runs/run_files.h"
#include "runs/runs.h"

/* The parent of a run's folder; NULL: no memory. */
static char *parent_of(struct core *core, const char *folder) {
    char *parent = core_strdup(core, folder);
    if (parent != NULL) {
        size_t length = strlen(parent);
        while (length > 1 && parent[length - 1] == '/') {
            parent[--length] = '\0';
        }
        char *slash = strrchr(parent, '/');
        strcpy(slash != NULL ? slash : parent, slash != NULL ? "" : ".");
    }
    return parent;
}

static synrl_status find_earlier(struct session *session) {
    struct core *core = session->core;
    const char *folder = session->settings->resume, *id = NULL;
    char number[24];
    json_t *json;
    json_int_t ordinal = 0;
    SYNRL_TRY(record_read(core, folder, &json));
    synrl_status status = SYNRL_OK;
    const json_t *call = json_object_get(json, "call");
    if (!json_take_text(call, "id", &id) || !json_take_integer(call, "ordinal", &ordinal)) {
        status = core_fail(
            core, SYNRL_INVALID,
            "%s: cannot be resumed: run.json does not name the call that recorded it", folder);
    } else {
        snprintf(session->call_id, sizeof session->call_id, "%s", id);
        char *runs = parent_of(core, folder);
        status = runs != NULL ? run_siblings(core, runs, session->call_id, &session->earlier)
                              : SYNRL_NO_MEMORY;
        core_free(core, runs);
        /* Ids of older versions may be those of two calls: the run that was named is the one. */
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, ordinal);
        if (status == SYNRL_OK &&
            json_object_set_new(session->earlier, number, json_string_nocheck(folder)) != 0) {
            status = core_fail(core, SYNRL_NO_MEMORY, "%s: not enough memory to resume it", folder);
        }
    }
    json_decref(json);
    return status;
}

static synrl_status begin_call(struct session *session) {
    char stamp[32];
    const time_t now = time(NULL);
    struct tm utc;
    if (getcwd(session->folder, sizeof session->folder) == NULL) {
        session->folder[0] = '\0';
    }
    if (session->settings->resume != NULL) {
        return find_earlier(session);
    }
    /* Two containers may have the same process id in the same second. */
    uint64_t random = 0;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random) {
        random = (uint64_t)(clock_seconds() * 1e9);
    }
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", gmtime_r(&now, &utc));
    snprintf(session->call_id, sizeof session->call_id, "%s-%ld-%016" PRIx64, stamp, (long)getpid(),
             random);
    return SYNRL_OK;
}

synrl_status calls_next_run(struct session *session, struct recorder_options *options,
                            struct invocation *invocation) {
    const struct settings *settings = session->settings;
    char ordinal[24];
    if (session->call_id[0] == '\0') {
        SYNRL_TRY(begin_call(session));
    }
    *invocation = (struct invocation){.id = session->call_id,
                                      .ordinal = ++session->n_recorded,
                                      .folder = session->folder[0] != '\0' ? session->folder : NULL,
                                      .n_overrides = settings->n_overrides,
                                      .overrides = settings->overrides,
                                      .options = session->options,
                                      .has_seed = settings->has_seed,
                                      .seed = settings->seed,
                                      .cell = settings->cell_hash,
                                      .place = settings->cell_place};
    snprintf(ordinal, sizeof ordinal, "%" PRIu64, invocation->ordinal);
    *options = (struct recorder_options){
        .folder = settings->runs,
        .script = settings->script,
        .pictures = settings->pictures,
        .command = settings->command,
        .invocation = invocation,
        .force_changed = settings->force_changed,
        .follows_longer = session->has_longer,
        .resume = json_string_value(json_object_get(session->earlier, ordinal))};
    if (options->resume != NULL && strcmp(options->resume, settings->resume) == 0) {
        options->iterations = settings->iterations;
    }
    return SYNRL_OK;
}
