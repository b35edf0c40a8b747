/* SPDX-License-Identifier: MIT */
/* Asks for the loss, and does not say that it reads losses. */
#define STEP env->loss(env, &loss)
#include "rule.h"
