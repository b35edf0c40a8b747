/* SPDX-License-Identifier: MIT */
/* The transcript of a run, from which it can be replayed without data: rewards.bin, one bit per
 * iteration (0 if the rule did not step), the first in the lowest bit; and for rules that read
 * losses also losses.bin, two little-endian doubles per iteration, the loss before the step (NaN:
 * not requested) and after it. */
#ifndef TRANSCRIPT_H
#define TRANSCRIPT_H

#include "record/recorder_private.h"

synrl_status transcript_reward(struct recorder *recorder, uint64_t iteration, int reward);
synrl_status transcript_losses(struct recorder *recorder, const double losses[2]);
/* Brings the transcript to the disk. An incomplete byte of rewards is written too, and overwritten
 * by the next. n: iterations done. */
synrl_status transcript_sync(struct recorder *recorder, uint64_t n);
synrl_status transcript_close(struct recorder *recorder, uint64_t n);
/* Truncates the files to their state at a checkpoint of n iterations, n_rewards of them with a bit,
 * and opens them to continue. */
synrl_status transcript_reopen(struct recorder *recorder, uint64_t n, uint64_t n_rewards);

#endif
