/* SPDX-License-Identifier: MIT */
/* Names of synapses, for people: LAYER:TO:FROM, all counted from 1; LAYER:TO:bias. */
#ifndef SYNAPSE_H
#define SYNAPSE_H

#include "base/core.h"
#include "synrl/model.h"

enum { SYNAPSE_NAME_SIZE = 64 };

synrl_status synapse_parse(struct core *core, const synrl_layout *layout, const char *name,
                           size_t *synapse);
void synapse_name(const synrl_layout *layout, size_t synapse, char name[SYNAPSE_NAME_SIZE]);

#endif
