/* SPDX-License-Identifier: MIT */
/* Reading tables of named values: unknown keys, wrong types and values out of range are errors that
 * name the key, the value given and the values accepted. Access is raw, so no metamethod runs. */
#include "lua/fields.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/names.h"
#include "base/suggest.h"
#include "lua/session.h"

static size_t count_keys(lua_State *L, int index, const char *who) {
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, index) != 0; n++) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING) {
            luaL_tolstring(L, -1, NULL);
            session_fail(L, "%s: a value without a name at [%s]; write name = value", who,
                         lua_tostring(L, -1));
        }
    }
    return n;
}

const char **keys_sorted(lua_State *L, int index, const char *who, size_t *n) {
    index = lua_absindex(L, index);
    luaL_checkstack(L, 6, NULL);
    *n = count_keys(L, index, who);
    const char **keys = lua_newuserdatauv(L, (*n + 1) * sizeof *keys, 0);
    size_t k = 0;
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        keys[k++] = lua_tostring(L, -2);
    }
    names_sort(*n, keys);
    return keys;
}

static bool is_among(const char *word, size_t n, const char *const *words) {
    for (size_t i = 0; i < n; i++) {
        if (strcmp(word, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

void keys_check(lua_State *L, int index, const char *who, size_t n, const char *const *names) {
    if (!lua_istable(L, index)) {
        session_fail(L, "%s: must be a table of named values, not %s", who, describe(L, index));
    }
    size_t n_keys;
    const char **keys = keys_sorted(L, index, who, &n_keys);
    for (size_t k = 0; k < n_keys; k++) {
        if (!is_among(keys[k], n, names)) {
            char suggestion[SUGGESTION_SIZE];
            session_fail(L, "%s: unknown key \"%s\"%s", who, keys[k],
                         suggest_text(keys[k], n, names, suggestion));
        }
    }
    lua_pop(L, 1);
}

bool field_push(lua_State *L, int table, const char *name) {
    table = lua_absindex(L, table);
    luaL_checkstack(L, 4, NULL);
    lua_pushstring(L, name);
    if (lua_rawget(L, table) != LUA_TNIL) {
        return true;
    }
    lua_pop(L, 1);
    return false;
}

double field_number(lua_State *L, const char *who, const char *name, double min, double max) {
    const double value = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : (double)NAN;
    if (!(value >= min && value <= max)) {
        session_fail(L, "%s: %s must be a number from %f to %f, not %s", who, name, min, max,
                     describe(L, -1));
    }
    lua_pop(L, 1);
    return value;
}

uint64_t argument_integer(lua_State *L, int index, const char *who, int64_t min, int64_t max) {
    int is_integer = 0;
    const lua_Integer value =
        lua_type(L, index) == LUA_TNUMBER ? lua_tointegerx(L, index, &is_integer) : 0;
    if (is_integer == 0 || value < min || value > max) {
        if (max == INT64_MAX) {
            session_fail(L, "%s must be an integer of at least %I, not %s", who, (LUAI_UACINT)min,
                         describe(L, index));
        }
        session_fail(L, "%s must be an integer from %I to %I, not %s", who, (LUAI_UACINT)min,
                     (LUAI_UACINT)max, describe(L, index));
    }
    return (uint64_t)value;
}

uint64_t field_integer(lua_State *L, const char *who, const char *name, int64_t min, int64_t max) {
    const char *place = lua_pushfstring(L, "%s: %s", who, name);
    const uint64_t value = argument_integer(L, -2, place, min, max);
    lua_pop(L, 2);
    return value;
}

/* Writing -------------------------------------------------------------------------------------- */

void field_set_integer(lua_State *L, const char *name, uint64_t value) {
    lua_pushinteger(L, (lua_Integer)value);
    lua_setfield(L, -2, name);
}

void field_set_number(lua_State *L, const char *name, double value) {
    if (!isnan(value)) {
        lua_pushnumber(L, value);
        lua_setfield(L, -2, name);
    }
}

void field_set_string(lua_State *L, const char *name, const char *text) {
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

/* Lists ---------------------------------------------------------------------------------------- */

bool table_is_list(lua_State *L, int index, size_t *n) {
    size_t n_keys = 0;
    *n = lua_rawlen(L, index);
    for (lua_pushnil(L); lua_next(L, index) != 0; n_keys++) {
        lua_pop(L, 1);
        const lua_Integer key = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
        if (key < 1 || (lua_Unsigned)key > *n) {
            lua_pop(L, 1);
            return false;
        }
    }
    return n_keys == *n;
}

const char **names_push(lua_State *L, int list, const char *who, size_t *n) {
    if (!lua_istable(L, list) || !table_is_list(L, list, n)) {
        session_fail(L, "%s must be a list of names, not %s", who, describe(L, list));
    }
    lua_createtable(L, (int)*n, 0);
    const int texts = lua_gettop(L);
    const char **names = lua_newuserdatauv(L, (*n + 1) * sizeof *names, 0);
    for (size_t c = 0; c < *n; c++) {
        lua_rawgeti(L, list, (lua_Integer)c + 1);
        if (lua_type(L, -1) != LUA_TSTRING && !lua_isinteger(L, -1)) {
            session_fail(L, "%s: entry %I must be a string or an integer, not %s", who,
                         (LUAI_UACINT)c + 1, describe(L, -1));
        }
        names[c] = lua_tostring(L, -1);
        lua_rawseti(L, texts, (lua_Integer)c + 1);
    }
    return names;
}
