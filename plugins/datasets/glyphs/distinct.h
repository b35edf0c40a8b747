/* Samples with labels, in the order in which they came: each of as many bytes, no two of them
 * equal. What is kept is one array of samples and one of labels, as a data set hands them out. */
#ifndef DISTINCT_H
#define DISTINCT_H

#include "../buffer.h"

struct distinct {
    size_t size;           /* bytes of a sample */
    size_t n;              /* samples */
    struct buffer samples; /* [n][size] */
    struct buffer labels;  /* int32_t [n] */
    struct buffer table;   /* size_t: sample + 1 by the hash of its bytes; 0 is free */
};

/* No samples yet, and no memory. */
void distinct_init(struct distinct *set, const synrl_host *host, size_t size);

/* Takes a sample unless there is an equal one, whatever its label. After a failure the set is as it
 * was. */
synrl_status distinct_add(struct distinct *set, const uint8_t *sample, int32_t label);

/* Of the samples from `start` on, fewer than 2^32, keeps `n_kept`, drawn from the stream, in the
 * order they have. After a failure the set is as it was. */
synrl_status distinct_keep(struct distinct *set, size_t start, size_t n_kept, synrl_stream stream);

/* Gives back the memory that only adding takes; another sample can still be added, at the cost of
 * making it anew. */
void distinct_settle(struct distinct *set);

void distinct_free(struct distinct *set); /* leaves none, as after distinct_init */

#endif
