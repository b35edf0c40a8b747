/* SPDX-License-Identifier: MIT */
/* Schedules: constants, steps, functions of a script, and any of these with bounds. Immutable once
 * made, but for the count of references. */
#include "plugin/schedule.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plugin/bounds.h"

enum { HALVINGS_MAX = 64 };

typedef enum schedule_kind { CONSTANT, STEPS, FUNCTION, BOUNDED } schedule_kind;

struct schedule {
    synrl_schedule api; /* first: what plugins hold is a pointer to this */
    struct core *core;
    size_t references;
    schedule_kind kind;
    double value; /* CONSTANT */
    size_t n;     /* STEPS */
    uint64_t *iterations;
    double *values;
    synrl_status (*function)(void *context, uint64_t iteration, double *value); /* FUNCTION */
    void (*free_context)(void *context);
    void *context;
    struct schedule *inner; /* BOUNDED */
    char *who;
    struct bounds bounds;
};

static synrl_status in_bounds(const struct schedule *schedule, uint64_t iteration, double value) {
    if (bounds_hold(schedule->bounds, value)) {
        return SYNRL_OK;
    }
    char at[48] = "", must[96];
    bounds_text(schedule->bounds, must, sizeof must);
    if (schedule->inner->kind != CONSTANT) {
        snprintf(at, sizeof at, " at iteration %" PRIu64, iteration);
    }
    return core_fail(schedule->core, SYNRL_INVALID, "%s = %.15g%s: must be %s", schedule->who,
                     value, at, must);
}

static synrl_status value_at(const synrl_schedule *api, uint64_t iteration, double *value) {
    const struct schedule *schedule = (const struct schedule *)api;
    switch (schedule->kind) {
    case CONSTANT:
        *value = schedule->value;
        return SYNRL_OK;
    case STEPS:
        *value = schedule->values[0];
        for (size_t i = 1; i < schedule->n && schedule->iterations[i] <= iteration; i++) {
            *value = schedule->values[i];
        }
        return SYNRL_OK;
    case FUNCTION:
        return schedule->function(schedule->context, iteration, value);
    case BOUNDED:
        break;
    }
    SYNRL_TRY(value_at(&schedule->inner->api, iteration, value));
    return in_bounds(schedule, iteration, *value);
}

static struct schedule *allocate(struct core *core, schedule_kind kind) {
    struct schedule *schedule = core_alloc(core, 1, sizeof *schedule);
    if (schedule != NULL) {
        schedule->api = (synrl_schedule){.size = sizeof(synrl_schedule), .at = value_at};
        schedule->core = core;
        schedule->references = 1;
        schedule->kind = kind;
    }
    return schedule;
}

synrl_status schedule_constant(struct core *core, double value, struct schedule **made) {
    *made = NULL;
    if (!isfinite(value)) {
        return core_fail(core, SYNRL_INVALID, "a schedule's value is %g: must be finite", value);
    }
    struct schedule *schedule = allocate(core, CONSTANT);
    if (schedule == NULL) {
        return SYNRL_NO_MEMORY;
    }
    schedule->value = value;
    *made = schedule;
    return SYNRL_OK;
}

static synrl_status check_steps(struct core *core, size_t n, const uint64_t *iterations,
                                const double *values) {
    if (n == 0) {
        return core_fail(core, SYNRL_INVALID, "a schedule without steps: must have at least one");
    }
    if (iterations[0] != 0) {
        return core_fail(core, SYNRL_INVALID,
                         "a schedule's first step is at iteration %" PRIu64 ": must be 0",
                         iterations[0]);
    }
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && iterations[i] <= iterations[i - 1]) {
            return core_fail(core, SYNRL_INVALID,
                             "step %zu of a schedule is at iteration %" PRIu64
                             ": must be after %" PRIu64,
                             i + 1, iterations[i], iterations[i - 1]);
        }
        if (!isfinite(values[i])) {
            return core_fail(core, SYNRL_INVALID, "step %zu of a schedule is %g: must be finite",
                             i + 1, values[i]);
        }
    }
    return SYNRL_OK;
}

synrl_status schedule_steps(struct core *core, size_t n, const uint64_t *iterations,
                            const double *values, struct schedule **made) {
    *made = NULL;
    SYNRL_TRY(check_steps(core, n, iterations, values));
    struct schedule *schedule = allocate(core, STEPS);
    if (schedule == NULL) {
        return SYNRL_NO_MEMORY;
    }
    schedule->n = n;
    schedule->iterations = core_alloc(core, n, sizeof *iterations);
    schedule->values = core_alloc(core, n, sizeof *values);
    if (schedule->iterations == NULL || schedule->values == NULL) {
        schedule_release(schedule);
        return SYNRL_NO_MEMORY;
    }
    memcpy(schedule->iterations, iterations, n * sizeof *iterations);
    memcpy(schedule->values, values, n * sizeof *values);
    *made = schedule;
    return SYNRL_OK;
}

synrl_status schedule_halvings(struct core *core, double from, double to, uint64_t iterations,
                               struct schedule **made) {
    uint64_t at[HALVINGS_MAX];
    double values[HALVINGS_MAX];
    size_t n = 0;
    *made = NULL;
    if (!(isnormal(from) && from > 0 && to <= from && ldexp(from, -HALVINGS_MAX) < to)) {
        return core_fail(core, SYNRL_INVALID,
                         "a schedule from %g to %g: must fall, by at most %d halvings, to more "
                         "than 0",
                         from, to, HALVINGS_MAX - 1);
    }
    while (ldexp(from, -(int)n) >= to) {
        n++;
    }
    if (iterations < n) {
        return core_fail(core, SYNRL_INVALID,
                         "a schedule from %g to %g over %" PRIu64
                         " iterations: must be at least %zu, one for each of its values",
                         from, to, iterations, n);
    }
    for (size_t i = 0; i < n; i++) {
        at[i] = i * (iterations / n) + i * (iterations % n) / n;
        values[i] = ldexp(from, -(int)i);
    }
    return schedule_steps(core, n, at, values, made);
}

synrl_status
schedule_function(struct core *core,
                  synrl_status (*function)(void *context, uint64_t iteration, double *value),
                  void (*free_context)(void *context), void *context, struct schedule **made) {
    struct schedule *schedule = allocate(core, FUNCTION);
    *made = schedule;
    if (schedule == NULL) {
        if (free_context != NULL) {
            free_context(context);
        }
        return SYNRL_NO_MEMORY;
    }
    schedule->function = function;
    schedule->free_context = free_context;
    schedule->context = context;
    return SYNRL_OK;
}

/* What is known before the run is checked before the run. */
static synrl_status check_known(const struct schedule *bounded) {
    const struct schedule *inner = bounded->inner;
    if (inner->kind == CONSTANT) {
        return in_bounds(bounded, 0, inner->value);
    }
    for (size_t i = 0; inner->kind == STEPS && i < inner->n; i++) {
        SYNRL_TRY(in_bounds(bounded, inner->iterations[i], inner->values[i]));
    }
    return SYNRL_OK;
}

synrl_status schedule_bounded(struct core *core, struct schedule *inner, const char *who,
                              double min, double max, struct schedule **made) {
    *made = NULL;
    struct schedule *schedule = allocate(core, BOUNDED);
    if (schedule == NULL) {
        return SYNRL_NO_MEMORY;
    }
    schedule->inner = schedule_retain(inner);
    schedule->bounds = (struct bounds){min, max};
    schedule->who = core_strdup(core, who);
    const synrl_status status = schedule->who != NULL ? check_known(schedule) : SYNRL_NO_MEMORY;
    if (status != SYNRL_OK) {
        schedule_release(schedule);
        return status;
    }
    *made = schedule;
    return SYNRL_OK;
}

struct schedule *schedule_retain(struct schedule *schedule) {
    schedule->references++;
    return schedule;
}

void schedule_release(struct schedule *schedule) {
    if (schedule == NULL || --schedule->references > 0) {
        return;
    }
    if (schedule->free_context != NULL) {
        schedule->free_context(schedule->context);
    }
    schedule_release(schedule->inner);
    core_free(schedule->core, schedule->iterations);
    core_free(schedule->core, schedule->values);
    core_free(schedule->core, schedule->who);
    core_free(schedule->core, schedule);
}

const synrl_schedule *schedule_public(const struct schedule *schedule) {
    return &schedule->api;
}

bool schedule_is_function(const struct schedule *schedule) {
    return schedule->kind == BOUNDED ? schedule_is_function(schedule->inner)
                                     : schedule->kind == FUNCTION;
}

json_t *schedule_json(const struct schedule *schedule) {
    if (schedule->kind == BOUNDED) {
        return schedule_json(schedule->inner);
    }
    if (schedule->kind == CONSTANT) {
        return json_real(schedule->value);
    }
    if (schedule->kind == FUNCTION) {
        return json_string("function");
    }
    json_t *steps = json_array();
    for (size_t i = 0; i < schedule->n; i++) {
        json_t *step =
            json_pack("[I, f]", (json_int_t)schedule->iterations[i], schedule->values[i]);
        if (json_array_append_new(steps, step) != 0) {
            json_decref(steps);
            return NULL;
        }
    }
    return steps;
}
