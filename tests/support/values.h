/* SPDX-License-Identifier: MIT */
/* Values as a script gives them to a plugin, written as initializers:
 *   const struct value sizes[] = {INTEGER(2), INTEGER(5), INTEGER(1)};
 *   const struct named_value model[] = {{"layers", LIST(sizes)}, {"output", STRING("tanh")}};
 *   component_set(component, "memory", &(struct value)NUMBER(2));
 *   test_component(core, kind, id, VALUES(model));
 *   test_component(core, kind, id, GIVEN({"path", STRING(path)}, {"limit", INTEGER(1)})); */
#ifndef VALUES_H
#define VALUES_H

#include "base/count.h"
#include "plugin/value.h"

struct named_value {
    const char *name;
    struct value value;
};

#define BOOLEAN(x) \
    { .kind = VALUE_BOOLEAN, .as.boolean = (x) }
#define INTEGER(x) \
    { .kind = VALUE_INTEGER, .as.integer = (x) }
#define NUMBER(x) \
    { .kind = VALUE_NUMBER, .as.number = (x) }
#define STRING(x) \
    { .kind = VALUE_STRING, .as.string = (x) }
#define SCHEDULE(x) \
    { .kind = VALUE_SCHEDULE, .as.schedule = (x) }
#define POLICY(x) \
    { .kind = VALUE_POLICY, .as.policy = (x) }
#define COMPONENT(x) \
    { .kind = VALUE_COMPONENT, .as.component = (x) }
/* The first n items, or all of an array. */
#define LIST_OF(n, items)                              \
    {                                                  \
        .kind = VALUE_LIST, .as.list = {(n), (items) } \
    }
#define LIST(items) LIST_OF(COUNT_OF(items), items)

/* Two arguments: how many parameters, and the parameters, of an array or as listed. */
#define VALUES(array) COUNT_OF(array), array
#define GIVEN(...)                                                            \
    sizeof((struct named_value[]){__VA_ARGS__}) / sizeof(struct named_value), \
        (struct named_value[]) {                                              \
        __VA_ARGS__                                                           \
    }

#endif
