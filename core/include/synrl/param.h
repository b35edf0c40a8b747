/* Parameter tables: what a plugin can be told.
 *
 * A table is written once and serves as parser, validator, `synrl help KIND ID`, reference and run
 * record. Values arrive in a struct of the plugin's own (its config), each at the offset its row
 * names; they stay valid, and do not change, for as long as the plugin's instance lives. */
#ifndef SYNRL_PARAM_H
#define SYNRL_PARAM_H

#include <float.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum synrl_param_type {                          /* C type of the field at the offset */
                                SYNRL_PARAM_NUMBER = 1,  /* double */
                                SYNRL_PARAM_INTEGER = 2, /* int64_t */
                                SYNRL_PARAM_BOOLEAN = 3, /* bool */
                                SYNRL_PARAM_STRING = 4,  /* const char * */
                                SYNRL_PARAM_CHOICE =
                                    5, /* int32_t: the index of the word in `choices` */
                                SYNRL_PARAM_INTEGERS = 6, /* synrl_integers */
                                SYNRL_PARAM_SCHEDULE = 7, /* const synrl_schedule * */
                                SYNRL_PARAM_POLICY = 8,   /* const synrl_policy * (policy.h) */
                                SYNRL_PARAM_ACTIVATION =
                                    9, /* const synrl_activation * (activation.h) */
                                SYNRL_PARAM_ACTIVATIONS =
                                    10 /* synrl_activations: a list; one stands for a list of it */
} synrl_param_type;

/* `min` and `max` hold for numbers, integers, each element of a list of integers, and each value of
 * a schedule. Bounds are inclusive; both zero: no bound. */
#define SYNRL_POSITIVE DBL_MIN /* as `min`: "greater than 0" */
#define SYNRL_UNBOUNDED DBL_MAX

typedef struct synrl_param {
    const char *name; /* as scripts write it; the paper's name where it has one */
    synrl_param_type type;
    size_t offset;
    const char *default_text; /* as a script would write it: "0.25", "tanh", "{2, 100, 1}", "true";
                                 "": may be left out, the field is then zero; NULL: required */
    double min, max;
    const char *choices; /* SYNRL_PARAM_CHOICE: the words, "synchronous|sequential" */
    const char *meaning; /* one line, with the unit where there is one */
} synrl_param;

typedef struct synrl_integers {
    size_t n;
    const int64_t *items;
} synrl_integers;

/* A value that may change over a run: a number, steps at iterations, or a function of a script. */
typedef struct synrl_schedule synrl_schedule;
struct synrl_schedule {
    uint32_t size;
    /* Stores the value at an iteration (the first is 0), checked against the parameter's bounds.
     * SYNRL_INVALID where a script's function failed or left the bounds, with the message set. */
    synrl_status (*at)(const synrl_schedule *schedule, uint64_t iteration, double *value);
};

#ifdef __cplusplus
}
#endif
#endif
