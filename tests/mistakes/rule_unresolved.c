/* SPDX-License-Identifier: MIT */
/* Calls a function that there is not. */
#include <synrl/rule.h>

extern double no_such_function(double x);
#define BEFORE rule->floats[0] = (float)no_such_function(1.0)
#include "rule.h"
