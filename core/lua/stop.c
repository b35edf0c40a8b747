/* SPDX-License-Identifier: MIT */
/* The field `stop` of synrl.train. */
#include "lua/stop.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "lua/fields.h"

static const struct metric_names no_names = {.n = 0};

/* A number that the metric may have. */
static double read_value(lua_State *L, size_t metric, const char *name) {
    const bool is_fixed = metric < N_METRICS;
    const double least = is_fixed ? 0 : -HUGE_VAL;
    return field_number(L, "train: stop", name, least,
                        is_fixed && metric_at(metric)->is_share ? 1 : HUGE_VAL);
}

/* { above = X } or { below = X }, on top of the stack. */
static void read_bound(lua_State *L, size_t metric, struct target *target) {
    static const char *const names[] = {"above", "below"};
    const int bound = lua_gettop(L);
    const char *who = lua_pushfstring(L, "train: stop: %s", target->name);
    keys_check(L, bound, who, 2, names);
    const bool is_above = field_push(L, bound, "above");
    if (is_above == field_push(L, bound, "below")) {
        session_fail(L, "%s: write { above = X } or { below = X }", who);
    }
    target->better = is_above ? 1 : -1;
    target->value = read_value(L, metric, target->name);
    lua_settop(L, bound - 1);
}

/* The value on top of the stack is the target of the metric, which may be one of the run's own. */
static void read_target(lua_State *L, struct decider *decider, size_t metric, const char *name,
                        bool has_valid) {
    struct target target = {.name = ""};
    const int better = metric < N_METRICS ? metric_at(metric)->better : 0;
    snprintf(target.name, sizeof target.name, "%s", name);
    if (metric < N_METRICS && !has_valid && metric_at(metric)->needs_valid) {
        session_fail(L, "train: stop: the target %s needs valid, a validation set", name);
    }
    if (lua_istable(L, -1)) {
        read_bound(L, metric, &target);
    } else if (better == 0) {
        session_fail(L,
                     "train: stop: is more or less of %s the target? write %s = { above = X } or "
                     "{ below = X }",
                     name, name);
    } else {
        target.better = better;
        target.value = read_value(L, metric, name);
    }
    decider->targets[decider->n_targets++] = target;
}

/* The names of those that a run has of itself are not known yet: they have a direction. */
static void check_name(lua_State *L, int table, const char *name) {
    const char *names[N_METRICS];
    char suggestion[SUGGESTION_SIZE];
    field_push(L, table, name);
    if (!lua_istable(L, -1) || !metric_name_is_good(name, strlen(name))) {
        for (size_t i = 0; i < N_METRICS; i++) {
            names[i] = metric_at(i)->name;
        }
        suggest_text(name, N_METRICS, names, suggestion);
        if (suggestion[0] == '\0' && metric_name_is_good(name, strlen(name))) {
            session_fail(L,
                         "train: stop: unknown key \"%s\"; of a metric of the rule or the script "
                         "write %s = { above = X } or { below = X }",
                         name, name);
        }
        session_fail(L, "train: stop: unknown key \"%s\"%s", name, suggestion);
    }
}

void decider_read_stop(lua_State *L, struct decider *decider, bool has_valid) {
    const int stop = lua_gettop(L);
    if (lua_isfunction(L, stop)) {
        decider->stop = stop;
        return;
    }
    if (!lua_istable(L, stop)) {
        session_fail(L,
                     "train: stop must be a function of the metrics, or targets such as {loss = "
                     "0.01}, not %s",
                     describe(L, stop));
    }
    for (size_t i = 0; i < N_METRICS; i++) {
        if (field_push(L, stop, metric_at(i)->name)) {
            read_target(L, decider, i, metric_at(i)->name, has_valid);
        }
    }
    size_t n;
    const char **names = keys_sorted(L, stop, "train: stop", &n);
    for (size_t i = 0; i < n; i++) {
        if (metric_find(&no_names, names[i]) < N_METRICS) {
            continue;
        }
        check_name(L, stop, names[i]);
        if (decider->n_targets == METRICS_MAX) {
            session_fail(L, "train: stop: more than %d targets", METRICS_MAX);
        }
        read_target(L, decider, N_METRICS, names[i], has_valid);
    }
    if (decider->n_targets == 0) {
        session_fail(L, "train: stop: a table without a target; write for example {loss = 0.01}");
    }
    lua_settop(L, stop);
}
