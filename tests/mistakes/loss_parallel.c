/* SPDX-License-Identifier: MIT */
/* Starts parallel work in terms. */
#include <synrl/loss.h>

static void nothing(void *context, size_t worker, size_t n_workers) {
}
#define MORE_TERMS host->parallel(host, nothing, NULL)
#include "loss.h"
