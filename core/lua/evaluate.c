/* SPDX-License-Identifier: MIT */
/* synrl.evaluate: evaluates a network on a data set. */
#include "lua/evaluate.h"

#include "lua/dataset.h"
#include "lua/evaluation.h"
#include "lua/fields.h"
#include "lua/make.h"
#include "lua/result.h"
#include "lua/session.h"

/* {data, model, weights, loss, outputs} -> table */
static int evaluate_model(lua_State *L) {
    static const char *const names[] = {"data", "loss", "model", "outputs", "weights"};
    lua_settop(L, 1);
    keys_check(L, 1, "evaluate", 5, names);
    struct trained_network network = {0};
    if (field_push(L, 1, "weights")) {
        weights_read(L, lua_gettop(L), "evaluate: weights");
        network = *result_at(L, -1);
    }
    if (field_push(L, 1, "model")) {
        network.model = component_read(L, lua_gettop(L), SYNRL_KIND_MODEL, "evaluate: model");
    }
    if (field_push(L, 1, "loss")) {
        network.loss = component_read(L, lua_gettop(L), SYNRL_KIND_LOSS, "evaluate: loss");
    }
    if (network.model == NULL) {
        session_fail(L, "evaluate: model is missing; give a model, or the weights of a run");
    }
    if (!field_push(L, 1, "data")) {
        session_fail(L, "evaluate: data is missing");
    }
    struct dataset *data = dataset_read(L, -1, "evaluate: data");
    const bool outputs = field_push(L, 1, "outputs") && lua_toboolean(L, -1);
    return evaluation_push(L, &network, data, outputs);
}

const luaL_Reg evaluate_functions[] = {{"evaluate", evaluate_model}, {NULL, NULL}};
