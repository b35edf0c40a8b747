/* SPDX-License-Identifier: MIT */
/* Has a larger state than when it was measured. */
#include <synrl/rule.h>

#define TRAITS 0
static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    static size_t n;
    static char bytes[1000];
    n += 8;
    return state->bytes(state, bytes, n);
}
#define MORE .state = state
#include "rule.h"
