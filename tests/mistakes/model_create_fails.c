/* SPDX-License-Identifier: MIT */
/* Fails in create, without a message. */
#define CREATE return SYNRL_UNSUPPORTED
#include "model.h"
