/* SPDX-License-Identifier: MIT */
/* The evaluation of a network on a data set, as a table. */
#ifndef LUA_EVALUATION_H
#define LUA_EVALUATION_H

#include <jansson.h>

#include "base/tensors.h"
#include "lua/box.h"
#include "plugin/component.h"
#include "train/classes.h"

/* A model, or NULL, with its weights (none: the initial ones), a loss or NULL, and the classes that
 * it was trained on. */
struct trained_network {
    struct component *model, *loss;
    struct classes classes;
    struct tensors weights;
    json_t *steps;                /* by which its data was derived, or NULL */
    bool is_diverged, is_unasked; /* of a run: its loss is not finite; the script has not asked */
    bool is_loaded;               /* by synrl.load */
};
/* Evaluates the network on the data, and pushes a table with the result. Returns 1. */
int evaluation_push(lua_State *L, const struct trained_network *network, struct dataset *data,
                    bool outputs);
/* Asks the network about the data, and pushes a table with its answers: `predicted`, numbers of
 * classes from 1, and `classes`, their names, where it has classes; `outputs`; and
 * `probabilities`, where the loss makes them of its outputs. Returns 1. */
int prediction_push(lua_State *L, const struct trained_network *network, struct dataset *data);
extern const struct type evaluation_type; /* scripts never see it */

#endif
