/* SPDX-License-Identifier: MIT */
/* Frees memory twice. */
#define BEFORE                              \
    void *memory = host->alloc(host, 1, 1); \
    host->free(host, memory);               \
    host->free(host, memory)
#include "rule.h"
