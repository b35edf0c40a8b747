/* SPDX-License-Identifier: MIT */
/* Batches of windows: parts of the samples of another batch, packed like any batch. */
#ifndef WINDOWS_H
#define WINDOWS_H

#include "engine/batch_private.h"

/* As in engine.h. */
synrl_status windows_create(const synrl_host *host, const synrl_batch *batch,
                            const synrl_window *window, synrl_batch **made);
/* Whether windows have the size and format of this batch's. */
bool windows_fit(const synrl_batch *windows, const synrl_batch *batch, const synrl_window *window);
/* Packs the windows of a batch again; they must fit it. In parallel. */
void windows_fill(synrl_batch *windows, const synrl_batch *batch, const synrl_window *window);

#endif
