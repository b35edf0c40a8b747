/* SPDX-License-Identifier: MIT */
/* The decisions of a script during a run. */
#ifndef LUA_DECIDE_H
#define LUA_DECIDE_H

#include "lua/session.h"
#include "train/metrics.h"

/* Pushes a table of the known metrics; for a summary, only of those that belong in one. */
void metrics_push(lua_State *L, const struct metric_names *own, const struct metrics *metrics,
                  bool is_summary);

/* What a script decides during a run. The indices are of the running function's stack. */
enum { TARGETS_MAX = 8 };
struct decider {
    struct session *session;
    const struct metric_names *own; /* of the rule */
    int on_evaluate, stop;          /* functions; 0: none */
    size_t n_targets;
    struct target {
        size_t metric; /* its number */
        double value;
    } targets[TARGETS_MAX];
};
/* Reads the field `stop`, on top of the stack: a function, or a table of targets. */
void decider_read_stop(lua_State *L, struct decider *decider, bool has_valid);
/* As train_options.decide. */
synrl_status decider_decide(void *context, const struct metrics *metrics, bool *stop, char *reason,
                            size_t reason_size);

#endif
