/* SPDX-License-Identifier: MIT */
/* What keeps the suites short: see also sanitizer.h. */
#ifndef PACE_H
#define PACE_H

#include <check.h>

/* An assertion for loops that run thousands of times: Check writes to its parent at each of its
 * own, passed or not. */
#define CHECK_OFTEN(condition, ...)    \
    do {                               \
        if (!(condition)) {            \
            ck_abort_msg(__VA_ARGS__); \
        }                              \
    } while (0)

#endif
