/* What run.json says, and when. */
#ifndef RUN_JSON_H
#define RUN_JSON_H

#include <jansson.h>

#include "record/recorder.h"

/* Of a run that begins: status "running". NULL with the message set where there is no memory. */
json_t *run_json_new(struct core *core, const struct trainer *trainer,
                     const struct recorder_options *options);
/* Of a run that goes on: status, process and history brought up to date. */
void run_json_resume(json_t *json, uint64_t iteration);
/* Its end; problem: what a failed run failed of, else NULL. */
void run_json_end(json_t *json, const struct trainer *trainer, const char *status,
                  const char *problem);
/* "config": all that decides the run's bits, as far as JSON can tell it. */
json_t *run_json_config(const struct train_options *options);

#endif
