/* SPDX-License-Identifier: MIT */
/* Parallel work that starts parallel work. */
#include <synrl/rule.h>

static void work(void *context, size_t worker, size_t n_workers);
#define BEFORE host->parallel(host, work, (void *)host)
#include "rule.h"

static void nothing(void *context, size_t worker, size_t n_workers) {
}

static void work(void *context, size_t worker, size_t n_workers) {
    const synrl_host *host = context;
    host->parallel(host, nothing, NULL);
}
