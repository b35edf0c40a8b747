/* SPDX-License-Identifier: MIT */
/* Lua values as JSON, and back. */
#include "lua/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "lua/fields.h"
#include "lua/result.h"

enum { DEPTH_MAX = 64 };

struct conversion {
    char *problem;
    size_t problem_size;
    int depth;
};

static json_t *convert(lua_State *L, int index, struct conversion *conversion);

static json_t *refuse_value(struct conversion *conversion, const char *what) {
    snprintf(conversion->problem, conversion->problem_size, "the script's result contains %s",
             what);
    return NULL;
}

static json_t *convert_list(lua_State *L, int index, struct conversion *conversion) {
    json_t *list = json_array();
    const lua_Integer n = (lua_Integer)lua_rawlen(L, index);
    for (lua_Integer i = 1; i <= n && list != NULL; i++) {
        lua_rawgeti(L, index, i);
        if (json_array_append_new(list, convert(L, lua_gettop(L), conversion)) != 0) {
            json_decref(list);
            list = NULL;
        }
        lua_pop(L, 1);
    }
    return list;
}

/* The key below the top of the stack, as text. */
static const char *key_text(lua_State *L, char *buffer, size_t size) {
    if (lua_type(L, -2) == LUA_TSTRING) {
        return lua_tostring(L, -2);
    }
    if (!lua_isinteger(L, -2)) {
        return NULL;
    }
    snprintf(buffer, size, "%lld", (long long)lua_tointeger(L, -2));
    return buffer;
}

static json_t *convert_table(lua_State *L, int index, struct conversion *conversion) {
    json_t *object = json_object();
    for (lua_pushnil(L); object != NULL && lua_next(L, index) != 0; lua_pop(L, 1)) {
        char buffer[32];
        const char *key = key_text(L, buffer, sizeof buffer);
        json_t *name = json_text_bytes(key), *value = NULL;
        if (json_is_string(name) && json_object_get(object, json_string_value(name)) == NULL) {
            value = convert(L, lua_gettop(L), conversion);
        } else if (name != NULL) {
            refuse_value(conversion, "a key that is not a name");
        }
        if (value == NULL || json_object_set_new(object, json_string_value(name), value) != 0) {
            json_decref(object);
            object = NULL;
        }
        json_decref(name);
    }
    return object;
}

static json_t *convert_nested(lua_State *L, int index, struct conversion *conversion) {
    if (conversion->depth == DEPTH_MAX || lua_checkstack(L, 8) == 0) {
        return refuse_value(conversion, "tables nested too deeply, or in a cycle");
    }
    size_t n;
    conversion->depth++;
    json_t *value = table_is_list(L, index, &n) && n > 0 ? convert_list(L, index, conversion)
                                                         : convert_table(L, index, conversion);
    conversion->depth--;
    return value;
}

static json_t *convert_other(lua_State *L, int index, struct conversion *conversion) {
    if (result_push_summary(L, index)) {
        json_t *value = convert(L, lua_gettop(L), conversion);
        lua_pop(L, 1);
        return value;
    }
    char what[64];
    snprintf(what, sizeof what, "a %s, which JSON cannot express", luaL_typename(L, index));
    return refuse_value(conversion, what);
}

static json_t *convert_string(lua_State *L, int index) {
    size_t size;
    const char *text = lua_tolstring(L, index, &size);
    return json_bytes(text, size);
}

static json_t *convert(lua_State *L, int index, struct conversion *conversion) {
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        return json_null();
    case LUA_TBOOLEAN:
        return json_boolean(lua_toboolean(L, index));
    case LUA_TNUMBER:
        if (lua_isinteger(L, index)) {
            return json_integer(lua_tointeger(L, index));
        }
        return isfinite(lua_tonumber(L, index)) ? json_real(lua_tonumber(L, index)) : json_null();
    case LUA_TSTRING:
        return convert_string(L, index);
    case LUA_TTABLE:
        return convert_nested(L, index, conversion);
    default:
        return convert_other(L, index, conversion);
    }
}

json_t *json_from_lua(lua_State *L, int index, char *problem, size_t problem_size) {
    struct conversion conversion = {problem, problem_size, 0};
    snprintf(problem, problem_size, "not enough memory");
    return convert(L, lua_absindex(L, index), &conversion);
}

static void push_string(lua_State *L, const char *text, size_t n) {
    luaL_Buffer buffer;
    char *copy = luaL_buffinitsize(L, &buffer, n + 1);
    memcpy(copy, text, n);
    copy[n] = '\0';
    luaL_pushresultsize(&buffer, json_unescape(copy, n));
}

void json_to_lua(lua_State *L, const json_t *value) {
    luaL_checkstack(L, 4, NULL);
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        lua_newtable(L);
        for (void *at = json_object_iter((json_t *)value); at != NULL;
             at = json_object_iter_next((json_t *)value, at)) {
            const char *key = json_object_iter_key(at);
            push_string(L, key, strlen(key));
            json_to_lua(L, json_object_iter_value(at));
            lua_rawset(L, -3);
        }
        break;
    case JSON_ARRAY:
        lua_newtable(L);
        for (size_t i = 0; i < json_array_size(value); i++) {
            json_to_lua(L, json_array_get(value, i));
            lua_rawseti(L, -2, (lua_Integer)i + 1);
        }
        break;
    case JSON_STRING:
        push_string(L, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        lua_pushinteger(L, json_integer_value(value));
        break;
    case JSON_REAL:
        lua_pushnumber(L, json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        lua_pushboolean(L, json_is_true(value));
        break;
    case JSON_NULL:
        lua_pushnil(L);
        break;
    }
}
