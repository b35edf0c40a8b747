/* SPDX-License-Identifier: MIT */
/* Weights of a network as named tensors. */
#ifndef NAMED_WEIGHTS_H
#define NAMED_WEIGHTS_H

#include "base/tensors.h"
#include "synrl/model.h"

/* The names and shapes of a layout, without values; freed by tensors_free. */
synrl_status tensors_of_layout(struct core *core, const synrl_layout *layout,
                               struct tensors *tensors);
/* The values of `given` in the order of the layout, [n_synapses]. SYNRL_INVALID, naming the tensor
 * and its file, where one is missing, too many, or of another shape. */
synrl_status tensors_fit(struct core *core, const struct tensors *given, const synrl_layout *layout,
                         float *weights);

#endif
