/* SPDX-License-Identifier: MIT */
/* The contents of run.json. */
#ifndef RUN_JSON_H
#define RUN_JSON_H

#include <jansson.h>

#include "record/recorder.h"

/* For a new run: status "running". NULL with the message set where there is no memory. */
json_t *run_json_new(struct core *core, const struct trainer *trainer,
                     const struct recorder_options *options);
/* For a resumed run: updates status, process and history. changes: what has changed of the files
 * that it depends on, in words; "": nothing. iterations: to which it is now trained, if more than
 * before; else 0. False where there is no memory. */
bool run_json_resume(json_t *json, uint64_t iteration, uint64_t iterations, const char *changes);
/* Adds the end; problem: the message of a failed run, else NULL. False where there is no memory. */
/* Adds "ranks", where there are several: their number, and the bytes that each has given to the
 * others since `before`. */
bool run_json_ranks(json_t *json, const struct ranks *ranks, uint64_t before);
bool run_json_end(json_t *json, const struct trainer *trainer, const char *status,
                  const char *problem);
/* "config": everything that determines the run's bits, as far as JSON can express it. */
json_t *run_json_config(const struct train_options *options);

#endif
