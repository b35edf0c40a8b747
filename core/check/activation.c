/* SPDX-License-Identifier: MIT */
#include "check/activation.h"

#include <math.h>
#include <string.h>

#include "base/host.h"
#include "check/slopes.h"

/* -16 .. 16, then a few far away. */
enum { N_STEPS = 2049, N_FAR = 8, N_VALUES = N_STEPS + N_FAR };
static const float far_values[N_FAR] = {-1e30F, -1e4F,  -100.0F, -1e-30F,
                                        1e-30F, 100.0F, 1e4F,    1e30F};

struct values {
    float x[N_VALUES], y[N_VALUES], slope[N_VALUES], other[N_VALUES];
    float room[N_VALUES]; /* for what is done in place */
};

/* What is looked at: its values, and the function itself. */
struct activation {
    struct component *component;
    const synrl_activation *f;
    struct values *values;
    struct operation before;
};

static bool has_derivative(const struct activation *a) {
    return SYNRL_OFFERS(a->f->ops, derivative);
}

static void derive(const struct activation *a, size_t n, const float *x, const float *y,
                   float *slope) {
    a->f->ops->derivative(a->f->host, a->f->config, n, x, y, slope);
}

static synrl_status open(struct subject *subject, struct activation *a) {
    *a = (struct activation){.values = core_alloc(subject->core, 1, sizeof *a->values)};
    if (a->values == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (size_t i = 0; i < N_STEPS; i++) {
        a->values->x[i] = (float)i / 64.0F - 16.0F;
    }
    memcpy(a->values->x + N_STEPS, far_values, sizeof far_values);
    const synrl_status status = subject_component(subject, NULL, &a->component);
    if (status != SYNRL_OK) {
        core_free(subject->core, a->values);
        return status;
    }
    a->f = component_activation(a->component);
    a->before = host_enter(component_host(a->component), "apply");
    synrl_activation_apply(a->f, N_VALUES, a->values->x, a->values->y);
    if (has_derivative(a)) {
        derive(a, N_VALUES, a->values->x, a->values->y, a->values->slope);
    }
    return SYNRL_OK;
}

static synrl_status close(struct subject *subject, struct activation *a, synrl_status status) {
    char message[sizeof subject->core->message];
    memcpy(message, subject->core->message, sizeof message);
    const synrl_status left = host_leave(component_host(a->component), a->before, SYNRL_OK);
    component_release(a->component);
    core_free(subject->core, a->values);
    if (left == SYNRL_OK) {
        memcpy(subject->core->message, message, sizeof message);
    }
    return left == SYNRL_OK ? status : left;
}

static synrl_status trace_activation(struct subject *subject, struct trace *trace) {
    struct activation a;
    SYNRL_TRY(open(subject, &a));
    trace_add(trace, a.values->y, sizeof a.values->y, "y");
    trace_add(trace, a.values->slope, sizeof a.values->slope, "slope");
    return close(subject, &a, SYNRL_OK);
}

/* Values ---------------------------------------------------------------------------------------- */

static synrl_status find_nan(struct subject *subject, const struct activation *a) {
    const struct values *v = a->values;
    for (size_t i = 0; i < N_VALUES; i++) {
        if (isnan(v->y[i]) || isnan(v->slope[i])) {
            return core_fail(subject->core, SYNRL_INVALID, "the %s at x = %g is not a number",
                             isnan(v->y[i]) ? "value" : "slope", (double)v->x[i]);
        }
    }
    float y[SYNRL_LANES] = {(float)NAN};
    synrl_activation_apply(a->f, 1, y, y);
    return isnan(y[0]) ? SYNRL_OK
                       : core_fail(subject->core, SYNRL_UNSUPPORTED,
                                   "makes %g of a NaN, which should stay one: a network that has "
                                   "diverged passes for a quiet one",
                                   (double)y[0]);
}

static synrl_status check_values(struct subject *subject) {
    struct activation a;
    SYNRL_TRY(open(subject, &a));
    return close(subject, &a, find_nan(subject, &a));
}

static synrl_status compare(struct subject *subject, const struct activation *a, const float *got,
                            const float *wanted, const char *how) {
    for (size_t i = 0; i < N_VALUES; i++) {
        if (memcmp(&got[i], &wanted[i], sizeof(float)) != 0) {
            return core_fail(subject->core, SYNRL_INVALID, "%s, x = %g gives %.9g and not %.9g",
                             how, (double)a->values->x[i], (double)got[i], (double)wanted[i]);
        }
    }
    return SYNRL_OK;
}

static synrl_status in_place(struct subject *subject, const struct activation *a) {
    struct values *v = a->values;
    memcpy(v->room, v->x, sizeof v->room);
    synrl_activation_apply(a->f, N_VALUES, v->room, v->room);
    SYNRL_TRY(compare(subject, a, v->room, v->y, "where y is x"));
    if (!has_derivative(a)) {
        return SYNRL_OK;
    }
    memcpy(v->room, v->x, sizeof v->room);
    derive(a, N_VALUES, v->room, v->y, v->room);
    SYNRL_TRY(compare(subject, a, v->room, v->slope, "where slope is x"));
    memcpy(v->room, v->y, sizeof v->room);
    derive(a, N_VALUES, v->x, v->room, v->room);
    return compare(subject, a, v->room, v->slope, "where slope is y");
}

static synrl_status check_in_place(struct subject *subject) {
    struct activation a;
    SYNRL_TRY(open(subject, &a));
    return close(subject, &a, in_place(subject, &a));
}

static synrl_status in_pieces(struct subject *subject, const struct activation *a) {
    static const size_t pieces[] = {1, 16, 17, 1000};
    struct values *v = a->values;
    for (size_t p = 0; p < SYNRL_COUNT(pieces); p++) {
        char how[32];
        snprintf(how, sizeof how, "with n = %zu", pieces[p]);
        for (size_t i = 0; i < N_VALUES; i += pieces[p]) {
            const size_t n = N_VALUES - i < pieces[p] ? N_VALUES - i : pieces[p];
            synrl_activation_apply(a->f, n, v->x + i, v->room + i);
            if (has_derivative(a)) {
                derive(a, n, v->x + i, v->y + i, v->other + i);
            }
        }
        SYNRL_TRY(compare(subject, a, v->room, v->y, how));
        SYNRL_TRY(has_derivative(a) ? compare(subject, a, v->other, v->slope, how) : SYNRL_OK);
    }
    return SYNRL_OK;
}

static synrl_status check_pieces(struct subject *subject) {
    struct activation a;
    SYNRL_TRY(open(subject, &a));
    return close(subject, &a, in_pieces(subject, &a));
}

/* Derivative ------------------------------------------------------------------------------------ */

struct point {
    const struct activation *a;
    double x;
};

static double value_at(void *context, double distance) {
    const struct point *point = context;
    const float x = (float)(point->x + distance);
    float y;
    synrl_activation_apply(point->a->f, 1, &x, &y);
    return (double)y;
}

static synrl_status compare_slopes(struct subject *subject, const struct activation *a) {
    struct slopes slopes = {.n_smooth = 0};
    const struct values *v = a->values;
    if (!has_derivative(a)) {
        return core_fail(subject->core, SYNRL_UNSUPPORTED,
                         "has none: rules that need gradients refuse it");
    }
    double scale = 0.0;
    for (size_t i = N_STEPS / 4; i < N_STEPS * 3 / 4; i++) {
        scale = fmax(scale, fabs((double)v->slope[i]));
    }
    for (size_t i = N_STEPS / 4; i < N_STEPS * 3 / 4; i++) {
        struct point point = {a, (double)v->x[i]};
        slopes_compare(&slopes, value_at, &point, (double)v->slope[i], scale, i);
    }
    return slopes_are_wrong(&slopes)
               ? core_fail(subject->core, SYNRL_INVALID,
                           "is %g at x = %g, where the differences of the values give %g (wrong at "
                           "%zu of %zu places)",
                           slopes.worst_slope, (double)v->x[slopes.worst], slopes.worst_difference,
                           slopes.n_wrong, slopes.n_smooth)
               : SYNRL_OK;
}

static synrl_status check_derivative(struct subject *subject) {
    struct activation a;
    SYNRL_TRY(open(subject, &a));
    return close(subject, &a, compare_slopes(subject, &a));
}

static const struct check checks[] = {
    {"values", check_values},
    {"in place", check_in_place},
    {"any n", check_pieces},
    {"derivative", check_derivative},
};
const struct kind_checks activation_checks = {trace_activation, SYNRL_COUNT(checks), checks};
