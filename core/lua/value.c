/* SPDX-License-Identifier: MIT */
/* Converts Lua values to values for parameters. */
#include "lua/value.h"

#include <string.h>

#include "lua/box.h"
#include "lua/component.h"
#include "lua/fields.h"
#include "lua/policy.h"
#include "lua/schedule.h"

enum { DEPTH_MAX = 4 };

static void read_nested(lua_State *L, int index, struct value *value, int depth);

static struct value other(lua_State *L, int index) {
    return (struct value){.kind = VALUE_OTHER, .as.string = describe(L, index)};
}

static void read_list(lua_State *L, int index, struct value *value, int depth) {
    size_t n;
    if (depth == DEPTH_MAX || !table_is_list(L, index, &n)) {
        *value = (struct value){.kind = VALUE_OTHER,
                                .as.string = depth == DEPTH_MAX ? "a table nested too deeply"
                                                                : "a table with named fields"};
        return;
    }
    struct value *items = lua_newuserdatauv(L, (n + 1) * sizeof *items, 0);
    for (size_t i = 0; i < n; i++) {
        const int top = lua_gettop(L);
        lua_rawgeti(L, index, (lua_Integer)i + 1);
        read_nested(L, top + 1, &items[i], depth + 1);
        /* Values that are stored in the list itself need not stay on the stack. */
        if (items[i].kind != VALUE_LIST && items[i].kind != VALUE_OTHER &&
            items[i].kind != VALUE_SCHEDULE) {
            lua_settop(L, top);
        }
    }
    value->kind = VALUE_LIST;
    value->as.list.n = n;
    value->as.list.items = items;
}

static void read_object(lua_State *L, int index, struct value *value) {
    if ((value->as.component = component_at(L, index)) != NULL) {
        value->kind = VALUE_COMPONENT;
    } else if ((value->as.policy = policy_at(L, index)) != NULL) {
        value->kind = VALUE_POLICY;
    } else if ((value->as.schedule = schedule_at(L, index)) != NULL) {
        value->kind = VALUE_SCHEDULE;
    } else {
        *value = other(L, index);
    }
}

static void read_number(lua_State *L, int index, struct value *value) {
    if (lua_isinteger(L, index)) {
        value->kind = VALUE_INTEGER;
        value->as.integer = lua_tointeger(L, index);
    } else {
        value->kind = VALUE_NUMBER;
        value->as.number = lua_tonumber(L, index);
    }
}

static void read_string(lua_State *L, int index, struct value *value) {
    size_t length;
    value->kind = VALUE_STRING;
    value->as.string = lua_tolstring(L, index, &length);
    if (strlen(value->as.string) != length) {
        *value = (struct value){.kind = VALUE_OTHER, .as.string = "a string with a zero byte"};
    }
}

static void read_nested(lua_State *L, int index, struct value *value, int depth) {
    luaL_checkstack(L, 8, "too many values in a list");
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        value->kind = VALUE_NIL;
        break;
    case LUA_TBOOLEAN:
        value->kind = VALUE_BOOLEAN;
        value->as.boolean = lua_toboolean(L, index) != 0;
        break;
    case LUA_TNUMBER:
        read_number(L, index, value);
        break;
    case LUA_TSTRING:
        read_string(L, index, value);
        break;
    case LUA_TTABLE:
        read_list(L, index, value, depth);
        break;
    case LUA_TFUNCTION:
        value->kind = VALUE_SCHEDULE;
        value->as.schedule = *schedule_from_function(L, index);
        break;
    case LUA_TUSERDATA:
        read_object(L, index, value);
        break;
    default:
        *value = other(L, index);
        break;
    }
}

void value_read(lua_State *L, int index, struct value *value) {
    read_nested(L, lua_absindex(L, index), value, 0);
}
