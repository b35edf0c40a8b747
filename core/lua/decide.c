/* SPDX-License-Identifier: MIT */
/* The decisions of a script during a run: metrics as a table, on_evaluate, stop functions and
 * targets, and the metrics that the script adds. Called within the core's loop, so scripts run
 * protected. */
#include "lua/decide.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "lua/callback.h"
#include "lua/fields.h"
#include "lua/session.h"
#include "synrl/utf8.h"

static void set_metric(lua_State *L, const char *name, const struct metrics *metrics, size_t i) {
    if (metric_at(i)->is_count) {
        field_set_integer(L, name, metric_value_count(metrics, i));
    } else {
        field_set_number(L, name, metric_value(metrics, i));
    }
}

void metrics_push(lua_State *L, const struct metric_names *own, const struct metrics *metrics,
                  bool is_summary) {
    luaL_checkstack(L, 4, NULL);
    lua_createtable(L, 0, (int)metric_count(own));
    for (size_t i = 0; i < metric_count(own); i++) {
        if (!is_summary || metric_at(i)->in_summary) {
            set_metric(L, metric_name(own, i), metrics, i);
        }
    }
}

void decider_set_metrics(struct decider *decider, const struct metric_names *own) {
    decider->own = own;
    decider->n_measured = metric_count(own);
}

/* The script's own metrics --------------------------------------------------------------------- */

struct question {
    struct callback callback; /* the one that is being called */
    const struct decider *decider;
    const struct metrics *metrics;
    struct decision *decision;
};

/* Whether the value on top of the stack is what was measured. */
static bool is_as_measured(lua_State *L, const struct metrics *metrics, size_t i) {
    return lua_type(L, -1) == LUA_TNUMBER &&
           (metric_at(i)->is_count ? lua_isinteger(L, -1) && (uint64_t)lua_tointeger(L, -1) ==
                                                                 metric_value_count(metrics, i)
                                   : lua_tonumber(L, -1) == metric_value(metrics, i));
}

static void add_own(lua_State *L, struct decision *decision, const char *name) {
    size_t i = 0;
    while (i < decision->n_metrics && strcmp(decision->metrics[i].name, name) != 0) {
        i++;
    }
    if (i == METRICS_OWN_MAX) {
        session_fail(L, "metrics.%s: more than %d metrics of the script", name, METRICS_OWN_MAX);
    }
    decision->n_metrics += i == decision->n_metrics;
    snprintf(decision->metrics[i].name, METRIC_NAME_SIZE, "%s", name);
    decision->metrics[i].value = lua_tonumber(L, -1);
}

/* The value on top of the stack is what the table of metrics has under the name. */
static void take_metric(lua_State *L, const struct question *question, const char *name) {
    const struct decider *decider = question->decider;
    const size_t i = metric_find(decider->own, name);
    if (i < decider->n_measured) {
        if (!is_as_measured(L, question->metrics, i)) {
            session_fail(L, "metrics.%s is measured, and cannot be set", name);
        }
        return;
    }
    if (!metric_name_is_good(name, strlen(name))) {
        session_fail(L,
                     "metrics.%s: a metric's name must begin with a lower-case letter, and have at "
                     "most %d of those, digits and _",
                     name, METRIC_NAME_SIZE - 1);
    }
    if (metric_name_is_taken(name)) {
        session_fail(L, "metrics.%s: a field of summaries has that name", name);
    }
    if (lua_type(L, -1) != LUA_TNUMBER) {
        session_fail(L, "metrics.%s must be a number, not %s", name, describe(L, -1));
    }
    add_own(L, question->decision, name);
}

/* What the script has set in the table of metrics, on top of the stack, which it pops. */
static void take_metrics(lua_State *L, const struct question *question) {
    const int table = lua_gettop(L);
    size_t n;
    const char **names = keys_sorted(L, table, "metrics", &n);
    for (size_t i = 0; i < n; i++) {
        lua_pushstring(L, names[i]);
        lua_rawget(L, table);
        take_metric(L, question, names[i]);
        lua_pop(L, 1);
    }
    lua_settop(L, table - 1);
}

/* Calls the function at the index with the metrics, and takes those that it adds. Pushes what it
 * returns. */
static void call_back(lua_State *L, struct question *question, int function, const char *name) {
    const struct decision *decision = question->decision;
    question->callback.name = name;
    metrics_push(L, question->decider->own, question->metrics, false);
    for (size_t i = 0; i < decision->n_metrics; i++) {
        field_set_number(L, decision->metrics[i].name, decision->metrics[i].value);
    }
    const int metrics = lua_gettop(L);
    lua_pushvalue(L, function);
    lua_pushvalue(L, metrics);
    lua_call(L, 1, 1);
    lua_insert(L, metrics);
    take_metrics(L, question);
}

/* Deciding ------------------------------------------------------------------------------------- */

/* What a stop function returned is on top of the stack. */
static void take_answer(lua_State *L, struct decision *decision) {
    const bool is_reason = lua_type(L, -1) == LUA_TSTRING;
    if (!is_reason && !lua_isboolean(L, -1) && !lua_isnil(L, -1)) {
        session_fail(L, "train: stop must return true, false or a reason, not %s", describe(L, -1));
    }
    if (lua_toboolean(L, -1)) {
        const char *why = is_reason ? lua_tostring(L, -1) : "the script's stop function";
        snprintf(decision->reason, sizeof decision->reason, "%s", why);
        if (strlen(why) >= sizeof decision->reason) {
            decision->reason[synrl_utf8_cut(why, sizeof decision->reason - 1)] = '\0';
        }
        decision->stop = true;
    }
}

static double value_of(const struct question *question, const char *name) {
    const struct decision *decision = question->decision;
    const size_t metric = metric_find(question->decider->own, name);
    for (size_t i = 0; i < decision->n_metrics; i++) {
        if (strcmp(decision->metrics[i].name, name) == 0) {
            return decision->metrics[i].value;
        }
    }
    return metric < metric_count(question->decider->own) ? metric_value(question->metrics, metric)
                                                         : (double)NAN;
}

/* In the first call all metrics are known. */
static void check_target(lua_State *L, const struct question *question, const char *name) {
    const struct metric_names *own = question->decider->own;
    const struct decision *decision = question->decision;
    const char *names[METRICS_MAX + METRICS_OWN_MAX];
    char suggestion[SUGGESTION_SIZE];
    size_t n = 0;
    for (; n < metric_count(own); n++) {
        names[n] = metric_name(own, n);
    }
    for (size_t i = 0; i < decision->n_metrics; i++) {
        names[n++] = decision->metrics[i].name;
    }
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0) {
            return;
        }
    }
    session_fail(L, "train: stop: unknown metric \"%s\"%s", name,
                 suggest_text(name, n, names, suggestion));
}

/* All targets must be reached; the reason names the first. */
static void compare_targets(lua_State *L, const struct question *question) {
    const struct decider *decider = question->decider;
    bool are_reached = true;
    for (size_t t = 0; t < decider->n_targets; t++) {
        const struct target *target = &decider->targets[t];
        const double value = value_of(question, target->name);
        check_target(L, question, target->name);
        are_reached =
            are_reached && (target->better > 0 ? value >= target->value : value <= target->value);
    }
    if (!are_reached || decider->n_targets == 0) {
        return;
    }
    const struct target *first = &decider->targets[0];
    question->decision->stop = true;
    snprintf(question->decision->reason, sizeof question->decision->reason,
             "%s %.6g reached the target %.6g", first->name, value_of(question, first->name),
             first->value);
}

/* (question, on_evaluate, stop) */
static int ask_script(lua_State *L) {
    struct question *question = lua_touserdata(L, 1);
    if (lua_isfunction(L, 2)) {
        call_back(L, question, 2, "on_evaluate");
        lua_pop(L, 1);
    }
    if (lua_isfunction(L, 3)) {
        call_back(L, question, 3, "stop");
        take_answer(L, question->decision);
    }
    question->callback.name = NULL;
    compare_targets(L, question);
    return 0;
}

static void push_function(lua_State *L, int index) {
    if (index != 0) {
        lua_pushvalue(L, index);
    } else {
        lua_pushnil(L);
    }
}

synrl_status decider_decide(void *context, const struct metrics *metrics,
                            struct decision *decision) {
    const struct decider *decider = context;
    struct session *session = decider->session;
    struct question question = {{.iteration = metrics->iteration}, decider, metrics, decision};
    lua_State *L = session->L;
    if (decider->on_evaluate == 0 && decider->stop == 0 && decider->n_targets == 0) {
        return SYNRL_OK;
    }
    if (lua_checkstack(L, 8) == 0) {
        return core_fail(session->core, SYNRL_NO_MEMORY, "Lua's stack is full");
    }
    lua_pushcfunction(L, ask_script);
    lua_pushlightuserdata(L, &question);
    push_function(L, decider->on_evaluate);
    push_function(L, decider->stop);
    const enum control before = session_control(session, CONTROL_SCRIPT);
    const int outcome = callback_call(L, &question.callback, 3);
    session_control(session, before);
    session->L = L;
    return outcome == LUA_OK ? SYNRL_OK : session_keep_error(L, session);
}
