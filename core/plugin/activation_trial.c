/* SPDX-License-Identifier: MIT */
/* Each operation is called apart, again, in place, and on a part of the values; all must give the
 * same bits. It runs as work of the pool, so that what only the main thread may is refused. */
#include "plugin/activation_trial.h"

#include <math.h>
#include <string.h>

#include "engine/pool.h"

enum { N_VALUES = 48, PART = 16, ROOM = 8192, UNSET_BYTE = 0xFD, MIDDLE = 24 };

struct trial {
    struct host *host;
    const synrl_activation *f;
    bool is_derivative;
    float x[N_VALUES], y[N_VALUES];
};

struct call {
    const struct trial *trial;
    size_t n;
    const float *x, *y;
    float *to;
};

static const char *operation_of(const struct trial *trial) {
    return trial->is_derivative ? "derivative" : "apply";
}

#define REFUSE(trial, format, ...)                                                      \
    core_fail((trial)->host->core, SYNRL_INVALID, "%s: %s " format, (trial)->host->who, \
              operation_of(trial), __VA_ARGS__)

static void run_call(void *context, size_t worker, size_t n_workers) {
    const struct call *call = context;
    const synrl_activation *f = call->trial->f;
    (void)n_workers;
    if (worker != 0) {
        return;
    }
    if (call->trial->is_derivative) {
        f->ops->derivative(f->host, f->config, call->n, call->x, call->y, call->to);
    } else {
        f->ops->apply(f->host, f->config, call->n, call->x, call->to);
    }
}

static synrl_status run(struct call *call) {
    struct host *host = call->trial->host;
    const struct operation before = host_enter(host, operation_of(call->trial));
    pool_run(host->core->pool, run_call, call);
    return host_leave(host, before, SYNRL_OK);
}

static bool is_unset(const float *value) {
    unsigned char unset[sizeof *value];
    memset(unset, UNSET_BYTE, sizeof unset);
    return memcmp(value, unset, sizeof unset) == 0;
}

/* All of many at once. */
static bool are_unset(const float *values, size_t n) {
    return is_unset(values) && memcmp(values, values + 1, (n - 1) * sizeof *values) == 0;
}

/* The values apart from what they are made of; `room` has N_VALUES and more. */
static synrl_status run_apart(const struct trial *trial, size_t first, size_t n, float room[ROOM]) {
    float x[N_VALUES], y[N_VALUES];
    memcpy(x, trial->x, sizeof x);
    memcpy(y, trial->y, sizeof y);
    memset(room, UNSET_BYTE, ROOM * sizeof *room);
    SYNRL_TRY(run(&(struct call){trial, n, x + first, y + first, room}));
    for (size_t i = 0; i < n; i++) {
        if (is_unset(&room[i])) {
            return REFUSE(trial, "does not set value %zu of %zu", i + 1, n);
        }
    }
    if (!are_unset(room + n, ROOM - n)) {
        return REFUSE(trial, "sets more than the %zu values it is given", n);
    }
    return memcmp(x, trial->x, sizeof x) == 0 && memcmp(y, trial->y, sizeof y) == 0
               ? SYNRL_OK
               : REFUSE(trial, "%s", "changes the values that it is given");
}

static synrl_status compare(const struct trial *trial, const float *values, const float *others,
                            size_t first, size_t n, const char *where) {
    for (size_t i = 0; i < n; i++) {
        if (memcmp(&values[first + i], &others[i], sizeof *values) != 0) {
            return REFUSE(trial, "gives %.9g for x = %.9g, and %.9g %s", (double)values[first + i],
                          (double)trial->x[first + i], (double)others[i], where);
        }
    }
    return SYNRL_OK;
}

/* y may be x; a slope may be x or y. */
static synrl_status try_in_place(const struct trial *trial, const float *values) {
    float x[N_VALUES], y[N_VALUES];
    memcpy(x, trial->x, sizeof x);
    memcpy(y, trial->y, sizeof y);
    SYNRL_TRY(run(&(struct call){trial, N_VALUES, x, y, x}));
    SYNRL_TRY(compare(trial, values, x, 0, N_VALUES,
                      trial->is_derivative ? "where slope is x" : "where y is x"));
    if (!trial->is_derivative) {
        return SYNRL_OK;
    }
    memcpy(x, trial->x, sizeof x);
    SYNRL_TRY(run(&(struct call){trial, N_VALUES, x, y, y}));
    return compare(trial, values, y, 0, N_VALUES, "where slope is y");
}

static void warn_of_infinity(const struct trial *trial, const float *values) {
    const struct host *host = trial->host;
    for (size_t i = 0; i < N_VALUES; i++) {
        if (!isfinite(values[i])) {
            core_log(host->core, SYNRL_LOG_WARNING, "%s: %s gives %g for x = %g", host->who,
                     operation_of(trial), (double)values[i], (double)trial->x[i]);
            return;
        }
    }
}

/* f(x + by) - f(x - by) over 2 by. */
static synrl_status differences(const struct trial *trial, float by, double slopes[N_VALUES]) {
    float sides[2][N_VALUES];
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < N_VALUES; i++) {
            sides[side][i] = trial->x[i] + (side == 0 ? by : -by);
        }
        SYNRL_TRY(run(&(struct call){trial, N_VALUES, sides[side], NULL, sides[side]}));
    }
    for (int i = 0; i < N_VALUES; i++) {
        slopes[i] = ((double)sides[0][i] - (double)sides[1][i]) / (2.0 * (double)by);
    }
    return SYNRL_OK;
}

/* Where the function is smooth and not flat, its derivative has to be its slope. Where it is flat,
 * another slope is what training through a step function needs. */
static synrl_status warn_of_slope(struct trial *trial, const float *derivatives) {
    double wide[N_VALUES], narrow[N_VALUES];
    trial->is_derivative = false;
    SYNRL_TRY(differences(trial, 0x1p-6F, wide));
    SYNRL_TRY(differences(trial, 0x1p-7F, narrow));
    for (int i = 0; i < N_VALUES; i++) {
        const double slope = narrow[i], is = (double)derivatives[i];
        if (fabs(slope) > 1e-3 && fabs(wide[i] - slope) <= 0.02 * fabs(slope) &&
            fabs(is - slope) > 0.1 * fabs(slope)) {
            core_log(trial->host->core, SYNRL_LOG_WARNING,
                     "%s: derivative gives %g for x = %g, where the slope of apply is %.3g",
                     trial->host->who, is, (double)trial->x[i], slope);
            return SYNRL_OK;
        }
    }
    return SYNRL_OK;
}

static synrl_status try_operation(const struct trial *trial, float values[ROOM]) {
    float others[ROOM];
    SYNRL_TRY(run_apart(trial, 0, N_VALUES, values));
    SYNRL_TRY(run_apart(trial, 0, N_VALUES, others));
    SYNRL_TRY(compare(trial, values, others, 0, N_VALUES, "the next time"));
    for (size_t first = 0; first < N_VALUES; first += PART) {
        SYNRL_TRY(run_apart(trial, first, PART, others));
        SYNRL_TRY(compare(trial, values, others, first, PART, "among fewer values"));
    }
    SYNRL_TRY(try_in_place(trial, values));
    warn_of_infinity(trial, values);
    return SYNRL_OK;
}

synrl_status activation_trial(struct host *host, const synrl_activation *f) {
    struct trial trial = {.host = host, .f = f};
    float values[ROOM];
    const int middle = N_VALUES / 2;
    for (int i = 0; i < N_VALUES; i++) {
        trial.x[i] = 0.37F * (float)(i - middle) + 0.013F; /* -8.867 .. 8.523 */
    }
    SYNRL_TRY(try_operation(&trial, values));
    memcpy(trial.y, values, sizeof trial.y);
    trial.is_derivative = true;
    if (!SYNRL_OFFERS(f->ops, derivative)) {
        return SYNRL_OK;
    }
    SYNRL_TRY(try_operation(&trial, values));
    return warn_of_slope(&trial, values);
}
