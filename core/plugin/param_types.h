/* SPDX-License-Identifier: MIT */
/* The types that a parameter may have: one list, expanded wherever something is said or done by
 * type. */
#ifndef PARAM_TYPES_H
#define PARAM_TYPES_H

#include <stddef.h>

#include "synrl/param.h"

/* ROW(synrl_param_type, its word in help, what a value must be, the C type of the field, how its
 * functions are called in component_param.c, as what each item of a default is read there) */
#define PARAM_TYPES(ROW)                                                                  \
    ROW(NUMBER, "number", "a number", double, number, number)                             \
    ROW(INTEGER, "integer", "an integer", int64_t, integer, number)                       \
    ROW(BOOLEAN, "boolean", "true or false", bool, boolean, boolean)                      \
    ROW(STRING, "string", "a string", const char *, string, string)                       \
    ROW(CHOICE, "choice", "one of", int32_t, choice, string)                              \
    ROW(INTEGERS, "integers", "a list of integers", synrl_integers, integers, number)     \
    ROW(SCHEDULE, "schedule", "a number, a schedule or a function of the iteration",      \
        const synrl_schedule *, schedule, number)                                         \
    ROW(POLICY, "policy", "a policy", const void *, policy, string)                       \
    ROW(ACTIVATION, "activation", "an activation", const void *, activation, string)      \
    ROW(ACTIVATIONS, "activations", "an activation or a list of them", synrl_activations, \
        activations, string)                                                              \
    ROW(NUMBERS, "numbers", "a list of numbers", synrl_numbers, numbers, number)          \
    ROW(CHOICES, "choices", "a list of", synrl_integers, choices, string)                 \
    ROW(LAYERS, "layers", "a layer or a list of them", synrl_layers, layers, string)

struct param_type {
    const char *word; /* "number" */
    const char *must; /* "a number" */
    size_t size, alignment;
};
/* NULL for what is not a type. */
const struct param_type *param_type(synrl_param_type type);
/* Whether its values are words of `choices`. */
static inline bool param_has_choices(synrl_param_type type) {
    return type == SYNRL_PARAM_CHOICE || type == SYNRL_PARAM_CHOICES;
}

#endif
