/* SPDX-License-Identifier: MIT */
/* Needs a function that is nowhere: cannot be opened. */
void no_such_function_anywhere(void);
#define ID "undefined_symbol"
#define STEP missing_step
#include <synrl/rule.h>

static synrl_status missing_step(const synrl_host *host, const void *config, void *self,
                                 synrl_env *env) {
    no_such_function_anywhere();
    return SYNRL_OK;
}
#include "bad.h"
