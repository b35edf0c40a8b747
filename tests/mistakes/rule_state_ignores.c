/* SPDX-License-Identifier: MIT */
/* Passes over a state that does not fit. */
#include <synrl/rule.h>

#define TRAITS 0
static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    static size_t n = 8;
    static char bytes[1000];
    state->bytes(state, bytes, n);
    n += 8;
    return SYNRL_OK;
}
#define MORE .state = state
#include "rule.h"
