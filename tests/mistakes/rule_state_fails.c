/* SPDX-License-Identifier: MIT */
/* Fails to load what it saved, without a message. */
#include <synrl/rule.h>

#define TRAITS 0
static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    return state->is_loading ? SYNRL_INVALID : SYNRL_OK;
}
#define MORE .state = state
#include "rule.h"
