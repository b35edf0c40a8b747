/* SPDX-License-Identifier: MIT */
/* A trial of a model and a loss before they are used, and what is wrong with a loss that is not
 * finite. */
#ifndef NETWORK_TRIAL_H
#define NETWORK_TRIAL_H

#include "train/network.h"

/* Takes the first block of the batch a few times. SYNRL_INVALID where outputs or terms are not set,
 * depend on the worker or on the call, or more is written than was asked for; and where the loss is
 * NaN, or falls where the sum of its terms rises. */
synrl_status network_trial(struct network *network);

/* Warns where the slopes of the first block, as the loss gives them after this pass, are not those
 * of the loss. */
synrl_status network_try_slopes(struct network *network, const struct pass *pass);

/* SYNRL_INVALID where the model has made another layout for this network, of `data`, than for the
 * one that trains: weights are handed from one to the other. */
synrl_status network_check_layout(const struct network *network, const struct network *training,
                                  const char *data);

/* Writes into text which value of which plugin makes the loss of this pass infinite or NaN; ""
 * where none is found. Takes a pass; the core's message stays. */
void network_explain(struct network *network, const struct pass *pass, char *text, size_t size);

#endif
