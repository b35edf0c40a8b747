/* SPDX-License-Identifier: MIT */
#include "support/rules.h"

#include <check.h>

#include "support/support.h"

void test_rule(struct core *core, struct rule *rule, synrl_env *env, const char *id, size_t n,
               const struct named_value *values) {
    struct component *component = test_component(core, SYNRL_KIND_RULE, id, n, values);
    ck_assert_msg(rule_create(rule, core, component) == SYNRL_OK, "%s", core->message);
    component_release(component);
    ck_assert_msg(rule_start(rule, env) == SYNRL_OK, "%s", core->message);
}

void test_hand_over(struct core *core, struct rule *from, struct rule *to) {
    size_t size;
    struct stateful state = rule_state(from);
    ck_assert_int_eq(state_measure(&state, &size), SYNRL_OK);
    void *saved = core_alloc(core, size, 1);
    ck_assert_int_eq(state_save(&state, saved, size), SYNRL_OK);
    state = rule_state(to);
    ck_assert_msg(state_load(&state, saved, size) == SYNRL_OK, "%s", core->message);
    core_free(core, saved);
}
