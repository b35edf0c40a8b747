/* SPDX-License-Identifier: MIT */
/* A value on its way from a script into a plugin's config: dynamic, borrowed, short-lived. */
#ifndef VALUE_H
#define VALUE_H

#include "base/core.h"
#include "plugin/schedule.h"
#include "synrl/policy.h"

struct component;

typedef enum value_kind {
    VALUE_NIL = 0,
    VALUE_BOOLEAN,
    VALUE_INTEGER,
    VALUE_NUMBER,
    VALUE_STRING,
    VALUE_LIST,
    VALUE_SCHEDULE, /* a schedule or a function of the iteration */
    VALUE_POLICY,
    VALUE_COMPONENT, /* a configured plugin, such as an activation with parameters */
    VALUE_OTHER      /* something no parameter takes; `string` says what, for the message */
} value_kind;

struct value {
    value_kind kind;
    union {
        bool boolean;
        int64_t integer;
        double number;
        const char *string;
        struct {
            size_t n;
            const struct value *items;
        } list;
        struct schedule *schedule;
        const synrl_policy *policy;
        struct component *component;
    } as;
};

#endif
