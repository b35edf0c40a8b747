/* SPDX-License-Identifier: MIT */
/* Runs the registered tests with Check, each in a process of its own. */
#ifndef RUNNER_H
#define RUNNER_H

/* In this process or in several at once, which take one run of a test after another. Both end with
 * Check's closing line, and return whether all passed. Only one process writes Check's log files
 * and can do without forking (CK_FORK=no). */
int run_in_one(void);
int run_in_several(int n_processes);

#endif
