/* Schedules: a value for each iteration. Counted references. */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include <jansson.h>

#include "core.h"
#include "synrl/param.h"

typedef struct schedule schedule;

synrl_status schedule_constant(core *core, double value, schedule **made);
/* values[i] holds from iterations[i] on; iterations[0] is 0 and they rise. */
synrl_status schedule_steps(core *core, size_t n, const uint64_t *iterations, const double *values,
                            schedule **made);
/* Asks `function` each time; free_context runs once, when the schedule is freed, and also where
 * this call fails. */
synrl_status schedule_function(core *core,
                               synrl_status (*function)(void *context, uint64_t iteration,
                                                        double *value),
                               void (*free_context)(void *context), void *context, schedule **made);
/* The same schedule with bounds: a value outside them is an error that names `who`. Holds a
 * reference to `inner`. Constants and steps are checked at once. */
synrl_status schedule_bounded(core *core, schedule *inner, const char *who, double min, double max,
                              schedule **made);

schedule *schedule_retain(schedule *schedule);
void schedule_release(schedule *schedule); /* NULL is allowed */
const synrl_schedule *schedule_public(const schedule *schedule);
/* A number, [[iteration, value], ...], or "function". */
json_t *schedule_json(const schedule *schedule);

#endif
