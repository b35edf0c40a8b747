/* SPDX-License-Identifier: MIT */
/* synrl.options: a script's options with their defaults, and the user's overrides.
 *
 * The type of a default is the type of the option. In the program the overrides come from the
 * command line, under the stock interpreter from `arg` if it belongs to the running script. */
#include "lua/options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_build.h"
#include "base/suggest.h"
#include "lua/fields.h"
#include "lua/json.h"
#include "lua/session.h"

static bool is_scalar(int type) {
    return type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TBOOLEAN;
}

static _Noreturn void end_for_help(lua_State *L) {
    session_of(L)->settings->helped = true;
    session_fail(L, "help requested");
}

/* Overrides ------------------------------------------------------------------------------------ */

/* Throws an error in the user's overrides. */
#define MISUSE(L, ...) (session_of(L)->settings->misused = true, session_fail(L, __VA_ARGS__))

static void push_boolean(lua_State *L, const char *key, const char *text) {
    const bool value = strcmp(text, "true") == 0;
    if (!value && strcmp(text, "false") != 0) {
        MISUSE(L, "option \"%s\": must be true or false, not \"%s\"", key, text);
    }
    lua_pushboolean(L, value);
}

static void push_number(lua_State *L, const char *key, const char *text, bool integer) {
    const char *what = integer ? "an integer" : "a finite number";
    if (lua_stringtonumber(L, text) == 0 || !isfinite(lua_tonumber(L, -1))) {
        MISUSE(L, "option \"%s\": must be %s, not \"%s\"", key, what, text);
    }
    if (!integer) {
        lua_pushnumber(L, lua_tonumber(L, -1));
        lua_replace(L, -2);
        return;
    }
    int is_integer;
    const lua_Integer value = lua_tointegerx(L, -1, &is_integer);
    if (is_integer == 0) {
        MISUSE(L, "option \"%s\": must be an integer, not \"%s\"", key, text);
    }
    lua_pushinteger(L, value);
    lua_replace(L, -2);
}

/* Pushes the text as a value of the type of the one at the index. */
static void push_like(lua_State *L, int index, const char *key, const char *text) {
    switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
        push_boolean(L, key, text);
        break;
    case LUA_TNUMBER:
        push_number(L, key, text, lua_isinteger(L, index) != 0);
        break;
    default:
        lua_pushstring(L, text);
        break;
    }
}

/* Pushes a list separated by commas, with items of the type of the first in the list at the
 * index. It may be in braces, as in a sweep. */
static void push_list(lua_State *L, int index, const char *key, const char *text) {
    const size_t length = strlen(text);
    if (length >= 2 && text[0] == '{' && text[length - 1] == '}') {
        text = lua_pushlstring(L, text + 1, length - 2);
    }
    lua_newtable(L);
    const int list = lua_gettop(L);
    lua_rawgeti(L, index, 1);
    lua_Integer n = 0;
    for (const char *start = text; text[0] != '\0';) {
        const char *comma = strchr(start, ',');
        lua_pushlstring(L, start, comma != NULL ? (size_t)(comma - start) : strlen(start));
        push_like(L, list + 1, key, lua_tostring(L, -1));
        lua_rawseti(L, list, ++n);
        lua_pop(L, 1);
        if (comma == NULL) {
            break;
        }
        start = comma + 1;
    }
    lua_settop(L, list);
}

/* Stack: defaults, meanings, options, keys. */
enum { DEFAULTS = 1, MEANINGS, OPTIONS, KEYS };

static void override(lua_State *L, const char *word, size_t n, const char *const *keys) {
    const size_t length = strcspn(word, "=");
    if (word[length] == '\0') {
        MISUSE(L, "\"%s\": options are written key=value", word);
    }
    lua_settop(L, KEYS);
    const char *key = lua_pushlstring(L, word, length);
    if (!field_push(L, DEFAULTS, key)) {
        char suggestion[SUGGESTION_SIZE];
        MISUSE(L, "unknown option \"%s\"%s", key, suggest_text(key, n, keys, suggestion));
    }
    if (lua_istable(L, -1)) {
        push_list(L, lua_gettop(L), key, word + length + 1);
    } else {
        push_like(L, lua_gettop(L), key, word + length + 1);
    }
    lua_setfield(L, OPTIONS, key);
}

static bool is_running_script(lua_State *L, const char *script) {
    lua_Debug info;
    for (int level = 1; lua_getstack(L, level, &info) != 0; level++) {
        lua_getinfo(L, "S", &info);
        if (strcmp(info.what, "main") == 0 && info.source[0] == '@' &&
            strcmp(info.source + 1, script) == 0) {
            return true;
        }
    }
    return false;
}

/* The overrides under the stock interpreter, whose `arg` may belong to a script that loaded this
 * one. */
static void override_by_arg(lua_State *L, size_t n, const char *const *keys) {
    lua_settop(L, KEYS);
    if (lua_getglobal(L, "arg") != LUA_TTABLE || lua_rawgeti(L, -1, 0) != LUA_TSTRING ||
        !is_running_script(L, lua_tostring(L, -1))) {
        return;
    }
    for (lua_Integer i = 1;; i++) {
        lua_getglobal(L, "arg");
        lua_rawgeti(L, -1, i);
        const char *word = lua_tostring(L, -1);
        if (word == NULL) {
            return;
        }
        override(L, word, n, keys);
    }
}

/* Help ----------------------------------------------------------------------------------------- */

static void push_text(lua_State *L, int index) {
    if (!lua_istable(L, index)) {
        luaL_tolstring(L, index, NULL);
        return;
    }
    const lua_Integer n = (lua_Integer)lua_rawlen(L, index);
    lua_pushliteral(L, "");
    for (lua_Integer i = 1; i <= n; i++) {
        lua_pushstring(L, i > 1 ? "," : "");
        lua_rawgeti(L, index, i);
        luaL_tolstring(L, -1, NULL);
        lua_remove(L, -2);
        lua_concat(L, 3);
    }
}

static void print_help(lua_State *L, const char *script, size_t n, const char *const *keys) {
    printf("usage: synrl run %s [key=value ...]\n", script != NULL ? script : "SCRIPT");
    printf("options, with their defaults:\n");
    for (size_t k = 0; k < n; k++) {
        lua_settop(L, KEYS);
        field_push(L, DEFAULTS, keys[k]);
        push_text(L, KEYS + 1);
        const char *value = lua_tostring(L, -1);
        const bool has_meaning = lua_istable(L, MEANINGS) && field_push(L, MEANINGS, keys[k]);
        const int width = printf("  %s=%s", keys[k], value);
        printf("%*s%s\n", !has_meaning ? 0 : (width < 30 ? 30 - width : 2), "",
               has_meaning ? lua_tostring(L, -1) : "");
    }
}

static const char *type_name(lua_State *L, int index) {
    switch (lua_type(L, index)) {
    case LUA_TTABLE:
        return "list";
    case LUA_TNUMBER:
        return lua_isinteger(L, index) ? "integer" : "number";
    default:
        return luaL_typename(L, index);
    }
}

/* {option: {"type", "default", "meaning"}}, for the program. */
static json_t *describe_options(lua_State *L, size_t n, const char *const *keys) {
    json_t *described = json_object();
    char problem[256];
    for (size_t k = 0; k < n; k++) {
        lua_settop(L, KEYS);
        field_push(L, DEFAULTS, keys[k]);
        json_t *option = json_pack("{s:s, s:o}", "type", type_name(L, -1), "default",
                                   json_from_lua(L, -1, problem, sizeof problem));
        if (lua_istable(L, MEANINGS) && field_push(L, MEANINGS, keys[k])) {
            option = json_with(option, "meaning", json_text_bytes(lua_tostring(L, -1)));
        }
        described = json_with(described, keys[k], option);
    }
    return described;
}

/* Taking options ------------------------------------------------------------------------------- */

static void check_defaults(lua_State *L, size_t n, const char *const *keys) {
    for (size_t k = 0; k < n; k++) {
        field_push(L, DEFAULTS, keys[k]);
        bool good = is_scalar(lua_type(L, -1)) || lua_istable(L, -1);
        for (lua_Integer i = 1;
             lua_istable(L, KEYS + 1) && i <= (lua_Integer)lua_rawlen(L, KEYS + 1); i++) {
            good = good && is_scalar(lua_rawgeti(L, KEYS + 1, i));
            lua_pop(L, 1);
        }
        if (!good) {
            session_fail(L,
                         "options: %s must be a number, string, boolean or a list of them, not %s",
                         keys[k], describe(L, KEYS + 1));
        }
        lua_settop(L, KEYS);
    }
}

static void check_meanings(lua_State *L, size_t n, const char *const *keys) {
    if (lua_isnil(L, MEANINGS)) {
        return;
    }
    keys_check(L, MEANINGS, "options: meanings", n, keys);
    for (size_t k = 0; k < n; k++) {
        if (field_push(L, MEANINGS, keys[k])) {
            if (lua_type(L, -1) != LUA_TSTRING) {
                session_fail(L, "options: the meaning of %s must be a string, not %s", keys[k],
                             describe(L, -1));
            }
            lua_pop(L, 1);
        }
    }
}

/* An option `seed` is the seed of the script's runs and of math.random. */
static void set_seeds(lua_State *L, struct session *session) {
    lua_settop(L, KEYS);
    if (field_push(L, OPTIONS, "seed") && lua_isinteger(L, -1)) {
        session->seed = field_integer(L, "options", "seed", 0, INT64_MAX);
    }
    if (lua_getglobal(L, "math") == LUA_TTABLE && lua_getfield(L, -1, "randomseed") != LUA_TNIL) {
        lua_pushinteger(L, (lua_Integer)session->seed);
        lua_call(L, 1, 0);
    }
}

/* (options, key) -> nothing: fails for an unknown key. The options are upvalue 1. */
static int refuse_key(lua_State *L) {
    if (lua_type(L, 2) != LUA_TSTRING) {
        lua_pushnil(L);
        return 1;
    }
    size_t n;
    const char *const *keys = keys_sorted(L, lua_upvalueindex(1), "options", &n);
    const char *key = lua_tostring(L, 2);
    char suggestion[SUGGESTION_SIZE];
    session_fail(L, "the script has no option \"%s\"%s", key,
                 suggest_text(key, n, keys, suggestion));
}

static void guard_keys(lua_State *L) {
    lua_settop(L, OPTIONS);
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, DEFAULTS);
    lua_pushcclosure(L, refuse_key, 1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, OPTIONS);
}

static void copy_defaults(lua_State *L, const struct settings *settings) {
    for (lua_pushnil(L); lua_next(L, DEFAULTS) != 0;) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, OPTIONS);
    }
    if (settings->has_seed && field_push(L, DEFAULTS, "seed")) {
        lua_pushinteger(L, (lua_Integer)settings->seed);
        lua_setfield(L, OPTIONS, "seed");
        lua_pop(L, 1);
    }
}

/* (defaults, meanings) -> options */
static int options(lua_State *L) {
    struct session *session = session_of(L);
    struct settings *settings = session->settings;
    lua_settop(L, 2);
    if (!lua_istable(L, DEFAULTS)) {
        session_fail(L, "options: must be a table of defaults, not %s", describe(L, DEFAULTS));
    }
    if (settings->options_taken) {
        session_fail(L, "options: must be called only once in a script");
    }
    lua_newtable(L);
    size_t n;
    const char *const *keys = keys_sorted(L, DEFAULTS, "options", &n);
    check_defaults(L, n, keys);
    check_meanings(L, n, keys);
    settings->options_taken = true;
    if (settings->help_json) {
        settings->cell_result = describe_options(L, n, keys);
        end_for_help(L);
    }
    if (settings->help) {
        print_help(L, settings->script, n, keys);
        end_for_help(L);
    }
    copy_defaults(L, settings);
    for (size_t i = 0; i < settings->n_overrides; i++) {
        override(L, settings->overrides[i], n, keys);
    }
    if (settings == &session->defaults) {
        override_by_arg(L, n, keys);
    }
    set_seeds(L, session);
    lua_settop(L, OPTIONS);
    char problem[256];
    json_decref(session->options);
    session->options = json_from_lua(L, OPTIONS, problem, sizeof problem);
    if (session->options == NULL) {
        session_fail(L, "options: %s", problem);
    }
    guard_keys(L);
    return 1;
}

void options_require_taken(lua_State *L) {
    const struct settings *settings = session_of(L)->settings;
    if (settings->help) {
        end_for_help(L);
    }
    if (settings->n_overrides > 0 && !settings->options_taken) {
        MISUSE(L, "\"%s\": the script has no options: it has not called synrl.options",
               settings->overrides[0]);
    }
}

const luaL_Reg options_functions[] = {{"options", options}, {NULL, NULL}};
