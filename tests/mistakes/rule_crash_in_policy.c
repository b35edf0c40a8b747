/* SPDX-License-Identifier: MIT */
/* Has a policy that is no policy. */
#include <synrl/rule.h>

static const synrl_policy *policy(const synrl_host *host, const void *config, void *self) {
    return *(const synrl_policy **)8;
}
#define MORE .policy = policy
#include "rule.h"
