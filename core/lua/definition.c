/* SPDX-License-Identifier: MIT */
#include "lua/definition.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "lua/fields.h"
#include "lua/make.h"
#include "lua/session.h"
#include "plugin/plugin_check.h"

const char *definition_keep(const struct definition_reader *reader) {
    lua_State *L = reader->L;
    const char *text = lua_tostring(L, -1);
    lua_rawseti(L, reader->strings, (lua_Integer)lua_rawlen(L, reader->strings) + 1);
    return text;
}

const char *definition_text(const struct definition_reader *reader, int table, const char *name,
                            const char *otherwise) {
    lua_State *L = reader->L;
    if (!field_push(L, table, name)) {
        return otherwise;
    }
    if (lua_type(L, -1) != LUA_TSTRING) {
        session_fail(L, "%s: %s must be a string, not %s", reader->who, name, describe(L, -1));
    }
    return definition_keep(reader);
}

int definition_function(const struct definition_reader *reader, const char *name) {
    lua_State *L = reader->L;
    if (!field_push(L, 1, name)) {
        return LUA_NOREF;
    }
    if (!lua_isfunction(L, -1)) {
        session_fail(L, "%s: %s must be a function (of C, synrl.%s.c), not %s", reader->who, name,
                     reader->kind, describe(L, -1));
    }
    return luaL_ref(L, LUA_REGISTRYINDEX);
}

void definition_each(const struct definition_reader *reader, const char *field, uint32_t most,
                     void (*read)(const struct definition_reader *reader, void *context,
                                  const char *name),
                     void *context) {
    lua_State *L = reader->L;
    const int top = lua_gettop(L);
    size_t n;
    if (!field_push(L, 1, field)) {
        return;
    }
    if (!lua_istable(L, -1)) {
        session_fail(L, "%s: %s must be a table, not %s", reader->who, field, describe(L, -1));
    }
    const char *who = lua_pushfstring(L, "%s: %s", reader->who, field);
    const char **names = keys_sorted(L, top + 1, who, &n);
    if (n > most) {
        session_fail(L, "%s: %I of them: must be at most %I", who, (LUAI_UACINT)n,
                     (LUAI_UACINT)most);
    }
    for (size_t i = 0; i < n; i++) {
        if (!is_plugin_id(names[i])) {
            session_fail(L, "%s: \"%s\": must be lower-case letters, digits and _", who, names[i]);
        }
        lua_pushstring(L, names[i]);
        const char *name = definition_keep(reader);
        lua_getfield(L, top + 1, name);
        read(reader, context, name);
        lua_settop(L, top + 3);
    }
    lua_settop(L, top);
}

/* Parameters ----------------------------------------------------------------------------------- */

struct rows {
    struct definition_params *params;
    synrl_param_type type;
    size_t offset, size;
};

/* A bound of the parameter in the table at the index. */
static double bound(const struct definition_reader *reader, int table, const char *name,
                    const char *which, double otherwise) {
    lua_State *L = reader->L;
    if (!field_push(L, table, which)) {
        return otherwise;
    }
    if (lua_type(L, -1) != LUA_TNUMBER || !isfinite(lua_tonumber(L, -1))) {
        session_fail(L, "%s: %s of parameter %s must be a finite number, not %s", reader->who,
                     which, name, describe(L, -1));
    }
    const double value = lua_tonumber(L, -1);
    lua_pop(L, 1);
    return value;
}

/* number, or { number, min =, max =, meaning = } */
static void read_parameter(const struct definition_reader *reader, void *context,
                           const char *name) {
    lua_State *L = reader->L;
    const struct rows *rows = context;
    struct definition_params *params = rows->params;
    const uint32_t p = params->n++;
    synrl_param *param = &params->rows[p];
    const int table = lua_gettop(L);
    *param = (synrl_param){.name = name,
                           .type = rows->type,
                           .offset = rows->offset + p * rows->size,
                           .default_text = params->defaults[p],
                           .meaning = name};
    if (lua_istable(L, table)) {
        static const char *const bounds[] = {"min", "max"};
        const bool has_bound = bound(reader, table, name, bounds[0], -DBL_MAX) > -DBL_MAX ||
                               bound(reader, table, name, bounds[1], DBL_MAX) < DBL_MAX;
        param->min = has_bound ? bound(reader, table, name, bounds[0], -SYNRL_UNBOUNDED) : 0.0;
        param->max = has_bound ? bound(reader, table, name, bounds[1], SYNRL_UNBOUNDED) : 0.0;
        param->meaning = definition_text(reader, table, "meaning", name);
        lua_rawgeti(L, table, 1);
    }
    if (lua_type(L, -1) != LUA_TNUMBER || !isfinite(lua_tonumber(L, -1))) {
        session_fail(L, "%s: the default of parameter %s must be a finite number, not %s",
                     reader->who, name, describe(L, -1));
    }
    const double value = lua_tonumber(L, -1);
    number_write_shortest(params->defaults[p], value);
    if ((param->min != 0.0 || param->max != 0.0) && !(value >= param->min && value <= param->max)) {
        char limit[NUMBER_SIZE];
        number_write_shortest(limit, value < param->min ? param->min : param->max);
        session_fail(L, "%s: parameter %s = %s: must be at %s %s", reader->who, name,
                     params->defaults[p], value < param->min ? "least" : "most", limit);
    }
}

void definition_params(const struct definition_reader *reader, synrl_param_type type, size_t offset,
                       size_t size, struct definition_params *params) {
    struct rows rows = {params, type, offset, size};
    definition_each(reader, "parameters", FIELDS_MOST, read_parameter, &rows);
}

/* The whole ------------------------------------------------------------------------------------ */

const char *definition_begin(lua_State *L, struct definition_reader *reader, const char *kind,
                             size_t n_keys, const char *const *keys) {
    lua_settop(L, 1);
    luaL_checkstack(L, 24, NULL);
    lua_newtable(L);
    *reader = (struct definition_reader){.L = L, .kind = kind, .strings = 2};
    reader->who = lua_pushfstring(L, "synrl.%s", kind);
    definition_keep(reader);
    keys_check(L, 1, reader->who, n_keys, keys);
    lua_settop(L, 2);
    const char *name = definition_text(reader, 1, "name", "lua");
    if (!is_plugin_id(name)) {
        session_fail(L, "%s: name \"%s\": must be lower-case letters, digits and _, at most 63",
                     reader->who, name);
    }
    reader->who = lua_pushfstring(L, "%s \"%s\"", kind, name);
    definition_keep(reader);
    return name;
}

void definition_entry(const struct definition_reader *reader, synrl_kind kind, const char *name,
                      const struct definition_params *params, size_t config_size, const void *ops,
                      synrl_plugin *entry) {
    *entry =
        (synrl_plugin){.abi_major = SYNRL_ABI_MAJOR,
                       .abi_minor = SYNRL_ABI_MINOR,
                       .size = sizeof(synrl_plugin),
                       .param_size = sizeof(synrl_param),
                       .kind = kind,
                       .id = name,
                       .version = "1.0.0",
                       .summary = definition_text(reader, 1, "summary", "a function of a script"),
                       .source = definition_text(reader, 1, "source", ""),
                       .n_params = params->n,
                       .config_size = (uint32_t)config_size,
                       .params = params->rows,
                       .ops = ops};
}

int definition_end(const struct definition_reader *reader, int userdata, struct plugin *plugin,
                   const synrl_plugin *entry) {
    lua_State *L = reader->L;
    *plugin = (struct plugin){.entry = entry,
                              .file = "script",
                              .code = plugin_code_function,
                              .context = lua_touserdata(L, userdata)};
    lua_pushvalue(L, reader->strings);
    lua_setiuservalue(L, userdata, 1);
    lua_pushvalue(L, userdata);
    luaL_ref(L, LUA_REGISTRYINDEX);
    component_make_of(L, plugin, 0);
    return 1;
}
