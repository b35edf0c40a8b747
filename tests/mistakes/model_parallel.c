/* SPDX-License-Identifier: MIT */
/* Starts parallel work in forward. */
#include <synrl/model.h>

static void nothing(void *context, size_t worker, size_t n_workers) {
}
#define FORWARD host->parallel(host, nothing, NULL)
#include "model.h"
