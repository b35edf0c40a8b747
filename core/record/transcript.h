/* SPDX-License-Identifier: MIT */
/* The transcript of a run, by which it can be replayed without data: rewards.bin, one bit per
 * iteration (0 too where the rule did not step), the first in the lowest bit; and for rules that
 * read losses losses.bin, two little-endian doubles per iteration, the loss before the step (NaN:
 * not asked) and after it. */
#ifndef TRANSCRIPT_H
#define TRANSCRIPT_H

#include "record/recorder_private.h"

synrl_status transcript_reward(struct recorder *recorder, uint64_t iteration, int reward);
synrl_status transcript_losses(struct recorder *recorder, const double losses[2]);
/* Brings it to where a reader finds it: bytes in a stream's buffer die with the process. A byte of
 * rewards that is not full is written, and written over by the next. n: iterations done. */
synrl_status transcript_flush(struct recorder *recorder, uint64_t n);
synrl_status transcript_close(struct recorder *recorder, uint64_t n);
/* Cuts the files to what they were when a checkpoint of n iterations was written, n_rewards of them
 * with a bit, and opens them to continue. */
synrl_status transcript_reopen(struct recorder *recorder, uint64_t n, uint64_t n_rewards);

#endif
