/* SPDX-License-Identifier: MIT */
/* The evaluation of a network on a data set, as a table. */
#include "lua/evaluation.h"

#include "lua/dataset.h"
#include "lua/fields.h"
#include "lua/session.h"
#include "runs/trained.h"
#include "train/data_names.h"
#include "train/derive.h"
#include "train/evaluate.h"

static int evaluation_release(lua_State *L) {
    evaluation_free(session_of(L)->core, luaL_checkudata(L, 1, evaluation_type.name));
    return 0;
}

const struct type evaluation_type = {"synrl.evaluation", evaluation_release, NULL, NULL, NULL};

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

/* The name of a class, or its number. */
static void push_class(lua_State *L, size_t n, const char *const *names, size_t class) {
    if (class < n) {
        lua_pushstring(L, names[class]);
    } else {
        lua_pushfstring(L, "%d", (int)class);
    }
}

/* Of each class, from 1: what its samples were taken for. */
static void set_scores(lua_State *L, const struct evaluation *evaluation, size_t n,
                       const char *const *names) {
    lua_createtable(L, (int)evaluation->n_classes, 0);
    for (size_t c = 0; c < evaluation->n_classes; c++) {
        const struct class_scores scores = evaluation_class(evaluation, c);
        lua_createtable(L, 0, 5);
        push_class(L, n, names, c);
        lua_setfield(L, -2, "class");
        field_set_integer(L, "samples", scores.n_samples);
        field_set_number(L, "recall", scores.recall);
        field_set_number(L, "precision", scores.precision);
        field_set_number(L, "f1", scores.f1);
        lua_rawseti(L, -2, (lua_Integer)c + 1);
    }
    lua_setfield(L, -2, "classes");
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

/* Evaluates the network, and pushes a box that owns what was found. */
static struct evaluation *evaluate_in_box(lua_State *L, const struct trained_network *network,
                                          struct dataset *data, bool outputs) {
    struct session *session = session_of(L);
    struct evaluation *evaluation = box_push(L, &evaluation_type, sizeof *evaluation);
    struct dataset **matched = dataset_push(L);
    if (steps_normalise(network->steps) && !steps_normalise(dataset_derivation(data))) {
        core_log(session->core, SYNRL_LOG_WARNING,
                 "the network was trained on normalised inputs, and asked about inputs that are "
                 "not: result:normalise(data) makes them so");
    }
    session_check(L, session, classes_match(&network->classes, data, matched));
    session_check(L, session,
                  evaluate(session->core, network->model,
                           network->weights.n > 0 ? &network->weights : NULL, network->loss,
                           *matched, outputs, evaluation));
    return evaluation;
}

/* One that was never trained answers what it is asked. */
static bool has_predictions(const struct trained_network *network,
                            const struct evaluation *evaluation) {
    return evaluation_has_classes(evaluation, &network->classes) ||
           (evaluation->predicted != NULL && network->weights.n == 0);
}

int evaluation_push(lua_State *L, const struct trained_network *network, struct dataset *data,
                    bool outputs) {
    const struct evaluation *evaluation = evaluate_in_box(L, network, data, outputs);
    lua_newtable(L);
    field_set_integer(L, "samples", evaluation->n_samples);
    field_set_number(L, "loss", evaluation->loss);
    field_set_number(L, "accuracy", evaluation->accuracy);
    if (evaluation->confusion != NULL) {
        const synrl_data *asked = dataset_data(data);
        const struct classes own = {asked->class_names != NULL ? asked->n_classes : 0,
                                    asked->class_names};
        const struct classes *classes = network->classes.n > 0 ? &network->classes : &own;
        set_confusion(L, evaluation);
        set_scores(L, evaluation, classes->n, classes->names);
    }
    if (outputs) {
        set_outputs(L, evaluation);
        if (has_predictions(network, evaluation)) {
            set_predicted(L, evaluation);
        }
    }
    return 1;
}

/* Predictions ---------------------------------------------------------------------------------- */

static void set_class_names(lua_State *L, const struct classes *classes,
                            const struct evaluation *evaluation) {
    lua_newtable(L);
    for (size_t s = 0; s < evaluation->n_samples; s++) {
        push_class(L, classes->n, classes->names, (size_t)evaluation->predicted[s]);
        lua_rawseti(L, -2, (lua_Integer)s + 1);
    }
    lua_setfield(L, -2, "classes");
}

static void set_probabilities(lua_State *L, const struct evaluation *evaluation) {
    const size_t n = evaluation->n_outputs;
    double *shares = lua_newuserdatauv(L, n * sizeof *shares, 0);
    lua_newtable(L);
    for (size_t s = 0; s < evaluation->n_samples; s++) {
        evaluation_probabilities(evaluation, s, shares);
        lua_createtable(L, (int)n, 0);
        for (size_t o = 0; o < n; o++) {
            lua_pushnumber(L, shares[o]);
            lua_rawseti(L, -2, (lua_Integer)o + 1);
        }
        lua_rawseti(L, -2, (lua_Integer)s + 1);
    }
    lua_remove(L, -2);
    lua_setfield(L, -2, "probabilities");
}

/* Where each sample is from, where the data set says it. */
static void set_sample_names(lua_State *L, const struct dataset *data) {
    char number[24];
    if (dataset_sample_name(data, 0, number) == NULL) {
        return;
    }
    lua_newtable(L);
    for (size_t s = 0; s < dataset_data(data)->n_samples; s++) {
        lua_pushstring(L, dataset_sample_name(data, s, number));
        lua_rawseti(L, -2, (lua_Integer)s + 1);
    }
    lua_setfield(L, -2, "names");
}

int prediction_push(lua_State *L, const struct trained_network *network, struct dataset *data) {
    const struct evaluation *evaluation = evaluate_in_box(L, network, data, true);
    lua_newtable(L);
    field_set_integer(L, "samples", evaluation->n_samples);
    set_outputs(L, evaluation);
    set_sample_names(L, data);
    if (has_predictions(network, evaluation)) {
        set_predicted(L, evaluation);
        set_class_names(L, &network->classes, evaluation);
    }
    if (evaluation_has_probabilities(network->loss)) {
        set_probabilities(L, evaluation);
    }
    return 1;
}
