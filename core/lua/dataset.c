/* SPDX-License-Identifier: MIT */
/* Data sets as Lua objects. */
#include "lua/dataset.h"

#include <stdio.h>

#include "lua/fields.h"
#include "lua/make.h"
#include "lua/session.h"

struct dataset **dataset_push(lua_State *L) {
    return box_push(L, &dataset_type, sizeof(struct dataset *));
}

struct dataset *dataset_at(lua_State *L, int index) {
    struct dataset **box = luaL_testudata(L, index, dataset_type.name);
    return box != NULL ? *box : NULL;
}

struct dataset *dataset_read(lua_State *L, int index, const char *who) {
    struct dataset *dataset = dataset_at(L, index);
    if (dataset == NULL) {
        session_fail(L, "%s must be a data set (synrl.dataset), not %s", who, describe(L, index));
    }
    return dataset;
}

/* (id, parameters) -> data set, with its samples */
static int new_dataset(lua_State *L) {
    struct session *session = session_of(L);
    lua_settop(L, 2);
    if (lua_type(L, 1) != LUA_TSTRING) {
        session_fail(L, "synrl.dataset: the id must be a string, not %s", describe(L, 1));
    }
    struct component *component = component_make(L, SYNRL_KIND_DATASET, lua_tostring(L, 1), 2);
    struct dataset **box = dataset_push(L);
    session_check(L, session, dataset_create(session->core, component, box));
    return 1;
}

/* (fraction, seed) -> data set, data set */
static int split(lua_State *L) {
    struct session *session = session_of(L);
    lua_settop(L, 3);
    struct dataset *whole = dataset_read(L, 1, "split: the data set");
    lua_pushvalue(L, 2);
    const double fraction = field_number(L, "split", "the fraction", 0, 1);
    const uint64_t seed =
        lua_isnil(L, 3) ? session->seed : argument_integer(L, 3, "split: the seed", 0, INT64_MAX);
    struct dataset **first = dataset_push(L), **second = dataset_push(L);
    session_check(L, session, dataset_split(whole, fraction, seed, first, second));
    return 2;
}

static void set_class_names(lua_State *L, const synrl_data *data) {
    if (data->class_names == NULL) {
        return;
    }
    lua_createtable(L, (int)data->n_classes, 0);
    for (size_t c = 0; c < data->n_classes; c++) {
        lua_pushstring(L, data->class_names[c]);
        lua_rawseti(L, -2, (lua_Integer)c + 1);
    }
    lua_setfield(L, -2, "class_names");
}

static void set_input_names(lua_State *L, const synrl_data *data) {
    if (data->input_names == NULL) {
        return;
    }
    lua_createtable(L, (int)data->n_inputs, 0);
    for (size_t i = 0; i < data->n_inputs; i++) {
        lua_pushstring(L, data->input_names[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "input_names");
}

/* () -> table of shapes and names */
static int info(lua_State *L) {
    const struct dataset *dataset = dataset_read(L, 1, "info: the data set");
    const synrl_data *data = dataset_data(dataset);
    lua_createtable(L, 0, 10);
    field_set_string(L, "id", dataset_id(dataset));
    field_set_integer(L, "samples", data->n_samples);
    field_set_integer(L, "inputs", data->n_inputs);
    field_set_integer(L, "targets", data->targets != NULL ? data->n_targets : 0);
    field_set_integer(L, "classes", data->n_classes);
    set_class_names(L, data);
    set_input_names(L, data);
    field_set_string(L, "format", data->format == SYNRL_INPUT_BYTES ? "bytes" : "floats");
    if (data->height > 0) {
        field_set_integer(L, "height", data->height);
        field_set_integer(L, "width", data->width);
        field_set_integer(L, "channels", data->n_channels);
    }
    return 1;
}

static int dataset_length(lua_State *L) {
    lua_pushinteger(L, (lua_Integer)dataset_data(dataset_read(L, 1, "#"))->n_samples);
    return 1;
}

static int dataset_tostring(lua_State *L) {
    const struct dataset *dataset = dataset_read(L, 1, "tostring: the data set");
    const synrl_data *data = dataset_data(dataset);
    char text[256];
    snprintf(text, sizeof text, "dataset \"%s\": %zu samples of %zu inputs", dataset_id(dataset),
             data->n_samples, data->n_inputs);
    lua_pushstring(L, text);
    return 1;
}

static int dataset_free(lua_State *L) {
    struct dataset **box = luaL_checkudata(L, 1, dataset_type.name);
    session_of(L);
    dataset_release(*box);
    *box = NULL;
    return 0;
}

static const luaL_Reg metamethods[] = {
    {"__len", dataset_length}, {"__tostring", dataset_tostring}, {NULL, NULL}};

static const luaL_Reg methods[] = {{"info", info}, {"split", split}, {NULL, NULL}};

const struct type dataset_type = {"synrl.dataset", dataset_free, metamethods, methods, NULL};

const luaL_Reg dataset_functions[] = {{"dataset", new_dataset}, {NULL, NULL}};
