/* SPDX-License-Identifier: MIT */
/* The decisions of a script during a run. */
#ifndef LUA_DECIDE_H
#define LUA_DECIDE_H

#include "lua/session.h"
#include "train/options.h"

/* Pushes a table of the known metrics; for a summary, only of those that belong in one. */
void metrics_push(lua_State *L, const struct metric_names *own, const struct metrics *metrics,
                  bool is_summary);

/* What a script decides during a run. The indices are of the running function's stack. */
struct decider {
    struct session *session;
    const struct metric_names *own; /* of the run */
    size_t n_measured;              /* of all metrics: the others are the script's */
    int on_evaluate, stop;          /* functions; 0: none */
    size_t n_targets;
    struct target {
        char name[METRIC_NAME_SIZE]; /* of the metric */
        double value;
        int better; /* reached at or above (+1), at or below (-1) */
    } targets[METRICS_MAX];
};
/* Before the run's first iteration: its metrics, of which so many as there are now are measured. */
void decider_set_metrics(struct decider *decider, const struct metric_names *own);
/* As train_options.decide. */
synrl_status decider_decide(void *context, const struct metrics *metrics,
                            struct decision *decision);

#endif
