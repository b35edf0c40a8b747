/* SPDX-License-Identifier: MIT */
/* The session of a Lua state, and its errors.
 *
 * The session is a box, made before every other and so collected last: when the state is closed,
 * the core outlives all objects made with it. */
#include "lua/session.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "plugin/comm.h"
#include "plugin/host.h"

/* The addresses are keys of Lua's registry. */
static const char session_key, error_key;

static int session_free(lua_State *L) {
    struct session *session = lua_touserdata(L, 1);
    json_decref(session->earlier);
    session->earlier = NULL;
    json_decref(session->options);
    session->options = NULL;
    core_destroy(session->core);
    session->core = NULL;
    return 0;
}

static const struct type session_type = {"synrl.session", session_free, NULL, NULL, NULL};

/* N processes that did not know of one another would be N equal runs. */
static void join_ranks(lua_State *L, struct session *session) {
    const struct settings *settings = session->settings;
    if (settings->comm != NULL && comm_start(session->core, settings->comm) != SYNRL_OK) {
        session_fail(L, "synrl: %s%s%s%s", session->core->message,
                     settings->launcher != NULL ? "; " : "",
                     settings->launcher != NULL ? settings->launcher : "",
                     settings->launcher != NULL
                         ? " started this as one of several processes, which meet by that plugin; "
                           "--comm self makes each a run of its own"
                         : "");
    }
    session->core->ranks.compare_every = settings->compare_every;
}

void session_open(lua_State *L) {
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &session_key) == LUA_TUSERDATA) {
        lua_pop(L, 1);
        return;
    }
    type_register(L, &session_type);
    struct session *session = box_push(L, &session_type, sizeof *session);
    session->defaults = settings_default();
    session->L = L;
    session->settings = settings_of(L, &session->defaults);
    session->seed = session->settings->seed;
    /* The slot is made now, so that session_keep_error does not allocate. */
    lua_pushboolean(L, 0);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &error_key);
    if (engine_isa() == NULL) {
        session_fail(
            L,
            "synrl: SYNRL_ISA=%s: not supported by this CPU; must be scalar, avx2, avx512 or amx",
            getenv("SYNRL_ISA"));
    }
    if (engine_path() == NULL) {
        session_fail(L, "synrl: SYNRL_PATH=%s: must be auto, dense or sparse",
                     getenv("SYNRL_PATH"));
    }
    const struct core_options options = {.n_threads = session->settings->n_threads,
                                         .allocator = session->settings->allocator,
                                         .log = session->settings->log,
                                         .log_context = session->settings->log_context,
                                         .running = session->settings->running};
    session->core = core_create(&options);
    if (session->core == NULL) {
        session_fail(L, "synrl: not enough memory, or no thread could be started");
    }
    join_ranks(L, session);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &session_key);
    lua_pop(L, 1);
}

struct session *session_of(lua_State *L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &session_key);
    struct session *session = lua_touserdata(L, -1);
    lua_pop(L, 1);
    if (session->core == NULL) {
        luaL_error(L, "synrl: used in a finalizer after the end of the script");
    }
    session->L = L;
    return session;
}

struct core *session_core(lua_State *L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &session_key);
    const struct session *session = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return session != NULL ? session->core : NULL;
}

/* Errors --------------------------------------------------------------------------------------- */

/* luaL_where knows only one level, which under pcall(synrl.train, ...) is a C function. */
static void push_where(lua_State *L) {
    lua_Debug info;
    for (int level = 1; lua_getstack(L, level, &info) != 0; level++) {
        lua_getinfo(L, "Sl", &info);
        if (info.currentline > 0) {
            lua_pushfstring(L, "%s:%d: ", info.short_src, info.currentline);
            return;
        }
    }
    lua_pushliteral(L, "");
}

static _Noreturn void raise_error(lua_State *L) {
    lua_error(L);
    abort(); /* lua_error does not return, but is not declared so */
}

void session_fail(lua_State *L, const char *format, ...) {
    luaL_checkstack(L, 4, NULL);
    push_where(L);
    va_list arguments;
    va_start(arguments, format);
    lua_pushvfstring(L, format, arguments);
    va_end(arguments);
    lua_concat(L, 2);
    raise_error(L);
}

void session_raise(lua_State *L, struct session *session) {
    if (session->has_error) {
        session->has_error = false;
        luaL_checkstack(L, 2, NULL);
        lua_rawgetp(L, LUA_REGISTRYINDEX, &error_key);
        lua_pushboolean(L, 0);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &error_key);
        raise_error(L);
    }
    session_fail(L, "%s", session->core->message);
}

void session_check(lua_State *L, struct session *session, synrl_status status) {
    if (status != SYNRL_OK) {
        session_raise(L, session);
    }
}

synrl_status session_keep_error(lua_State *L, struct session *session) {
    session->has_error = true;
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "an error object";
    const char *traceback = strstr(text, TRACEBACK);
    core_fail(session->core, SYNRL_INVALID, "%.*s",
              traceback != NULL ? (int)(traceback - text) : (int)strlen(text), text);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &error_key);
    return session_interrupted(session) ? SYNRL_STOPPED : SYNRL_INVALID;
}

static int do_nothing(lua_State *L) {
    (void)L;
    return 0;
}

/* If the interpreter's signal handler has set a hook, the call runs it, and it throws. */
bool session_interrupted(struct session *session) {
    if (session->settings->interrupted != NULL && *session->settings->interrupted != 0) {
        return true;
    }
    lua_State *L = session->L;
    if (lua_checkstack(L, 2) == 0) {
        return false;
    }
    lua_pushcfunction(L, do_nothing);
    const bool interrupted = lua_pcall(L, 0, 0, 0) != LUA_OK;
    if (interrupted) {
        lua_pop(L, 1);
    }
    return interrupted;
}

enum control session_control(struct session *session, enum control now) {
    atomic_int *control = session->settings->control;
    if (control == NULL) {
        return CONTROL_SCRIPT;
    }
    const enum control before = (enum control) * control;
    *control = (int)now;
    return before;
}

/* Text ---------------------------------------------------------------------------------------- */

static int text_free(lua_State *L) {
    char **box = luaL_checkudata(L, 1, text_type.name);
    core_free(session_of(L)->core, *box);
    *box = NULL;
    return 0;
}

const struct type text_type = {"synrl.text", text_free, NULL, NULL, NULL};

char **text_push(lua_State *L) {
    return box_push(L, &text_type, sizeof(char *));
}
