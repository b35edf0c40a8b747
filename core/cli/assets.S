/* SPDX-License-Identifier: MIT */
/* What `synrl new` copies, each followed by a zero. */
#include "base/asset.h"

    .section .rodata
ASSET(new_activation_c, "examples/activations/leaky_relu.c")
ASSET(new_loss_c, "examples/losses/my_loss.c")
ASSET(new_dataset_c, "examples/datasets/my_dataset.c")
ASSET(new_model_c, "examples/models/linear.c")
ASSET(new_layer_c, "examples/layers/my_layer.c")
ASSET(new_rule_c, "plugins/template/my_rule.c")
ASSET(new_script_lua, "plugins/template/my_rule.lua")
    .section .note.GNU-stack, "", %progbits
