/* SPDX-License-Identifier: MIT */
/* A rule that says it is an activation. */
#define ID "wrong_kind"
#define KIND SYNRL_KIND_ACTIVATION
#include "bad.h"
