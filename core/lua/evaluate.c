/* synrl.evaluate: what a network answers on a data set. */
#include <math.h>

#include "lua/session.h"
#include "train/evaluate.h"

static int evaluation_release(lua_State *L) {
    evaluation_free(session_of(L)->core, luaL_checkudata(L, 1, evaluation_type.name));
    return 0;
}

const struct type evaluation_type = {"synrl.evaluation", evaluation_release, NULL, NULL};

static void set_number(lua_State *L, const char *name, double value) {
    if (!isnan(value)) {
        lua_pushnumber(L, value);
        lua_setfield(L, -2, name);
    }
}

/* [actual class][predicted class], both from 1. */
static void set_confusion(lua_State *L, const struct evaluation *evaluation) {
    const size_t n = evaluation->n_classes;
    lua_createtable(L, (int)n, 0);
    for (size_t actual = 0; actual < n; actual++) {
        lua_createtable(L, (int)n, 0);
        for (size_t predicted = 0; predicted < n; predicted++) {
            lua_pushinteger(L, (lua_Integer)evaluation->confusion[actual * n + predicted]);
            lua_rawseti(L, -2, (lua_Integer)predicted + 1);
        }
        lua_rawseti(L, -2, (lua_Integer)actual + 1);
    }
    lua_setfield(L, -2, "confusion");
}

static void set_predicted(lua_State *L, const struct evaluation *evaluation) {
    lua_newtable(L);
    for (size_t s = 0; s < evaluation->n_samples; s++) {
        lua_pushinteger(L, (lua_Integer)evaluation->predicted[s] + 1);
        lua_rawseti(L, -2, (lua_Integer)s + 1);
    }
    lua_setfield(L, -2, "predicted");
}

static void set_outputs(lua_State *L, const struct evaluation *evaluation) {
    const size_t n = evaluation->n_outputs;
    lua_newtable(L);
    for (size_t s = 0; s < evaluation->n_samples; s++) {
        lua_createtable(L, (int)n, 0);
        for (size_t o = 0; o < n; o++) {
            lua_pushnumber(L, (lua_Number)evaluation->outputs[s * n + o]);
            lua_rawseti(L, -2, (lua_Integer)o + 1);
        }
        lua_rawseti(L, -2, (lua_Integer)s + 1);
    }
    lua_setfield(L, -2, "outputs");
}

int evaluation_push(lua_State *L, const struct result *network, struct dataset *data,
                    bool outputs) {
    struct session *session = session_of(L);
    struct evaluation *evaluation = box_push(L, &evaluation_type, sizeof *evaluation);
    session_check(L, session,
                  evaluate(session->core, network->model, network->weights, network->n_weights,
                           network->loss, data, evaluation));
    lua_newtable(L);
    lua_pushinteger(L, (lua_Integer)evaluation->n_samples);
    lua_setfield(L, -2, "samples");
    set_number(L, "loss", evaluation->loss);
    set_number(L, "accuracy", evaluation->accuracy);
    if (evaluation->confusion != NULL) {
        set_confusion(L, evaluation);
    }
    if (outputs) {
        set_outputs(L, evaluation);
        if (evaluation->predicted != NULL) {
            set_predicted(L, evaluation);
        }
    }
    return 1;
}

/* {data, model, weights, loss, outputs} -> table */
static int evaluate_model(lua_State *L) {
    static const char *const names[] = {"data", "loss", "model", "outputs", "weights"};
    lua_settop(L, 1);
    keys_check(L, 1, "evaluate", 5, names);
    struct result network = {0};
    if (field_push(L, 1, "weights")) {
        const struct result *trained = result_at(L, -1);
        if (trained != NULL) {
            network = *trained;
        } else {
            session_fail(L, "evaluate: weights must be the result of synrl.train, not %s",
                         describe(L, -1));
        }
    }
    if (field_push(L, 1, "model")) {
        network.model = component_read(L, lua_gettop(L), SYNRL_KIND_MODEL, "evaluate: model");
    }
    if (field_push(L, 1, "loss")) {
        network.loss = component_read(L, lua_gettop(L), SYNRL_KIND_LOSS, "evaluate: loss");
    }
    if (network.model == NULL) {
        session_fail(L, "evaluate: model is missing; give a model, or weights");
    }
    if (!field_push(L, 1, "data")) {
        session_fail(L, "evaluate: data is missing");
    }
    struct dataset *data = dataset_read(L, -1, "evaluate: data");
    const bool outputs = field_push(L, 1, "outputs") && lua_toboolean(L, -1);
    return evaluation_push(L, &network, data, outputs);
}

const luaL_Reg evaluate_functions[] = {{"evaluate", evaluate_model}, {NULL, NULL}};
