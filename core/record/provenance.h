/* SPDX-License-Identifier: MIT */
/* The provenance of a run: machine, versions, files. */
#ifndef PROVENANCE_H
#define PROVENANCE_H

#include <jansson.h>

#include "train/trainer.h"

/* For a new run: as docs/reference/runs.md describes it. NULL with the message set where there is
 * no memory. */
json_t *provenance_json(struct core *core, const struct train_options *options, const char *script);
/* Brings the version of synrl and what the run depends on to what they are now: for a run that is
 * resumed over changes, and at its end, since files may have been read meanwhile. */
synrl_status provenance_renew(struct core *core, const struct train_options *options, json_t *json);

#endif
