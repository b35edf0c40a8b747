/* SPDX-License-Identifier: MIT */
/* Runs that are trained longer than their script says, by `synrl resume RUN iterations=N`. */
#ifndef LONGER_H
#define LONGER_H

#include <jansson.h>

#include "base/core.h"

/* By its run.json: SYNRL_INVALID, with the reason, where the run in the folder cannot be trained to
 * this number of iterations. */
synrl_status longer_check(struct core *core, const char *folder, const json_t *json,
                          uint64_t iterations);

/* The number of iterations that the script makes of the run. */
uint64_t longer_script_iterations(const json_t *json);
/* That of the run itself, which is larger where it was trained longer. */
uint64_t longer_iterations(const json_t *json);
/* Records that the run now has this number. False where there is no memory. */
bool longer_set(json_t *json, uint64_t iterations);

#endif
