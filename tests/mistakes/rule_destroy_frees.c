/* SPDX-License-Identifier: MIT */
/* Frees in destroy what is not its own. */
#include <synrl/rule.h>

static void destroy(const synrl_host *host, const void *config, void *self) {
    host->free(host, (char *)self + 8);
}
#define MORE .destroy = destroy
#include "rule.h"
