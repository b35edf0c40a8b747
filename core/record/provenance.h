/* SPDX-License-Identifier: MIT */
/* The provenance of a run: machine, versions, files. */
#ifndef PROVENANCE_H
#define PROVENANCE_H

#include <jansson.h>

#include "train/trainer.h"

/* {"synrl": version, "isa": ..., "cpu": ..., "threads": ..., "git": commit of the script's
 * repository or null, "plugins": {KIND/ID: {"file": ..., "version": ..., "xxh3": ...}}}. NULL with
 * the message set where there is no memory. */
json_t *provenance_json(struct core *core, const struct train_options *options, const char *script);

#endif
