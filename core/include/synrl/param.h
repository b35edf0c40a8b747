/* SPDX-License-Identifier: MIT */
/* Parameter tables: the options that a plugin accepts.
 *
 * A table is written once, in rows (rows.h), and serves as parser, validator, `synrl help KIND ID`,
 * reference and run record. Values arrive in a struct of the plugin's own, its config; they do not
 * change for as long as the plugin's instance lives. */
#ifndef SYNRL_PARAM_H
#define SYNRL_PARAM_H

#include <float.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The comment gives the C type of the field in the config. */
typedef enum synrl_param_type {
    SYNRL_PARAM_NUMBER = 1,       /* double */
    SYNRL_PARAM_INTEGER = 2,      /* int64_t */
    SYNRL_PARAM_BOOLEAN = 3,      /* bool */
    SYNRL_PARAM_STRING = 4,       /* const char * */
    SYNRL_PARAM_CHOICE = 5,       /* int32_t, the index of the word in `choices` */
    SYNRL_PARAM_INTEGERS = 6,     /* synrl_integers */
    SYNRL_PARAM_SCHEDULE = 7,     /* const synrl_schedule * */
    SYNRL_PARAM_POLICY = 8,       /* const synrl_policy * (policy.h) */
    SYNRL_PARAM_ACTIVATION = 9,   /* const synrl_activation * (activation.h) */
    SYNRL_PARAM_ACTIVATIONS = 10, /* synrl_activations; one stands for a list of one */
    SYNRL_PARAM_NUMBERS = 11,     /* synrl_numbers; one stands for a list of one */
    SYNRL_PARAM_CHOICES = 12,     /* synrl_integers, indices; one stands for a list of one */
    SYNRL_PARAM_LAYERS = 13       /* synrl_layers (layer.h); one stands for a list of one */
} synrl_param_type;

/* `min` and `max` hold for numbers, integers, each element of a list, and each value of a schedule.
 * Bounds are inclusive; both zero: no bound. */
#define SYNRL_POSITIVE DBL_MIN /* as `min`: greater than 0 */
#define SYNRL_UNBOUNDED DBL_MAX

typedef struct synrl_param {
    const char *name; /* as scripts write it; the paper's name where it has one */
    synrl_param_type type;
    size_t offset;
    /* As a script would write it: "0.25", "tanh", "{2, 100, 1}", "true". "" (SYNRL_OPTIONAL): may
     * be left out, the field is then zero. NULL (SYNRL_REQUIRED): must be given. */
    const char *default_text;
    double min, max;
    const char *choices; /* SYNRL_PARAM_CHOICE, _CHOICES: the words, "synchronous|sequential" */
    const char *meaning; /* one line, with the unit where there is one */
} synrl_param;

#define SYNRL_REQUIRED NULL
#define SYNRL_OPTIONAL ""

typedef struct synrl_integers {
    size_t n;
    const int64_t *items;
} synrl_integers;

typedef struct synrl_numbers {
    size_t n;
    const double *items;
} synrl_numbers;

/* A value that may change during a run: a number, steps at iterations, or a function of a script.
 */
typedef struct synrl_schedule synrl_schedule;
struct synrl_schedule {
    uint32_t size;
    /* [main] Stores the value at an iteration (the first is 0), checked against the parameter's
     * bounds. SYNRL_INVALID, with the message set, where a script's function fails or leaves the
     * bounds. */
    synrl_status (*at)(const synrl_schedule *schedule, uint64_t iteration, double *value);
};

static inline synrl_status synrl_at(const synrl_schedule *schedule, uint64_t iteration,
                                    double *value) {
    return schedule->at(schedule, iteration, value);
}

#ifdef __cplusplus
}
#endif
#endif
