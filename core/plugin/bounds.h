/* SPDX-License-Identifier: MIT */
/* The range of a parameter, as synrl/param.h writes it: inclusive, both zero for "no bound". */
#ifndef BOUNDS_H
#define BOUNDS_H

#include <stdbool.h>
#include <stddef.h>

struct bounds {
    double min, max;
};

/* False for a NaN and the infinities, whatever the bounds. */
bool bounds_hold(struct bounds bounds, double value);
/* "0 .. 1", "greater than 0", "at least 2", "a finite number": what follows "must be". */
void bounds_text(struct bounds bounds, char *text, size_t size);

#endif
