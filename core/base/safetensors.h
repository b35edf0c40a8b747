/* SPDX-License-Identifier: MIT */
/* Writes safetensors. */
#ifndef SAFETENSORS_H
#define SAFETENSORS_H

#include "base/tensors.h"

/* As tensors_write. */
synrl_status safetensors_write(struct core *core, const char *path, const struct tensors *tensors,
                               bool is_output);

#endif
