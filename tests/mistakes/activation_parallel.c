/* SPDX-License-Identifier: MIT */
/* Starts parallel work in apply. */
#include <synrl/activation.h>

static void nothing(void *context, size_t worker, size_t n_workers) {
}
#define BEFORE host->parallel(host, nothing, NULL)
#include "activation.h"
