/* SPDX-License-Identifier: MIT */
/* A failure of a worker that the rule does not look for. */
#include <synrl/rule.h>

static void work(void *context, size_t worker, size_t n_workers);
#define BEFORE host->parallel(host, work, (void *)host)
#include "rule.h"

static void work(void *context, size_t worker, size_t n_workers) {
    const synrl_host *host = context;
    if (worker == 1) {
        host->fail(host, SYNRL_INVALID, "there is no table for worker %zu", worker);
    }
}
