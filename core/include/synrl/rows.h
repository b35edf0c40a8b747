/* SPDX-License-Identifier: MIT */
/* Rows of a parameter table, one line each:
 *
 *     struct config { const synrl_schedule *epsilon; double gamma; };
 *     static const synrl_param params[] = {
 *         SYNRL_SCHEDULE(epsilon, "0.25", 0, 1, "probability of a uniformly random action"),
 *         SYNRL_NUMBER(gamma, "0.9", 0, 1, "discount of future reward"),
 *     };
 *
 * A row names its field, and the parameter is called as the field is. A row whose type is not the
 * type of the field does not compile. Defaults are text: see param.h. A struct of another name is
 * #defined as SYNRL_CONFIG, after an #undef. */
#ifndef SYNRL_ROWS_H
#define SYNRL_ROWS_H

#include "param.h"
#include "policy.h"

#define SYNRL_CONFIG struct config

/* The offset of a field of a struct; an error at compile time where it is not of this type. */
#ifdef __cplusplus
extern "C++" {
template <typename A, typename B> struct synrl_same_type;
template <typename A> struct synrl_same_type<A, A> { char same; };
}
#define SYNRL_OFFSET(struct_, type, field) \
    (offsetof(struct_, field) + 0 * sizeof(synrl_same_type<decltype(((struct_ *)0)->field), type>))
#else
/* A type of _Generic cannot be in parentheses. NOLINTBEGIN(bugprone-macro-parentheses) */
#define SYNRL_OFFSET(struct_, type, field) \
    (offsetof(struct_, field) + 0 * sizeof(_Generic(&((struct_ *)0)->field, type * : 1)))
/* NOLINTEND(bugprone-macro-parentheses) */
#endif

/* A row whose parameter is not called as its field is, such as one of a struct in the config. */
#define SYNRL_ROW_NAMED(name, field, type, ctype, default_, min, max, choices, meaning) \
    { name, type, SYNRL_OFFSET(SYNRL_CONFIG, ctype, field), default_, min, max, choices, meaning }
#define SYNRL_ROW(field, type, ctype, default_, min, max, choices, meaning) \
    SYNRL_ROW_NAMED(#field, field, type, ctype, default_, min, max, choices, meaning)

#define SYNRL_NUMBER(field, default_, min, max, meaning) \
    SYNRL_ROW(field, SYNRL_PARAM_NUMBER, double, default_, min, max, NULL, meaning)
#define SYNRL_NUMBERS(field, default_, min, max, meaning) \
    SYNRL_ROW(field, SYNRL_PARAM_NUMBERS, synrl_numbers, default_, min, max, NULL, meaning)
#define SYNRL_INTEGER(field, default_, min, max, meaning) \
    SYNRL_ROW(field, SYNRL_PARAM_INTEGER, int64_t, default_, min, max, NULL, meaning)
#define SYNRL_INTEGERS(field, default_, min, max, meaning) \
    SYNRL_ROW(field, SYNRL_PARAM_INTEGERS, synrl_integers, default_, min, max, NULL, meaning)
#define SYNRL_BOOLEAN(field, default_, meaning) \
    SYNRL_ROW(field, SYNRL_PARAM_BOOLEAN, bool, default_, 0, 0, NULL, meaning)
#define SYNRL_STRING(field, default_, meaning) \
    SYNRL_ROW(field, SYNRL_PARAM_STRING, const char *, default_, 0, 0, NULL, meaning)
#define SYNRL_CHOICE(field, default_, choices, meaning) \
    SYNRL_ROW(field, SYNRL_PARAM_CHOICE, int32_t, default_, 0, 0, choices, meaning)
#define SYNRL_CHOICES(field, default_, choices, meaning) \
    SYNRL_ROW(field, SYNRL_PARAM_CHOICES, synrl_integers, default_, 0, 0, choices, meaning)
#define SYNRL_SCHEDULE(field, default_, min, max, meaning)                                   \
    SYNRL_ROW(field, SYNRL_PARAM_SCHEDULE, const synrl_schedule *, default_, min, max, NULL, \
              meaning)
#define SYNRL_POLICY(field, default_, meaning) \
    SYNRL_ROW(field, SYNRL_PARAM_POLICY, const synrl_policy *, default_, 0, 0, NULL, meaning)
#define SYNRL_ACTIVATION_PARAM(field, default_, meaning)                                     \
    SYNRL_ROW(field, SYNRL_PARAM_ACTIVATION, const synrl_activation *, default_, 0, 0, NULL, \
              meaning)
#define SYNRL_ACTIVATIONS(field, default_, meaning) \
    SYNRL_ROW(field, SYNRL_PARAM_ACTIVATIONS, synrl_activations, default_, 0, 0, NULL, meaning)
#define SYNRL_LAYERS(field, default_, meaning) \
    SYNRL_ROW(field, SYNRL_PARAM_LAYERS, synrl_layers, default_, 0, 0, NULL, meaning)

#endif
