/* SPDX-License-Identifier: MIT */
/* Configured plugins as Lua objects. */
#include "lua/component.h"

#include <stdio.h>
#include <stdlib.h>

#include "lua/session.h"
#include "plugin/kind.h"
#include "plugin/plugin_help.h"

struct component **component_push(lua_State *L) {
    return box_push(L, &component_type, sizeof(struct component *));
}

struct component *component_at(lua_State *L, int index) {
    struct component **box = luaL_testudata(L, index, component_type.name);
    return box != NULL ? *box : NULL;
}

synrl_kind component_kind(const struct component *component) {
    return (synrl_kind)component_plugin(component)->entry->kind;
}

static int get_id(lua_State *L) {
    const struct component *component = component_at(L, 1);
    lua_pushstring(L, component != NULL ? component_plugin(component)->entry->id : NULL);
    return 1;
}

static int get_kind(lua_State *L) {
    const struct component *component = component_at(L, 1);
    lua_pushstring(L, component != NULL ? kind_name(component_kind(component)) : NULL);
    return 1;
}

/* What `synrl help KIND ID` prints. */
static int get_help(lua_State *L) {
    const struct component *component = component_at(L, 1);
    char *text = NULL;
    size_t n = 0;
    FILE *stream = open_memstream(&text, &n);
    const bool is_whole =
        stream != NULL && component != NULL && plugin_help(component_plugin(component), stream);
    const bool is_listed = stream != NULL && fclose(stream) == 0 && is_whole;
    if (is_listed) {
        lua_pushlstring(L, text, n);
    }
    free(text);
    if (!is_listed) {
        session_fail(L, "not enough memory to list the parameters");
    }
    return 1;
}

static int component_tostring(lua_State *L) {
    const struct component *component = component_at(L, 1);
    if (component == NULL) {
        lua_pushliteral(L, "closed component");
        return 1;
    }
    lua_pushfstring(L, "%s \"%s\"", kind_name(component_kind(component)),
                    component_plugin(component)->entry->id);
    return 1;
}

static int component_describe(lua_State *L) {
    const struct component *component = component_at(L, 1);
    if (component == NULL) {
        lua_pushfstring(L, "a %s", component_type.name);
        return 1;
    }
    lua_pushliteral(L, "the ");
    component_tostring(L);
    lua_concat(L, 2);
    return 1;
}

static int component_free(lua_State *L) {
    struct component **box = luaL_checkudata(L, 1, component_type.name);
    session_of(L);
    component_release(*box);
    *box = NULL;
    return 0;
}

static const luaL_Reg metamethods[] = {
    {"__describe", component_describe}, {"__tostring", component_tostring}, {NULL, NULL}};

static const luaL_Reg properties[] = {
    {"help", get_help}, {"id", get_id}, {"kind", get_kind}, {NULL, NULL}};

const struct type component_type = {"synrl.component", component_free, metamethods, NULL,
                                    properties};
