/* SPDX-License-Identifier: MIT */
/* The result of a training run: summary, policy, weights.
 *
 * The network and its data are freed by then; model and loss are kept to evaluate the weights. */
#include "lua/result.h"

#include <stdio.h>

#include "base/count.h"
#include "base/reads.h"
#include "lua/dataset.h"
#include "lua/evaluation.h"
#include "lua/fields.h"
#include "lua/history.h"
#include "lua/known.h"
#include "lua/session.h"
#include "runs/trained.h"

struct trained_network *result_push(lua_State *L) {
    return box_push(L, &result_type, sizeof(struct trained_network));
}

void result_guard_summary(lua_State *L, const struct metric_names *own) {
    static const char *const optional[] = {"best", "diverged", "run", "stopped"};
    const char *names[METRICS_MAX + COUNT_OF(optional)];
    size_t n = 0;
    for (; n < metric_count(own); n++) {
        names[n] = metric_name(own, n);
    }
    for (size_t i = 0; i < COUNT_OF(optional); i++) {
        names[n++] = optional[i];
    }
    known_set(L, "the summary of a run", n, names);
}

struct trained_network *result_at(lua_State *L, int index) {
    struct trained_network *result = luaL_testudata(L, index, result_type.name);
    return result != NULL && result->weights.n > 0 ? result : NULL;
}

static struct trained_network *check_result(lua_State *L) {
    struct trained_network *result = result_at(L, 1);
    if (result == NULL) {
        session_fail(L, "the result of synrl.train or synrl.load is expected, not %s",
                     describe(L, 1));
    }
    return result;
}

/* One that can be asked: a file of weights has no model. */
static struct trained_network *check_network(lua_State *L, const char *who) {
    struct trained_network *result = check_result(L);
    if (result->model == NULL) {
        session_fail(L,
                     "%s: a file of weights has no model: call synrl.evaluate { model = ..., "
                     "weights = ... }",
                     who);
    }
    return result;
}

/* Pushes a tensor: its weights row after row, and its shape. */
static void push_tensor(lua_State *L, const struct tensors *tensors, const struct tensor *tensor) {
    const size_t n = tensor_size(tensor);
    lua_createtable(L, n < INT32_MAX ? (int)n : 0, 2);
    for (size_t i = 0; i < n; i++) {
        lua_pushnumber(L, (lua_Number)tensors->values[tensor->first + i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    field_set_integer(L, "rows", tensor->n_rows);
    field_set_integer(L, "columns", tensor->n_columns > 0 ? tensor->n_columns : 1);
}

/* () -> {["layer1.weight"] = {rows = .., columns = .., w11, w12, ..}, ..} */
static int weights(lua_State *L) {
    const struct tensors *tensors = &check_result(L)->weights;
    lua_newtable(L);
    for (size_t t = 0; t < tensors->n; t++) {
        push_tensor(L, tensors, &tensors->items[t]);
        lua_setfield(L, -2, tensors->items[t].name);
    }
    return 1;
}

/* (path): NPZ or safetensors, by its ending */
static int save(lua_State *L) {
    struct session *session = session_of(L);
    const struct trained_network *result = check_result(L);
    if (lua_type(L, 2) != LUA_TSTRING) {
        session_fail(L, "save: the path must be a string, not %s", describe(L, 2));
    }
    const char *path = lua_tostring(L, 2);
    session_check(L, session, reads_exclude(session->core, path));
    session_check(L, session, tensors_write(session->core, path, &result->weights, true));
    return 0;
}

/* (data set) -> table, as from synrl.evaluate */
static int evaluate_on(lua_State *L) {
    const struct trained_network *result = check_network(L, "evaluate");
    lua_settop(L, 2);
    return evaluation_push(L, result, dataset_read(L, 2, "evaluate: the data"), false);
}

/* (data set) -> {classes, predicted, outputs, probabilities}, each with one entry per sample */
static int predict(lua_State *L) {
    const struct trained_network *result = check_network(L, "predict");
    lua_settop(L, 2);
    return prediction_push(L, result, dataset_read(L, 2, "predict: the data"));
}

/* (data set) -> the same, normalised as the run's own data was */
static int normalise(lua_State *L) {
    struct session *session = session_of(L);
    const struct trained_network *result = check_network(L, "normalise");
    lua_settop(L, 2);
    struct dataset **box = dataset_push(L);
    *box = dataset_retain(dataset_read(L, 2, "normalise: the data"));
    session_check(L, session, steps_repeat(session->core, result->steps, box));
    return 1;
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

/* A table once it has been asked for; nothing for a file of weights. */
static int get_history(lua_State *L) {
    const struct trained_network *result = luaL_checkudata(L, 1, result_type.name);
    if (lua_getiuservalue(L, 1, RESULT_HISTORY) != LUA_TNIL && !lua_istable(L, -1)) {
        history_push_table(L, result->is_loaded);
        lua_pushvalue(L, -1);
        lua_setiuservalue(L, 1, RESULT_HISTORY);
    }
    return 1;
}

static int result_free(lua_State *L) {
    struct trained_network *result = luaL_checkudata(L, 1, result_type.name);
    struct session *session = session_of(L);
    component_release(result->model);
    component_release(result->loss);
    tensors_free(session->core, &result->weights);
    classes_free(session->core, &result->classes);
    json_decref(result->steps);
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

/* "result "adaptive": loss 0.02, accuracy 0.97 after 60000 iterations" */
static int result_tostring(lua_State *L) {
    const struct trained_network *result = result_at(L, 1);
    luaL_Buffer text;
    if (result == NULL) {
        lua_pushliteral(L, "closed result");
        return 1;
    }
    lua_getiuservalue(L, 1, RESULT_SUMMARY);
    const int summary = lua_gettop(L);
    if (!lua_istable(L, summary)) {
        lua_pushfstring(L, "%d weights in %d tensors", (int)result->weights.n_values,
                        (int)result->weights.n);
        return 1;
    }
    static const char *const shown[] = {"loss", "accuracy", "valid_loss", "valid_accuracy"};
    lua_getfield(L, summary, "name");
    lua_getfield(L, summary, "iterations");
    const char *name = luaL_tolstring(L, summary + 1, NULL);
    const char *iterations = luaL_tolstring(L, summary + 2, NULL);
    luaL_buffinit(L, &text);
    lua_pushfstring(L, "result \"%s\": %s iterations", name, iterations);
    luaL_addvalue(&text);
    for (size_t i = 0; i < COUNT_OF(shown); i++) {
        if (lua_getfield(L, summary, shown[i]) == LUA_TNUMBER) {
            char number[64];
            snprintf(number, sizeof number, ", %s %.6g", shown[i], lua_tonumber(L, -1));
            lua_pop(L, 1);
            luaL_addstring(&text, number);
        } else {
            lua_pop(L, 1);
        }
    }
    luaL_pushresult(&text);
    return 1;
}

static const luaL_Reg metamethods[] = {{"__tostring", result_tostring}, {NULL, NULL}};

static const luaL_Reg methods[] = {{"evaluate", evaluate_on}, {"normalise", normalise},
                                   {"predict", predict},      {"save", save},
                                   {"weights", weights},      {NULL, NULL}};

static const luaL_Reg properties[] = {{"diverged", get_diverged},
                                      {"history", get_history},
                                      {"policy", get_policy},
                                      {"summary", get_summary},
                                      {NULL, NULL}};

const struct type result_type = {"synrl.result", result_free, metamethods, methods, properties};
