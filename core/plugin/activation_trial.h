/* SPDX-License-Identifier: MIT */
/* A trial of an activation before it is used. */
#ifndef ACTIVATION_TRIAL_H
#define ACTIVATION_TRIAL_H

#include "base/host.h"
#include "synrl/activation.h"

/* Applies the activation, and its derivative where it has one, to a few values. SYNRL_INVALID where
 * a result is not set, depends on the other values or on the call, is not the same where y is x, or
 * memory is written that was not handed over. A result that is not finite, and a derivative that is
 * not the slope, are warnings. */
synrl_status activation_trial(struct host *host, const synrl_activation *activation);

#endif
