/* SPDX-License-Identifier: MIT */
/* Changes the layout. */
#define BEFORE ((synrl_layout *)env->layout)->n_synapses = n + 1
#include "rule.h"
