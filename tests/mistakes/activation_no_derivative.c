/* SPDX-License-Identifier: MIT */
/* No mistake: has no derivative. */
#define MORE .size = sizeof(synrl_activation_ops)
#include "activation.h"
