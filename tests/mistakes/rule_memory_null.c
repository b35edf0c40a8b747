/* SPDX-License-Identifier: MIT */
/* Has a memory of synapses that was never made. */
#include <synrl/rule.h>

#define TRAITS 0
static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    return state->memory(state, NULL);
}
#define MORE .state = state
#include "rule.h"
