/* SPDX-License-Identifier: MIT */
/* Samples with labels, in the order of insertion: all of the same size, no two of them equal. They
 * are in one array of samples and one of labels, as a data set needs them. */
#ifndef DISTINCT_H
#define DISTINCT_H

#include "../buffer.h"

/* All zero except for `size` is empty. */
struct distinct {
    size_t size;           /* bytes per sample */
    size_t n;              /* samples */
    struct buffer samples; /* [n][size] */
    struct buffer labels;  /* int32_t [n] */
    struct buffer table;   /* size_t: sample + 1 by the hash of its bytes; 0 is free */
};

/* Adds a sample unless there is an equal one, of whatever label. After a failure the set is
 * unchanged. */
synrl_status distinct_add(const synrl_host *host, struct distinct *set, const uint8_t *sample,
                          int32_t label);

/* Of the samples from `start` on, fewer than 2^32, keeps `n_kept`, drawn from the stream, in their
 * present order. After a failure the set is unchanged. */
synrl_status distinct_keep(const synrl_host *host, struct distinct *set, size_t start,
                           size_t n_kept, synrl_stream stream);

/* Frees the memory that is used only for adding; another sample can still be added, at the cost of
 * rebuilding it. */
void distinct_settle(const synrl_host *host, struct distinct *set);

#endif
