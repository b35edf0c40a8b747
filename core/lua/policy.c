/* SPDX-License-Identifier: MIT */
/* Policies as Lua objects. They never change: training works on a copy.
 *
 * A state in Lua is {actions = {..}, rewards = {..}}, the most recent first: actions -1, 0, 1;
 * rewards -1, 1, or 0 where there has been none yet. A policy with local features has features =
 * {..} too, each -1, 0 or 1. All are digits, minus one, of the base-3 numbers in synrl/policy.h. */
#include "lua/policy.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/reads.h"
#include "draw/pictures.h"
#include "lua/callback.h"
#include "lua/fields.h"
#include "lua/session.h"
#include "policy/policy.h"
#include "policy/policy_csv.h"
#include "policy/policy_text.h"

const synrl_policy **policy_push(lua_State *L) {
    return box_push(L, &policy_type, sizeof(const synrl_policy *));
}

const synrl_policy *policy_at(lua_State *L, int index) {
    const synrl_policy **box = luaL_testudata(L, index, policy_type.name);
    return box != NULL ? *box : NULL;
}

static const synrl_policy *check_policy(lua_State *L, int index) {
    const synrl_policy *policy = policy_at(L, index);
    if (policy == NULL) {
        session_fail(L, "a policy (synrl.policy) is expected, not %s", describe(L, index));
    }
    return policy;
}

/* Reads the names of features in the list on top of the stack, where they stay, and returns their
 * number. */
static uint32_t read_names(lua_State *L, const char *who, const char *names[SYNRL_MEMORY_MAX]) {
    if (!lua_istable(L, -1)) {
        session_fail(L, "%s: features must be a list of names, not %s", who, describe(L, -1));
    }
    const int list = lua_gettop(L);
    const lua_Unsigned n = lua_rawlen(L, list);
    if (n > SYNRL_MEMORY_MAX) {
        session_fail(L, "%s: features must be at most %d names, not %d", who, SYNRL_MEMORY_MAX,
                     (int)n);
    }
    for (lua_Unsigned i = 0; i < n; i++) {
        if (lua_rawgeti(L, list, (lua_Integer)i + 1) != LUA_TSTRING) {
            session_fail(L, "%s: features[%d] must be a name, not %s", who, (int)i + 1,
                         describe(L, -1));
        }
        names[i] = lua_tostring(L, -1);
    }
    return (uint32_t)n;
}

/* Pushes a policy of zeros with the memories and features given in the table at the index. */
static synrl_policy *make_zero(lua_State *L, int index, const char *who) {
    static const char *const keys[] = {"memory", "n_actions", "n_rewards", "n_features",
                                       "features"};
    struct session *session = session_of(L);
    keys_check(L, index, who, 5, keys);
    uint32_t n[] = {0, 0, 0, 0};
    bool given[] = {false, false, false, false};
    for (int i = 0; i < 4; i++) {
        if ((given[i] = field_push(L, index, keys[i]))) {
            n[i] = (uint32_t)field_integer(L, who, keys[i], 0, SYNRL_MEMORY_MAX);
        }
    }
    if (!given[0] && !(given[1] && given[2])) {
        session_fail(L, "%s: give memory, or both n_actions and n_rewards", who);
    }
    const char *names[SYNRL_MEMORY_MAX];
    const bool is_named = field_push(L, index, "features");
    if (is_named) {
        const uint32_t n_names = read_names(L, who, names);
        if (given[3] && n[3] != n_names) {
            session_fail(L, "%s: n_features is %d and features names %d: must be equal", who,
                         (int)n[3], (int)n_names);
        }
        n[3] = n_names;
    }
    const synrl_policy **box = policy_push(L);
    synrl_policy *policy = NULL;
    synrl_status status =
        policy_create(session->core, given[1] ? n[1] : n[0], given[2] ? n[2] : n[0], n[3], &policy);
    *box = policy;
    if (status == SYNRL_OK && is_named) {
        status = policy_name_features(session->core, policy, names);
    }
    session_check(L, session, status);
    return policy;
}

/* {memory} -> policy of zeros */
static int policy_new(lua_State *L) {
    lua_settop(L, 1);
    make_zero(L, 1, "policy.new");
    return 1;
}

/* (path) -> policy */
static int load(lua_State *L) {
    struct session *session = session_of(L);
    if (lua_type(L, 1) != LUA_TSTRING) {
        session_fail(L, "policy.load: the path must be a string, not %s", describe(L, 1));
    }
    const char *path = lua_tostring(L, 1);
    synrl_policy *policy = NULL;
    const synrl_policy **box = policy_push(L);
    session_check(L, session, reads_note(session->core, read_policy, NULL, path));
    const synrl_status status = policy_load_csv(session->core, path, &policy);
    *box = policy;
    session_check(L, session, status);
    return 1;
}

/* From a Lua function -------------------------------------------------------------------------- */

static void push_history(lua_State *L, uint32_t history, uint32_t length) {
    lua_createtable(L, (int)length, 0);
    for (uint32_t i = 0; i < length; i++, history /= 3) {
        lua_pushinteger(L, (lua_Integer)(history % 3) - 1);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static void push_state(lua_State *L, const synrl_policy *policy, uint32_t rewards,
                       uint32_t situation) {
    lua_createtable(L, 0, 3);
    push_history(L, situation % policy->n_action_histories, policy->n_actions);
    lua_setfield(L, -2, "actions");
    push_history(L, rewards, policy->n_rewards);
    lua_setfield(L, -2, "rewards");
    if (policy->n_features > 0) {
        push_history(L, situation / policy->n_action_histories, policy->n_features);
        lua_setfield(L, -2, "features");
    }
}

/* Throws an error that names the function whose result is on top of the stack. */
static _Noreturn void refuse_answer(lua_State *L, int function) {
    const char *found = describe(L, -1);
    lua_Debug about;
    lua_pushvalue(L, function);
    lua_getinfo(L, ">S", &about);
    session_fail(L,
                 "policy.from: the function at %s:%d returned %s; must be an action -1, 0 or 1, or "
                 "three numbers {q_dec, q_null, q_inc}",
                 about.short_src, about.linedefined, found);
}

/* Reads the function's result, on top of the stack, as three values. */
static void read_answer(lua_State *L, int function, double *q) {
    int is_integer = 0;
    const lua_Integer action =
        lua_type(L, -1) == LUA_TNUMBER ? lua_tointegerx(L, -1, &is_integer) : 0;
    if (is_integer != 0 && action >= -1 && action <= 1) {
        q[action + 1] = 1.0;
        return;
    }
    if (!lua_istable(L, -1) || lua_rawlen(L, -1) != 3) {
        refuse_answer(L, function);
    }
    for (int a = 0; a < 3; a++) {
        const bool is_number = lua_rawgeti(L, -1, a + 1) == LUA_TNUMBER;
        q[a] = is_number ? lua_tonumber(L, -1) : (double)NAN;
        if (!isfinite(q[a])) {
            refuse_answer(L, function);
        }
        lua_pop(L, 1);
    }
}

/* (function, {memory}) -> policy */
static int from(lua_State *L) {
    lua_settop(L, 2);
    if (!lua_isfunction(L, 1)) {
        session_fail(L, "policy.from: the first argument must be a function of the state, not %s",
                     describe(L, 1));
    }
    synrl_policy *policy = make_zero(L, 2, "policy.from");
    double *q = policy->q;
    for (uint32_t r = 0; r < policy->n_reward_histories; r++) {
        for (uint32_t s = 0; s < policy->n_situations; s++, q += 3) {
            lua_pushvalue(L, 1);
            push_state(L, policy, r, s);
            callback_ask(L, "policy.from", 0, 1);
            read_answer(L, 1, q);
            lua_pop(L, 1);
        }
    }
    return 1;
}

/* Reading -------------------------------------------------------------------------------------- */

/* The number whose digits are listed in a field of the state at the index; 0 where the policy has
 * none. */
static uint32_t read_digits(lua_State *L, int index, const char *name, uint32_t length) {
    if (!field_push(L, index, name)) {
        lua_newtable(L);
    }
    if (!lua_istable(L, -1)) {
        session_fail(L, "state: %s must be a list%s, not %s", name,
                     strcmp(name, "features") == 0 ? "" : ", the most recent first",
                     describe(L, -1));
    }
    if (lua_rawlen(L, -1) != length) {
        session_fail(L, "state: the list %s must have length %d, %s, not %d", name, (int)length,
                     strcmp(name, "features") == 0 ? "one per feature" : "the policy's memory",
                     (int)lua_rawlen(L, -1));
    }
    uint32_t history = 0;
    for (lua_Integer i = length; i >= 1; i--) {
        lua_rawgeti(L, -1, i);
        const char *place = lua_pushfstring(L, "state: %s[%I]", name, (LUAI_UACINT)i);
        const int64_t value = (int64_t)argument_integer(L, -2, place, -1, 1);
        history = history * 3 + (uint32_t)(value + 1);
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
    return history;
}

static void read_state(lua_State *L, int index, const synrl_policy *policy, uint32_t *rewards,
                       uint32_t *situation) {
    static const char *const names[] = {"actions", "rewards", "features"};
    keys_check(L, index, "state", 3, names);
    const uint32_t actions = read_digits(L, index, "actions", policy->n_actions);
    *rewards = read_digits(L, index, "rewards", policy->n_rewards);
    const uint32_t features = read_digits(L, index, "features", policy->n_features);
    *situation = features * policy->n_action_histories + actions;
}

/* (state) -> action */
static int greedy(lua_State *L) {
    const synrl_policy *policy = check_policy(L, 1);
    uint32_t rewards, situation;
    lua_settop(L, 2);
    read_state(L, 2, policy, &rewards, &situation);
    uint8_t map[SYNRL_HISTORIES_MAX];
    policy_greedy(policy, SYNRL_TIES_FIRST, rewards, map);
    lua_pushinteger(L, (lua_Integer)map[situation] - 1);
    return 1;
}

/* (state) -> q_dec, q_null, q_inc */
static int q(lua_State *L) {
    const synrl_policy *policy = check_policy(L, 1);
    uint32_t rewards, situation;
    lua_settop(L, 2);
    read_state(L, 2, policy, &rewards, &situation);
    const double *values = policy_state_q(policy, rewards, situation);
    for (int a = 0; a < 3; a++) {
        lua_pushnumber(L, values[a]);
    }
    return 3;
}

/* () -> policy, which no training changes */
static int freeze(lua_State *L) {
    struct session *session = session_of(L);
    const synrl_policy *policy = check_policy(L, 1);
    const synrl_policy **box = policy_push(L);
    synrl_policy *copy = NULL;
    const synrl_status status = policy_copy(session->core, policy, &copy);
    *box = copy;
    session_check(L, session, status);
    return 1;
}

/* Files ---------------------------------------------------------------------------------------- */

static const char *check_path(lua_State *L, const char *who) {
    if (lua_type(L, 2) != LUA_TSTRING) {
        session_fail(L, "%s: the path must be a string, not %s", who, describe(L, 2));
    }
    return lua_tostring(L, 2);
}

/* (path) */
static int save(lua_State *L) {
    struct session *session = session_of(L);
    const synrl_policy *policy = check_policy(L, 1);
    const char *path = check_path(L, "policy:save");
    session_check(L, session, policy_output_csv(session->core, policy, path));
    return 0;
}

/* (path) -> true, or without gnuplot false and the reason */
static int draw(lua_State *L) {
    struct session *session = session_of(L);
    const synrl_policy *policy = check_policy(L, 1);
    const char *path = check_path(L, "policy:draw");
    const synrl_status status = policy_draw(session->core, policy, path);
    if (status == SYNRL_UNSUPPORTED) {
        core_log(session->core, SYNRL_LOG_WARNING, "%s", session->core->message);
        lua_pushboolean(L, 0);
        lua_pushstring(L, session->core->message);
        return 2;
    }
    session_check(L, session, status);
    lua_pushboolean(L, 1);
    return 1;
}

/* Metamethods ---------------------------------------------------------------------------------- */

static int policy_tostring(lua_State *L) {
    struct session *session = session_of(L);
    const synrl_policy *policy = check_policy(L, 1);
    char **text = text_push(L);
    *text = policy_text(session->core, policy);
    if (*text == NULL) {
        session_raise(L, session);
    }
    lua_pushstring(L, *text);
    return 1;
}

static int policy_equal(lua_State *L) {
    const synrl_policy *left = policy_at(L, 1), *right = policy_at(L, 2);
    bool equal = left != NULL && right != NULL && left->n_actions == right->n_actions &&
                 left->n_rewards == right->n_rewards && left->n_features == right->n_features;
    if (equal) {
        const size_t n = policy_entries(left);
        for (size_t i = 0; i < n && equal; i++) {
            equal = left->q[i] == right->q[i];
        }
    }
    lua_pushboolean(L, equal);
    return 1;
}

/* Properties ----------------------------------------------------------------------------------- */

static int get_n_actions(lua_State *L) {
    lua_pushinteger(L, check_policy(L, 1)->n_actions);
    return 1;
}

static int get_n_rewards(lua_State *L) {
    lua_pushinteger(L, check_policy(L, 1)->n_rewards);
    return 1;
}

static int get_n_features(lua_State *L) {
    lua_pushinteger(L, check_policy(L, 1)->n_features);
    return 1;
}

static int get_features(lua_State *L) {
    const synrl_policy *policy = check_policy(L, 1);
    lua_createtable(L, (int)policy->n_features, 0);
    for (uint32_t feature = 0; feature < policy->n_features; feature++) {
        lua_pushstring(L, policy_feature_name(policy, feature));
        lua_rawseti(L, -2, (lua_Integer)feature + 1);
    }
    return 1;
}

static int get_hash(lua_State *L) {
    char text[17];
    snprintf(text, sizeof text, "%016" PRIx64, policy_hash(check_policy(L, 1)));
    lua_pushstring(L, text);
    return 1;
}

static int policy_free(lua_State *L) {
    const synrl_policy **box = luaL_checkudata(L, 1, policy_type.name);
    session_of(L);
    policy_release(*box);
    *box = NULL;
    return 0;
}

static const luaL_Reg metamethods[] = {
    {"__eq", policy_equal}, {"__tostring", policy_tostring}, {NULL, NULL}};

static const luaL_Reg methods[] = {{"draw", draw}, {"freeze", freeze}, {"greedy", greedy},
                                   {"q", q},       {"save", save},     {NULL, NULL}};

static const luaL_Reg properties[] = {{"features", get_features},   {"hash", get_hash},
                                      {"n_actions", get_n_actions}, {"n_features", get_n_features},
                                      {"n_rewards", get_n_rewards}, {NULL, NULL}};

const struct type policy_type = {"synrl.policy", policy_free, metamethods, methods, properties};

const luaL_Reg policy_functions[] = {
    {"from", from}, {"load", load}, {"new", policy_new}, {NULL, NULL}};
