/* SPDX-License-Identifier: MIT */
/* synrl.load: networks of earlier runs, and weights from files. */
#include "lua/load.h"

#include <string.h>
#include <sys/stat.h>

#include "base/count.h"
#include "base/reads.h"
#include "lua/component.h"
#include "lua/fields.h"
#include "lua/json.h"
#include "lua/policy.h"
#include "lua/result.h"
#include "lua/session.h"
#include "policy/policy_csv.h"
#include "runs/runs.h"
#include "runs/trained.h"

/* What a run was opened as, until its parts have been handed to a result. */
static int trained_free(lua_State *L) {
    trained_close(session_of(L)->core, luaL_checkudata(L, 1, trained_type.name));
    return 0;
}

const struct type trained_type = {"synrl.trained", trained_free, NULL, NULL, NULL};

/* The policy that the rule ended with, where it has one. */
static void push_policy(lua_State *L, struct session *session, const char *folder) {
    struct stat found;
    char **path = text_push(L);
    *path = core_printf(session->core, "%s/policy.csv", folder);
    if (*path == NULL) {
        session_raise(L, session);
    }
    if (lstat(*path, &found) != 0) {
        lua_pushnil(L);
        return;
    }
    synrl_policy *policy = NULL;
    const synrl_policy **box = policy_push(L);
    const synrl_status status = policy_load_csv(session->core, *path, &policy);
    *box = policy;
    session_check(L, session, status);
}

/* Later runs depend on these files. */
static synrl_status note_files(struct core *core, const char *folder) {
    static const char *const names[] = {"run.json", "weights.npz", "best.npz", "classes.json"};
    synrl_status status = SYNRL_OK;
    for (size_t i = 0; status == SYNRL_OK && i < COUNT_OF(names); i++) {
        char *path = core_printf(core, "%s/%s", folder, names[i]);
        status = path == NULL ? SYNRL_NO_MEMORY : reads_note_opened(core, read_weights, path);
        core_free(core, path);
    }
    return status;
}

/* "status" and "config" are not of a summary; its name and folder are. */
static void push_summary(lua_State *L, const struct trained *trained, const char *folder) {
    const json_t *config = json_object_get(trained->run, "config");
    const char *status = json_string_value(json_object_get(trained->run, "status"));
    json_to_lua(L, json_object_get(trained->run, "summary"));
    const char *name = json_string_value(json_object_get(config, "name"));
    field_set_string(L, "name", name != NULL ? name : "run");
    field_set_integer(L, "seed", (uint64_t)json_integer_value(json_object_get(config, "seed")));
    field_set_string(L, "run", folder);
    const char *stopped = json_string_value(json_object_get(trained->run, "stopped"));
    if (stopped != NULL) {
        field_set_string(L, "stopped", stopped);
    }
    if (status != NULL && strcmp(status, "diverged") == 0) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, "diverged");
    }
    result_guard_summary(L, &(struct metric_names){.n = 0});
}

/* Pushes the network of a run as a result. */
static void push_run(lua_State *L, struct session *session, const char *folder, bool is_last,
                     bool force) {
    struct trained *trained = box_push(L, &trained_type, sizeof *trained);
    session_check(L, session, trained_open(session->core, folder, is_last, force, trained));
    session_check(L, session, note_files(session->core, folder));
    struct trained_network *result = result_push(L);
    const int index = lua_gettop(L);
    *result = (struct trained_network){.model = trained->model,
                                       .loss = trained->loss,
                                       .classes = trained->classes,
                                       .weights = trained->tensors,
                                       .steps = json_incref((json_t *)trained_steps(trained)),
                                       .is_loaded = true};
    trained->model = trained->loss = NULL;
    trained->classes = (struct classes){.n = 0};
    trained->tensors = (struct tensors){.n = 0};
    push_summary(L, trained, folder);
    lua_setiuservalue(L, index, RESULT_SUMMARY);
    push_policy(L, session, folder);
    lua_setiuservalue(L, index, RESULT_POLICY);
    lua_pushstring(L, folder);
    lua_setiuservalue(L, index, RESULT_HISTORY);
    lua_settop(L, index);
}

/* Pushes what is at a path: the run in a folder or of that name, or a file of weights. */
static void push_loaded(lua_State *L, const char *path, bool is_last, bool force) {
    struct session *session = session_of(L);
    const struct settings *settings = session->settings;
    struct stat found;
    if (stat(path, &found) == 0 && !S_ISDIR(found.st_mode)) {
        struct trained_network *result = result_push(L);
        session_check(L, session, tensors_read(session->core, path, &result->weights));
        session_check(L, session, reads_note_opened(session->core, read_weights, path));
        return;
    }
    char **folder = text_push(L);
    const int box = lua_gettop(L);
    if (run_find(session->core, settings->runs != NULL ? settings->runs : "runs", path, folder) !=
        SYNRL_OK) {
        session_fail(L, "load: there is no file \"%s\", and no such run: %s", path,
                     session->core->message);
    }
    push_run(L, session, *folder, is_last, force);
    lua_replace(L, box);
    lua_settop(L, box);
}

const struct tensors *weights_read(lua_State *L, int index, const char *who) {
    const struct trained_network *result = result_at(L, index);
    if (result != NULL) {
        lua_pushvalue(L, index);
        return &result->weights;
    }
    if (lua_type(L, index) != LUA_TSTRING) {
        session_fail(L,
                     "%s must be the result of synrl.train or synrl.load, or the path of a run or "
                     "of a file, not %s",
                     who, describe(L, index));
    }
    push_loaded(L, lua_tostring(L, index), false, false);
    return &result_at(L, -1)->weights;
}

static bool read_flag(lua_State *L, const char *name) {
    if (!field_push(L, 2, name)) {
        return false;
    }
    if (!lua_isboolean(L, -1)) {
        session_fail(L, "load: %s must be true or false, not %s", name, describe(L, -1));
    }
    return lua_toboolean(L, -1) != 0;
}

/* (path of a run or of a file of weights, {last, force_changed}) -> result */
static int load(lua_State *L) {
    static const char *const names[] = {"force_changed", "last"};
    bool is_last = false, force = false;
    lua_settop(L, 2);
    if (lua_type(L, 1) != LUA_TSTRING) {
        session_fail(L, "load: the path of a run or of a file of weights is expected, not %s",
                     describe(L, 1));
    }
    if (!lua_isnil(L, 2)) {
        keys_check(L, 2, "load", 2, names);
        is_last = read_flag(L, "last");
        force = read_flag(L, "force_changed");
    }
    push_loaded(L, lua_tostring(L, 1), is_last, force);
    return 1;
}

const luaL_Reg load_functions[] = {{"load", load}, {NULL, NULL}};
