/* SPDX-License-Identifier: MIT */
/* Batches of windows: the samples of another batch, cut up and packed as any batch is. */
#ifndef WINDOWS_H
#define WINDOWS_H

#include "engine/batch_private.h"

/* As engine.h has it. */
synrl_status windows_create(const synrl_host *host, const synrl_batch *batch,
                            const synrl_window *window, synrl_batch **made);
/* Whether windows have the size and format of those of this batch. */
bool windows_fit(const synrl_batch *windows, const synrl_batch *batch, const synrl_window *window);
/* Packs the windows again, of a batch that they fit. In parallel. */
void windows_fill(synrl_batch *windows, const synrl_batch *batch, const synrl_window *window);

#endif
