/* SPDX-License-Identifier: MIT */
/* The decisions of a script during a run: metrics as a table, on_evaluate, stop functions and
 * targets. Called within the core's loop, so scripts run protected. */
#include "lua/decide.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lua/fields.h"
#include "lua/session.h"
#include "synrl/utf8.h"

void metrics_push(lua_State *L, const struct metric_names *own, const struct metrics *metrics,
                  bool is_summary) {
    luaL_checkstack(L, 4, NULL);
    lua_createtable(L, 0, (int)metric_count(own));
    for (size_t i = 0; i < metric_count(own); i++) {
        if (is_summary && !metric_at(i)->in_summary) {
            continue;
        }
        if (metric_at(i)->is_count) {
            field_set_integer(L, metric_name(own, i), metric_value_count(metrics, i));
        } else {
            field_set_number(L, metric_name(own, i), metric_value(metrics, i));
        }
    }
}

/* Reading the field `stop` --------------------------------------------------------------------- */

static void read_target(lua_State *L, struct decider *decider, size_t i, bool has_valid) {
    const char *name = metric_at(i)->name;
    if (!has_valid && metric_at(i)->needs_valid) {
        session_fail(L, "train: stop: the target %s needs valid, a validation set", name);
    }
    const double most = metric_at(i)->is_share ? 1 : HUGE_VAL;
    const double value = field_number(L, "train: stop", name, 0, most);
    decider->targets[decider->n_targets++] = (struct target){i, value};
}

void decider_read_stop(lua_State *L, struct decider *decider, bool has_valid) {
    if (lua_isfunction(L, -1)) {
        decider->stop = lua_gettop(L);
        return;
    }
    if (!lua_istable(L, -1)) {
        session_fail(L,
                     "train: stop must be a function of the metrics, or targets such as {loss = "
                     "0.01}, not %s",
                     describe(L, -1));
    }
    const char *names[N_METRICS];
    size_t n = 0;
    for (size_t i = 0; i < N_METRICS; i++) {
        if (metric_at(i)->better != 0) {
            names[n++] = metric_at(i)->name;
        }
    }
    keys_check(L, -1, "train: stop", n, names);
    for (size_t i = 0; i < N_METRICS; i++) {
        if (metric_at(i)->better != 0 && field_push(L, -1, metric_at(i)->name)) {
            read_target(L, decider, i, has_valid);
        }
    }
    if (decider->n_targets == 0) {
        session_fail(L, "train: stop: a table without a target; write for example {loss = 0.01}");
    }
}

/* Deciding ------------------------------------------------------------------------------------- */

struct question {
    const struct decider *decider;
    const struct metrics *metrics;
    bool *stop;
    char *reason;
    size_t reason_size;
};

/* (question, on_evaluate, stop) */
static int ask_script(lua_State *L) {
    const struct question *question = lua_touserdata(L, 1);
    if (lua_isfunction(L, 2)) {
        lua_pushvalue(L, 2);
        metrics_push(L, question->decider->own, question->metrics, false);
        lua_call(L, 1, 0);
    }
    if (lua_isfunction(L, 3)) {
        lua_pushvalue(L, 3);
        metrics_push(L, question->decider->own, question->metrics, false);
        lua_call(L, 1, 1);
        const bool is_reason = lua_type(L, -1) == LUA_TSTRING;
        if (!is_reason && !lua_isboolean(L, -1) && !lua_isnil(L, -1)) {
            session_fail(L, "train: stop must return true, false or a reason, not %s",
                         describe(L, -1));
        }
        if (lua_toboolean(L, -1)) {
            const char *why = is_reason ? lua_tostring(L, -1) : "the script's stop function";
            snprintf(question->reason, question->reason_size, "%s", why);
            if (strlen(why) >= question->reason_size) {
                question->reason[synrl_utf8_cut(why, question->reason_size - 1)] = '\0';
            }
            *question->stop = true;
        }
    }
    return 0;
}

static void push_function(lua_State *L, int index) {
    if (index != 0) {
        lua_pushvalue(L, index);
    } else {
        lua_pushnil(L);
    }
}

static synrl_status ask(const struct decider *decider, struct question *question) {
    struct session *session = decider->session;
    lua_State *L = session->L;
    if (lua_checkstack(L, 6) == 0) {
        return core_fail(session->core, SYNRL_NO_MEMORY, "Lua's stack is full");
    }
    lua_pushcfunction(L, ask_script);
    lua_pushlightuserdata(L, question);
    push_function(L, decider->on_evaluate);
    push_function(L, decider->stop);
    const enum control before = session_control(session, CONTROL_SCRIPT);
    const int outcome = lua_pcall(L, 3, 0, 0);
    session_control(session, before);
    session->L = L;
    return outcome == LUA_OK ? SYNRL_OK : session_keep_error(L, session);
}

static bool is_reached(const struct target *target, const struct metrics *metrics) {
    const double value = metric_value(metrics, target->metric);
    return metric_at(target->metric)->better > 0 ? value >= target->value : value <= target->value;
}

/* All targets must be reached; the reason names the first. */
static void compare_targets(const struct decider *decider, struct question *question) {
    for (size_t t = 0; t < decider->n_targets; t++) {
        if (!is_reached(&decider->targets[t], question->metrics)) {
            return;
        }
    }
    const struct target *first = &decider->targets[0];
    *question->stop = true;
    snprintf(question->reason, question->reason_size, "%s %.6g reached the target %.6g",
             metric_at(first->metric)->name, metric_value(question->metrics, first->metric),
             first->value);
}

synrl_status decider_decide(void *context, const struct metrics *metrics, bool *stop, char *reason,
                            size_t reason_size) {
    const struct decider *decider = context;
    struct question question = {decider, metrics, stop, reason, reason_size};
    if (decider->n_targets > 0) {
        compare_targets(decider, &question);
    }
    if (decider->on_evaluate != 0 || decider->stop != 0) {
        return ask(decider, &question);
    }
    return SYNRL_OK;
}
