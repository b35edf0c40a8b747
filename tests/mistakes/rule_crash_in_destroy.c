/* SPDX-License-Identifier: MIT */
/* Crashes in destroy. */
#include <synrl/rule.h>

static void destroy(const synrl_host *host, const void *config, void *self) {
    *(volatile int *)8 = 1;
}
#define MORE .destroy = destroy
#include "rule.h"
