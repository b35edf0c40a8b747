/* SPDX-License-Identifier: MIT */
/* The result of a training run: summary, policy, weights.
 *
 * The network and its data are freed by then; model and loss are kept to evaluate the weights. */
#include "lua/result.h"

#include "lua/dataset.h"
#include "lua/evaluation.h"
#include "lua/fields.h"
#include "lua/session.h"

struct trained_network *result_push(lua_State *L) {
    return box_push(L, &result_type, sizeof(struct trained_network));
}

struct trained_network *result_at(lua_State *L, int index) {
    struct trained_network *result = luaL_testudata(L, index, result_type.name);
    return result != NULL && result->weights != NULL ? result : NULL;
}

static struct trained_network *check_result(lua_State *L) {
    struct trained_network *result = result_at(L, 1);
    if (result == NULL) {
        session_fail(L, "the result of synrl.train is expected, not %s", describe(L, 1));
    }
    return result;
}

/* Reads a number of the table on top of the stack, {name, first, rows, columns}. */
static lua_Integer tensor_field(lua_State *L, int field) {
    lua_rawgeti(L, -1, field);
    const lua_Integer value = lua_tointeger(L, -1);
    lua_pop(L, 1);
    return value;
}

/* Pushes the tensor that the table on top of the stack describes: its weights row after row, and
 * its shape. */
static void push_tensor(lua_State *L, const struct trained_network *result) {
    const lua_Integer first = tensor_field(L, 2), rows = tensor_field(L, 3),
                      columns = tensor_field(L, 4);
    const lua_Integer n = rows * columns;
    lua_createtable(L, n < INT32_MAX ? (int)n : 0, 2);
    for (lua_Integer i = 0; i < n; i++) {
        lua_pushnumber(L, (lua_Number)result->weights[first + i]);
        lua_rawseti(L, -2, i + 1);
    }
    field_set_integer(L, "rows", (uint64_t)rows);
    field_set_integer(L, "columns", (uint64_t)columns);
}

/* () -> {["layer1.weight"] = {rows = .., columns = .., w11, w12, ..}, ..} */
static int weights(lua_State *L) {
    const struct trained_network *result = check_result(L);
    lua_settop(L, 1);
    lua_getiuservalue(L, 1, RESULT_TENSORS);
    const lua_Integer n = (lua_Integer)lua_rawlen(L, 2);
    lua_newtable(L);
    for (lua_Integer t = 1; t <= n; t++) {
        lua_rawgeti(L, 2, t);
        lua_rawgeti(L, 4, 1);
        lua_insert(L, 4);
        push_tensor(L, result);
        lua_replace(L, 5);
        lua_rawset(L, 3);
    }
    return 1;
}

/* (data set) -> table, as from synrl.evaluate */
static int evaluate_on(lua_State *L) {
    check_result(L);
    lua_settop(L, 2);
    return evaluation_push(L, result_at(L, 1), dataset_read(L, 2, "evaluate: the data"), false);
}

static int get_summary(lua_State *L) {
    luaL_checkudata(L, 1, result_type.name);
    lua_getiuservalue(L, 1, RESULT_SUMMARY);
    return 1;
}

/* A script that asks is taken to handle the answer: the program then reports no error. */
static int get_diverged(lua_State *L) {
    struct trained_network *result = luaL_checkudata(L, 1, result_type.name);
    session_of(L)->settings->n_diverged -= result->is_unasked;
    result->is_unasked = false;
    lua_pushboolean(L, result->is_diverged);
    return 1;
}

static int get_policy(lua_State *L) {
    luaL_checkudata(L, 1, result_type.name);
    lua_getiuservalue(L, 1, RESULT_POLICY);
    return 1;
}

static int result_free(lua_State *L) {
    struct trained_network *result = luaL_checkudata(L, 1, result_type.name);
    struct session *session = session_of(L);
    component_release(result->model);
    component_release(result->loss);
    core_free(session->core, result->weights);
    classes_free(session->core, &result->classes);
    *result = (struct trained_network){0};
    return 0;
}

bool result_push_summary(lua_State *L, int index) {
    if (luaL_testudata(L, index, result_type.name) == NULL) {
        return false;
    }
    lua_getiuservalue(L, index, RESULT_SUMMARY);
    return true;
}

static const luaL_Reg methods[] = {{"evaluate", evaluate_on}, {"weights", weights}, {NULL, NULL}};

static const luaL_Reg properties[] = {
    {"diverged", get_diverged}, {"policy", get_policy}, {"summary", get_summary}, {NULL, NULL}};

const struct type result_type = {"synrl.result", result_free, NULL, methods, properties};
