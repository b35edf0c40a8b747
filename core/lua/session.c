/* The session of a Lua state, its errors and its boxes.
 *
 * The session is a box of its own, made before every other and so collected last: when the state is
 * closed, the core outlives all that was made with it. */
#include "lua/session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/engine.h"
#include "plugin/host.h"
#include "plugin/kind.h"
#include "runs/run_files.h"
#include "runs/runs.h"

/* Their addresses are keys of Lua's registry. */
static const char session_key, settings_key, error_key;

static void log_to_stderr(void *context, synrl_log_level level, const char *line) {
    (void)context;
    if (level == SYNRL_LOG_WARNING) {
        fprintf(stderr, "synrl: warning: %s\n", line);
    }
}

struct settings settings_default(void) {
    return (struct settings){.runs = "runs", .pictures = true, .seed = 1, .log = log_to_stderr};
}

void settings_give(lua_State *L, struct settings *settings) {
    lua_pushlightuserdata(L, settings);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &settings_key);
}

static int session_free(lua_State *L) {
    struct session *session = lua_touserdata(L, 1);
    json_decref(session->earlier);
    session->earlier = NULL;
    core_destroy(session->core);
    session->core = NULL;
    return 0;
}

static const struct type session_type = {"synrl.session", session_free, NULL, NULL};

void session_open(lua_State *L) {
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &session_key) == LUA_TUSERDATA) {
        lua_pop(L, 1);
        return;
    }
    type_register(L, &session_type);
    struct session *session = box_push(L, &session_type, sizeof *session);
    session->defaults = settings_default();
    session->L = L;
    session->settings = lua_rawgetp(L, LUA_REGISTRYINDEX, &settings_key) == LUA_TLIGHTUSERDATA
                            ? lua_touserdata(L, -1)
                            : &session->defaults;
    lua_pop(L, 1);
    session->seed = session->settings->seed;
    /* The slot is made now, so that session_keep_error need not allocate. */
    lua_pushboolean(L, 0);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &error_key);
    if (engine_isa() == NULL) {
        session_fail(L,
                     "synrl: SYNRL_ISA=%s: this machine has none of that name; must be scalar, "
                     "avx2, avx512 or amx",
                     getenv("SYNRL_ISA"));
    }
    if (engine_path() == NULL) {
        session_fail(L, "synrl: SYNRL_PATH=%s: must be auto, dense or sparse",
                     getenv("SYNRL_PATH"));
    }
    const struct core_options options = {.n_threads = session->settings->n_threads,
                                         .allocator = session->settings->allocator,
                                         .log = session->settings->log,
                                         .log_context = session->settings->log_context};
    session->core = core_create(&options);
    if (session->core == NULL) {
        session_fail(L, "synrl: not enough memory, or no thread could be started");
    }
    lua_rawsetp(L, LUA_REGISTRYINDEX, &session_key);
    lua_pop(L, 1);
}

struct session *session_of(lua_State *L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &session_key);
    struct session *session = lua_touserdata(L, -1);
    lua_pop(L, 1);
    session->L = L;
    return session;
}

/* Errors --------------------------------------------------------------------------------------- */

/* luaL_where knows one level only; under pcall(synrl.train, ...) that is a C function. */
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

static _Noreturn void throw(lua_State * L) {
    lua_error(L);
    abort(); /* lua_error does not return, but does not say so */
}

void session_fail(lua_State *L, const char *format, ...) {
    luaL_checkstack(L, 4, NULL);
    push_where(L);
    va_list arguments;
    va_start(arguments, format);
    lua_pushvfstring(L, format, arguments);
    va_end(arguments);
    lua_concat(L, 2);
    throw(L);
}

void session_raise(lua_State *L, struct session *session) {
    if (session->has_error) {
        session->has_error = false;
        luaL_checkstack(L, 2, NULL);
        lua_rawgetp(L, LUA_REGISTRYINDEX, &error_key);
        lua_pushboolean(L, 0);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &error_key);
        throw(L);
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
    core_fail(session->core, SYNRL_INVALID, "%s", text);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &error_key);
    return session_interrupted(session) ? SYNRL_STOPPED : SYNRL_INVALID;
}

static int do_nothing(lua_State *L) {
    (void)L;
    return 0;
}

/* Where the interpreter's signal handler has set a hook, the call lets it run, and it throws. */
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

/* Runs ----------------------------------------------------------------------------------------- */

/* The folder that a run's folder lies in; NULL: no memory. */
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
    const char *folder = session->settings->resume, *id;
    json_t *json;
    SYNRL_TRY(record_read(core, folder, &json));
    synrl_status status = SYNRL_OK;
    if (json_unpack(json, "{s:{s:s}}", "call", "id", &id) != 0) {
        status = core_fail(core, SYNRL_INVALID,
                           "%s: cannot be resumed: it does not say which call recorded it", folder);
    } else {
        snprintf(session->call_id, sizeof session->call_id, "%s", id);
        char *runs = parent_of(core, folder);
        status = runs != NULL ? run_siblings(core, runs, session->call_id, &session->earlier)
                              : SYNRL_NO_MEMORY;
        core_free(core, runs);
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
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", gmtime_r(&now, &utc));
    snprintf(session->call_id, sizeof session->call_id, "%s-%ld", stamp, (long)getpid());
    return SYNRL_OK;
}

synrl_status session_next_run(struct session *session, struct recorder_options *options,
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
                                      .has_seed = settings->has_seed,
                                      .seed = settings->seed,
                                      .cell = settings->cell_hash,
                                      .place = settings->cell_place};
    snprintf(ordinal, sizeof ordinal, "%llu", (unsigned long long)invocation->ordinal);
    *options = (struct recorder_options){
        .folder = settings->runs,
        .script = settings->script,
        .pictures = settings->pictures,
        .command = settings->command,
        .invocation = invocation,
        .resume = json_string_value(json_object_get(session->earlier, ordinal))};
    return SYNRL_OK;
}

/* Boxes ---------------------------------------------------------------------------------------- */

void type_register(lua_State *L, const struct type *type) {
    luaL_newmetatable(L, type->name);
    if (type->meta != NULL) {
        luaL_setfuncs(L, type->meta, 0);
    }
    if (type->methods != NULL && lua_getfield(L, -1, "__index") == LUA_TNIL) {
        lua_newtable(L);
        luaL_setfuncs(L, type->methods, 0);
        lua_setfield(L, -3, "__index");
    }
    lua_settop(L, lua_gettop(L) - (type->methods != NULL));
    lua_pushcfunction(L, type->free);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, type->free);
    lua_setfield(L, -2, "__close");
    lua_pushliteral(L, "locked"); /* scripts may not reach __gc and call it */
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

void *box_push(lua_State *L, const struct type *type, size_t size) {
    luaL_checkstack(L, 4, NULL);
    void *box = memset(lua_newuserdatauv(L, size, RESULT_USER_VALUES), 0, size);
    luaL_setmetatable(L, type->name);
    return box;
}

static int text_free(lua_State *L) {
    char **box = luaL_checkudata(L, 1, text_type.name);
    core_free(session_of(L)->core, *box);
    *box = NULL;
    return 0;
}

const struct type text_type = {"synrl.text", text_free, NULL, NULL};

char **text_push(lua_State *L) {
    return box_push(L, &text_type, sizeof(char *));
}

const char *describe(lua_State *L, int index) {
    const struct component *component = component_at(L, index);
    if (component != NULL) {
        const synrl_plugin *entry = component_plugin(component)->entry;
        return lua_pushfstring(L, "the %s \"%s\"", kind_name((synrl_kind)entry->kind), entry->id);
    }
    switch (lua_type(L, index)) {
    case LUA_TNIL:
    case LUA_TNONE:
        return lua_pushliteral(L, "nothing");
    case LUA_TSTRING:
        return lua_pushfstring(L, "the string \"%s\"", lua_tostring(L, index));
    case LUA_TNUMBER:
        if (isnan(lua_tonumber(L, index))) {
            return lua_pushliteral(L, "NaN"); /* printf would add a sign */
        }
        lua_pushvalue(L, index);
        lua_tostring(L, -1);
        return lua_tostring(L, -1);
    case LUA_TBOOLEAN:
        return lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
    case LUA_TUSERDATA:
        if (luaL_getmetafield(L, index, "__name") == LUA_TSTRING) {
            return lua_pushfstring(L, "a %s", lua_tostring(L, -1));
        }
        return lua_pushliteral(L, "a userdata");
    default:
        return lua_pushfstring(L, "a %s", luaL_typename(L, index));
    }
}
