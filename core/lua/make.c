/* SPDX-License-Identifier: MIT */
/* Making configured plugins: synrl.model, rule, loss, activation, layer. */
#include "lua/make.h"

#include "lua/component.h"
#include "lua/fields.h"
#include "lua/session.h"
#include "lua/value.h"
#include "plugin/kind.h"

/* For a key that is not a parameter, the message names the table. */
static void set_parameters(lua_State *L, struct component *component, int table, const char *who) {
    struct session *session = session_of(L);
    size_t n;
    const char **keys = keys_sorted(L, table, who, &n);
    for (size_t k = 0; k < n; k++) {
        const int top = lua_gettop(L);
        struct value value;
        field_push(L, table, keys[k]);
        value_read(L, top + 1, &value);
        session_check(L, session, component_set(component, keys[k], &value));
        lua_settop(L, top);
    }
    lua_pop(L, 1);
}

/* Sets the parameters of the component in the box on top of the stack. */
static struct component *configure(lua_State *L, struct component **box, const char *who,
                                   int parameters) {
    if (parameters != 0 && lua_istable(L, parameters)) {
        set_parameters(L, *box, parameters, who);
    } else if (parameters != 0 && !lua_isnoneornil(L, parameters)) {
        session_fail(L, "%s: parameters must be a table, not %s", who, describe(L, parameters));
    }
    session_check(L, session_of(L), component_finish(*box));
    return *box;
}

struct component *component_make(lua_State *L, synrl_kind kind, const char *id, int parameters) {
    struct session *session = session_of(L);
    const char *who = lua_pushfstring(L, "%s \"%s\"", kind_name(kind), id);
    struct component **box = component_push(L);
    session_check(L, session, component_create(session->core, kind, id, box));
    struct component *component = configure(L, box, who, parameters);
    lua_remove(L, -2);
    return component;
}

struct component *component_make_of(lua_State *L, const struct plugin *plugin, int parameters) {
    struct session *session = session_of(L);
    const char *who = lua_pushfstring(L, "%s \"%s\"", kind_name((synrl_kind)plugin->entry->kind),
                                      plugin->entry->id);
    struct component **box = component_push(L);
    session_check(L, session, component_create_of(session->core, plugin, box));
    struct component *component = configure(L, box, who, parameters);
    lua_remove(L, -2);
    return component;
}

int component_call(lua_State *L) {
    lua_settop(L, 2);
    const struct component *component = component_at(L, 1);
    if (component == NULL) {
        session_fail(L, "a component was expected, not %s", describe(L, 1));
    }
    component_make_of(L, component_plugin(component), 2);
    return 1;
}

struct component *component_read(lua_State *L, int index, synrl_kind kind, const char *who) {
    struct component *component = component_at(L, index);
    if (component != NULL && component_kind(component) == kind) {
        return component;
    }
    if (lua_type(L, index) == LUA_TSTRING) {
        const int none = lua_gettop(L) + 1;
        lua_pushnil(L);
        return component_make(L, kind, lua_tostring(L, index), none);
    }
    session_fail(L, "%s must be a %s (synrl.%s) or the id of one, not %s", who, kind_name(kind),
                 kind_name(kind), describe(L, index));
}

/* (id, parameters) -> component */
static int make(lua_State *L, synrl_kind kind) {
    lua_settop(L, 2);
    if (lua_type(L, 1) != LUA_TSTRING) {
        session_fail(L, "synrl.%s: the id must be a string, not %s", kind_name(kind),
                     describe(L, 1));
    }
    component_make(L, kind, lua_tostring(L, 1), 2);
    return 1;
}

static int make_activation(lua_State *L) {
    return make(L, SYNRL_KIND_ACTIVATION);
}

static int make_loss(lua_State *L) {
    return make(L, SYNRL_KIND_LOSS);
}

static int make_model(lua_State *L) {
    return make(L, SYNRL_KIND_MODEL);
}

static int make_rule(lua_State *L) {
    return make(L, SYNRL_KIND_RULE);
}

static int make_layer(lua_State *L) {
    return make(L, SYNRL_KIND_LAYER);
}

const luaL_Reg make_functions[] = {
    {"activation", make_activation}, {"layer", make_layer}, {"loss", make_loss},
    {"model", make_model},           {"rule", make_rule},   {NULL, NULL}};
