/* SPDX-License-Identifier: MIT */
/* A shared object that is not a plugin. */
#include <synrl/plugin.h>

SYNRL_EXPORT extern const int something_else;
const int something_else = 1;
