/* Samples with labels, in the order in which they came: all of one size, no two of them equal. What
 * is kept is one array of samples and one of labels, as a data set hands them out. */
#ifndef DISTINCT_H
#define DISTINCT_H

#include "../buffer.h"

/* All zero but for `size` is empty. */
struct distinct {
    size_t size;           /* bytes per sample */
    size_t n;              /* samples */
    struct buffer samples; /* [n][size] */
    struct buffer labels;  /* int32_t [n] */
    struct buffer table;   /* size_t: sample + 1 by the hash of its bytes; 0 is free */
};

/* Takes a sample unless there is an equal one, whatever its label. After a failure the set is as it
 * was. */
synrl_status distinct_add(const synrl_host *host, struct distinct *set, const uint8_t *sample,
                          int32_t label);

/* Of the samples from `start` on, fewer than 2^32, keeps `n_kept`, drawn from the stream, in the
 * order they have. After a failure the set is as it was. */
synrl_status distinct_keep(const synrl_host *host, struct distinct *set, size_t start,
                           size_t n_kept, synrl_stream stream);

/* Gives back the memory that only adding takes; another sample can still be added, at the cost of
 * making it again. */
void distinct_settle(const synrl_host *host, struct distinct *set);

#endif
