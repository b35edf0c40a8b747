/* SPDX-License-Identifier: MIT */
/* The environment, as a rule in Lua sees it. */
#ifndef LUA_RULE_ENV_H
#define LUA_RULE_ENV_H

#include <lua.h>

#include "lua/box.h"
#include "synrl/rule.h"

struct rule_env {
    const synrl_host *host;
    synrl_env *env;   /* NULL outside of create and step */
    uint32_t n_draws; /* of random arrays, in this operation */
    int8_t *actions;  /* [n_synapses], the rule's */
    float *values;    /* [n_synapses], the rule's */
};

extern const struct type rule_env_type;

#endif
