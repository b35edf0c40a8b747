/* SPDX-License-Identifier: MIT */
/* A rule in which nothing is wrong. Each rule_*.c defines one thing otherwise; the build defines
 * ID, the name of the file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <synrl/rule.h>
#include <time.h>

struct rule {
    int8_t *actions;
    float *floats;
    synrl_env *env;
};

#ifndef TRAITS
#define TRAITS SYNRL_RULE_STATELESS
#endif
#ifndef CREATE
#define CREATE
#endif
#ifndef BEFORE
#define BEFORE
#endif
#ifndef STEP
#define STEP env->step(env, rule->actions, 0.001, 1.0, &outcome)
#endif
#ifndef MORE
#define MORE .size = sizeof(synrl_rule_ops)
#endif

static inline synrl_status create(const synrl_host *host, const void *config, void *self,
                                  synrl_env *env) {
    struct rule *rule = self;
    const size_t n = env->layout->n_synapses;
    const synrl_outcome *outcome;
    rule->env = env;
    SYNRL_TRY(SYNRL_NEW(host, rule->actions, n));
    SYNRL_TRY(SYNRL_NEW(host, rule->floats, n));
    CREATE;
    return SYNRL_OK;
}

static inline synrl_status step(const synrl_host *host, const void *config, void *self,
                                synrl_env *env) {
    struct rule *rule = self;
    const size_t n = env->layout->n_synapses;
    const synrl_outcome *outcome;
    double loss;
    for (size_t i = 0; i < n; i++) {
        rule->actions[i] = (int8_t)((int)((i + env->iteration) % 3) - 1);
    }
    BEFORE;
    return STEP;
}

SYNRL_RULE(ID, "1.0.0", "a mistake", "tests/mistakes", SYNRL_NO_PARAMS, struct rule,
           .traits = TRAITS, .create = create, .step = step, MORE);
