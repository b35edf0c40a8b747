/* SPDX-License-Identifier: MIT */
/* Schedules: a value for each iteration. Counted references. */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include <jansson.h>

#include "base/core.h"
#include "synrl/param.h"

struct schedule;

synrl_status schedule_constant(struct core *core, double value, struct schedule **made);
/* values[i] holds from iterations[i] on; iterations[0] is 0 and they rise. */
synrl_status schedule_steps(struct core *core, size_t n, const uint64_t *iterations,
                            const double *values, struct schedule **made);
/* `from`, halved at equal distances over the iterations for as long as it stays at least `to`. */
synrl_status schedule_halvings(struct core *core, double from, double to, uint64_t iterations,
                               struct schedule **made);
/* Asks `function` each time; free_context runs once, when the schedule is freed, and also where
 * this call fails. */
synrl_status
schedule_function(struct core *core,
                  synrl_status (*function)(void *context, uint64_t iteration, double *value),
                  void (*free_context)(void *context), void *context, struct schedule **made);
/* The same schedule with bounds: a value outside them is an error that names `who`. Holds a
 * reference to `inner`. Constants and steps are checked at once. */
synrl_status schedule_bounded(struct core *core, struct schedule *inner, const char *who,
                              double min, double max, struct schedule **made);

struct schedule *schedule_retain(struct schedule *schedule);
void schedule_release(struct schedule *schedule); /* NULL is allowed */
const synrl_schedule *schedule_public(const struct schedule *schedule);
bool schedule_is_function(const struct schedule *schedule);
/* A number, [[iteration, value], ...], or "function". */
json_t *schedule_json(const struct schedule *schedule);

#endif
