/* SPDX-License-Identifier: MIT */
/* Loading libraries on trial, in a child process: a damaged one ends the child. */
#ifndef LIBRARY_TRIAL_H
#define LIBRARY_TRIAL_H

#include "base/core.h"

enum { TRIAL_GOOD = 0, TRIAL_UNDECIDED = -1, TRIAL_TOO_LONG = -2, TRIAL_ENDED = -3 };

/* Calls load(context, i) for each i < n in a child of this process, one after the other, and gives
 * each `milliseconds`. outcomes[i] is TRIAL_GOOD where it returned, the number of the signal that
 * ended the child, TRIAL_ENDED where it ended without one, or TRIAL_TOO_LONG; another child
 * continues after it. TRIAL_UNDECIDED: no child could be started. */
void library_trial(size_t n, void (*load)(void *context, size_t i), void *context, int milliseconds,
                   int *outcomes);

#endif
