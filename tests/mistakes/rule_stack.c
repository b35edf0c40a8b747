/* SPDX-License-Identifier: MIT */
/* Recurses without an end. */
#include <synrl/rule.h>

static int dig(volatile int *above) {
    volatile int here[4096];
    here[0] = *above;
    return dig(here) + here[1];
}
#define BEFORE rule->actions[0] = (int8_t)dig(&(volatile int){1})
#include "rule.h"
