/* SPDX-License-Identifier: MIT */
/* Crashes in parallel work. */
#include <synrl/rule.h>

static void work(void *context, size_t worker, size_t n_workers) {
    if (worker == 1) {
        *(volatile int *)8 = 1;
    }
}
#define BEFORE host->parallel(host, work, NULL)
#include "rule.h"
