/* SPDX-License-Identifier: MIT */
/* Running a script, for the commands run and resume. */
#ifndef RUN_H
#define RUN_H

#include "record/invocation.h"

/* Runs the script and prints its result. command: the words of the call as they are
 * recorded, or NULL. resume: the folder of a run of an earlier call that is to be continued, or
 * NULL. Returns the exit code. */
int run_experiment(const struct run_request *request, const char *command, const char *resume);

#endif
