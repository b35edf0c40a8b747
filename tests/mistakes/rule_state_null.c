/* SPDX-License-Identifier: MIT */
/* Has bytes of state that are nowhere. */
#include <synrl/rule.h>

#define TRAITS 0
static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    return state->bytes(state, NULL, 8);
}
#define MORE .state = state
#include "rule.h"
