/* SPDX-License-Identifier: MIT */
/* The environment, as a rule in Lua sees it: synapses are elements of arrays. A call that fails
 * throws, and what it failed with is the run's error even if the script catches it. */
#include "lua/rule_env.h"

#include "lua/array.h"
#include "lua/session.h"

static struct rule_env *env_at(lua_State *L) {
    struct rule_env *env = luaL_testudata(L, 1, rule_env_type.name);
    if (env != NULL && env->env != NULL) {
        return env;
    }
    if (env != NULL) {
        session_fail(L, "the environment is there only within create and step");
    }
    session_fail(L, "the environment was expected, not %s: write env:method(...)", describe(L, 1));
}

static void check(lua_State *L, synrl_status status) {
    session_check(L, session_of(L), status);
}

static double number_at(lua_State *L, int index, const char *who) {
    if (lua_type(L, index) != LUA_TNUMBER) {
        session_fail(L, "%s must be a number, not %s", who, describe(L, index));
    }
    return lua_tonumber(L, index);
}

/* Copies an array of one number per synapse to floats. */
static const float *floats_at(lua_State *L, struct rule_env *env, int index, const char *who) {
    const size_t n = env->env->layout->n_synapses;
    const struct array *array = array_check(L, index, n, who);
    for (size_t i = 0; i < n; i++) {
        env->values[i] = (float)array->x[i];
    }
    return env->values;
}

static int push_floats(lua_State *L, const float *values, size_t n) {
    double *x = array_push(L, n)->x;
    for (size_t i = 0; i < n; i++) {
        x[i] = (double)values[i];
    }
    return 1;
}

static _Noreturn void refuse_action(lua_State *L, const struct array *actions, size_t i) {
    lua_pushnumber(L, actions->x[i]);
    session_fail(L, "env:step: action %I is %s: must be -1, 0 or 1", (LUAI_UACINT)i + 1,
                 luaL_tolstring(L, -1, NULL));
}

/* Without a branch per element, since there are many. */
static void read_actions(lua_State *L, struct rule_env *env, int index) {
    const size_t n = env->env->layout->n_synapses;
    const struct array *array = array_check(L, index, n, "env:step: actions");
    int n_wrong = 0;
    for (size_t i = 0; i < n; i++) {
        const double x = array->x[i];
        const int action = (x > 0.0) - (x < 0.0);
        n_wrong += (double)action != x;
        env->actions[i] = (int8_t)action;
    }
    for (size_t i = 0; n_wrong > 0 && i < n; i++) {
        if ((double)env->actions[i] != array->x[i]) {
            refuse_action(L, array, i);
        }
    }
}

/* (env, actions, alpha [, bias_scale]) -> reward, loss before, loss after */
static int env_step(lua_State *L) {
    struct rule_env *env = env_at(L);
    const synrl_outcome *outcome;
    lua_settop(L, 4);
    read_actions(L, env, 2);
    const double alpha = number_at(L, 3, "env:step: alpha");
    const double bias_scale =
        lua_isnil(L, 4) ? 1.0 : number_at(L, 4, "env:step: the scale of biases");
    check(L, env->env->step(env->env, env->actions, alpha, bias_scale, &outcome));
    lua_pushinteger(L, outcome->reward);
    lua_pushnumber(L, outcome->old_loss);
    lua_pushnumber(L, outcome->loss);
    return 3;
}

static int env_loss(lua_State *L) {
    struct rule_env *env = env_at(L);
    double loss;
    check(L, env->env->loss(env->env, &loss));
    lua_pushnumber(L, loss);
    return 1;
}

static int env_weights(lua_State *L) {
    struct rule_env *env = env_at(L);
    check(L, env->env->weights(env->env, env->values));
    return push_floats(L, env->values, env->env->layout->n_synapses);
}

static int env_set_weights(lua_State *L) {
    struct rule_env *env = env_at(L);
    check(L, env->env->set_weights(env->env, floats_at(L, env, 2, "env:set_weights: weights")));
    return 0;
}

static int env_shift(lua_State *L) {
    struct rule_env *env = env_at(L);
    check(L, env->env->shift(env->env, floats_at(L, env, 2, "env:shift: the change")));
    return 0;
}

/* (env) -> gradient, loss */
static int env_gradient(lua_State *L) {
    struct rule_env *env = env_at(L);
    double loss;
    check(L, env->env->gradient(env->env, env->values, &loss));
    push_floats(L, env->values, env->env->layout->n_synapses);
    lua_pushnumber(L, loss);
    return 2;
}

/* (env, direction, scale) -> loss at w + scale * direction */
static int env_probe(lua_State *L) {
    struct rule_env *env = env_at(L);
    double loss;
    const float *direction = floats_at(L, env, 2, "env:probe: the direction");
    const double scale = number_at(L, 3, "env:probe: the scale");
    check(L, env->env->probe(env->env, 1, direction, scale, &loss));
    lua_pushnumber(L, loss);
    return 1;
}

/* Random numbers ------------------------------------------------------------------------------- */

/* Another stream for each array that is drawn in an iteration; what create draws is apart. */
static synrl_stream next_stream(struct rule_env *env) {
    return (synrl_stream){env->env->seed, env->env->iteration,
                          SYNRL_PURPOSE_PLUGIN + env->n_draws++};
}

/* (env [, low, high]) -> array */
static int env_uniform(lua_State *L) {
    struct rule_env *env = env_at(L);
    const size_t n = env->env->layout->n_synapses;
    lua_settop(L, 3);
    const bool has_range = !lua_isnil(L, 2);
    const double low = has_range ? number_at(L, 2, "env:uniform: the lower bound") : 0.0;
    const double high = has_range ? number_at(L, 3, "env:uniform: the upper bound") : 1.0;
    env->host->random->uniform(next_stream(env), 0, n, (float)low, (float)high, env->values);
    return push_floats(L, env->values, n);
}

static int env_normal(lua_State *L) {
    struct rule_env *env = env_at(L);
    const size_t n = env->env->layout->n_synapses;
    env->host->random->normal(next_stream(env), 0, n, env->values);
    return push_floats(L, env->values, n);
}

/* (env, probability, signs) -> signs, each turned around with the probability: synrl_flip */
static int env_flip(lua_State *L) {
    struct rule_env *env = env_at(L);
    const size_t n = env->env->layout->n_synapses;
    const double probability = number_at(L, 2, "env:flip: the probability");
    const struct array *signs = array_check(L, 3, n, "env:flip: signs");
    for (size_t i = 0; i < n; i++) {
        env->actions[i] = (int8_t)(2 * (signs->x[i] > 0.0) - 1);
    }
    synrl_flip(env->host, env->env, probability, env->actions);
    double *x = array_push(L, n)->x;
    for (size_t i = 0; i < n; i++) {
        x[i] = (double)env->actions[i];
    }
    return 1;
}

/* Fields --------------------------------------------------------------------------------------- */

static int get_iteration(lua_State *L) {
    lua_pushinteger(L, (lua_Integer)env_at(L)->env->iteration);
    return 1;
}

static int get_batch(lua_State *L) {
    lua_pushinteger(L, (lua_Integer)env_at(L)->env->batch);
    return 1;
}

static int get_n_samples(lua_State *L) {
    lua_pushinteger(L, (lua_Integer)env_at(L)->env->n_samples);
    return 1;
}

static int get_n_synapses(lua_State *L) {
    lua_pushinteger(L, (lua_Integer)env_at(L)->env->layout->n_synapses);
    return 1;
}

static int do_nothing(lua_State *L) {
    (void)L;
    return 0;
}

static const luaL_Reg methods[] = {{"flip", env_flip},
                                   {"gradient", env_gradient},
                                   {"loss", env_loss},
                                   {"normal", env_normal},
                                   {"probe", env_probe},
                                   {"shift", env_shift},
                                   {"step", env_step},
                                   {"set_weights", env_set_weights},
                                   {"uniform", env_uniform},
                                   {"weights", env_weights},
                                   {NULL, NULL}};
static const luaL_Reg properties[] = {{"batch", get_batch},
                                      {"iteration", get_iteration},
                                      {"n_samples", get_n_samples},
                                      {"n_synapses", get_n_synapses},
                                      {NULL, NULL}};

const struct type rule_env_type = {"synrl.environment", do_nothing, NULL, methods, properties};
