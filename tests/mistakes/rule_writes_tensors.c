/* SPDX-License-Identifier: MIT */
/* Changes a tensor of the layout. */
#define BEFORE ((synrl_tensor *)synrl_tensor_at(env->layout, 0))->is_bias = true
#include "rule.h"
