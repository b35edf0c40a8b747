/* SPDX-License-Identifier: MIT */
/* Reads the folder of a run: run.json, rewards.bin (metrics.csv: metrics_csv.h). The files'
 * contents are checked, never trusted. */
#ifndef RUN_FILES_H
#define RUN_FILES_H

#include <jansson.h>

#include "base/core.h"

/* run.json; the caller's reference. */
synrl_status record_read(struct core *core, const char *folder, json_t **json);
/* bits[t] = 1 where iteration t was rewarded: the first n of rewards.bin; freed by core_free.
 * SYNRL_INVALID where there are fewer. */
synrl_status record_rewards(struct core *core, const char *folder, uint64_t n, uint8_t **bits);
/* losses[2 t], losses[2 t + 1]: the losses before and after iteration t, the first n of losses.bin;
 * freed by core_free. SYNRL_INVALID where there are fewer. */
synrl_status record_losses(struct core *core, const char *folder, uint64_t n, double **losses);

#endif
