/* SPDX-License-Identifier: MIT */
/* The network that a run has trained, from its folder: neither script nor data are needed. */
#ifndef TRAINED_H
#define TRAINED_H

#include <jansson.h>

#include "base/tensors.h"
#include "plugin/component.h"
#include "synrl/model.h"
#include "train/classes.h"

struct trained {
    struct component *model, *loss;
    struct tensors tensors; /* in the order of the model's layout, with their values */
    struct classes classes; /* of the data it was trained on */
    json_t *run;            /* run.json */
};

/* Opens the best weights that the run kept or, where it kept none or is_last, those that it ended
 * with. SYNRL_INVALID where the run has no weights, where they are not those of its summary, or,
 * unless that is forced, where a plugin has changed since. */
synrl_status trained_open(struct core *core, const char *folder, bool is_last, bool force_changed,
                          struct trained *trained);
void trained_close(struct core *core, struct trained *trained);

/* Data as the run read its own: by the same plugin and parameters but for the settings, each
 * "NAME=VALUE" ("NAME=": as if not given), normalised and autoencoded as they were. id: of
 * another plugin, which has only the settings; NULL: the same. *made is a reference of the
 * caller's. */
synrl_status trained_data(struct core *core, const struct trained *trained, const char *id,
                          size_t n, char *const *settings, struct dataset **made);

/* The steps by which the run's data was derived (dataset_derivation); NULL: none. */
const json_t *trained_steps(const struct trained *trained);
/* Whether inputs were normalised in one of these steps. */
bool steps_normalise(const json_t *steps);
/* Replaces *data by itself normalised and autoencoded as in these steps. */
synrl_status steps_repeat(struct core *core, const json_t *steps, struct dataset **data);

/* The shape of the data that a run was trained on, from its run.json; the records of older runs
 * have less of it. */
synrl_shape recorded_shape(const json_t *run);
/* Reads weights for a layout, [n_synapses]. SYNRL_INVALID where they do not fit, or where their
 * hash is another than `hash`, in hexadecimal; NULL: any. */
synrl_status recorded_weights(struct core *core, const char *path, const synrl_layout *layout,
                              const char *hash, float *weights);

#endif
