/* What the host offers to a plugin. A plugin never prints, exits, reads the clock, draws from
 * rand() or starts a thread: it asks here. The pointer is valid for as long as the instance that it
 * was handed to, and every function may be called from that instance's operations only. */
#ifndef SYNRL_HOST_H
#define SYNRL_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum synrl_log_level { SYNRL_LOG_INFO = 0, SYNRL_LOG_WARNING = 1 } synrl_log_level;

/* One stream of random numbers: element i is a pure function of (seed, purpose, iteration, i), so
 * there is no state to save and no order to depend on. Philox4x32-10 (Salmon et al. 2011) with
 * key = seed and counter = (c, iteration low, iteration high, purpose), where the 64 elements from
 * 64g on come from the counters c = 16g .. 16g+15: element i is word (i / 16) % 4 of counter
 * c = 16 (i / 64) + i % 16. */
typedef struct synrl_stream {
    uint64_t seed;
    uint64_t iteration;
    uint32_t purpose; /* keeps streams of one seed apart; plugins take SYNRL_PURPOSE_PLUGIN + n */
} synrl_stream;

enum {
    SYNRL_PURPOSE_ACTIONS = 1, /* explore-or-greedy and the action, one word a synapse */
    SYNRL_PURPOSE_WEIGHTS = 2, /* initial weights; iteration = the tensor's number */
    SYNRL_PURPOSE_DATA = 3,    /* generated data sets */
    SYNRL_PURPOSE_BATCH = 4,   /* which samples a batch holds; iteration = the batch's number */
    SYNRL_PURPOSE_SPLIT = 5,   /* training against validation */
    SYNRL_PURPOSE_PLUGIN = 0x100
};

/* Elements first .. first + n - 1 of a stream. None can fail. */
typedef struct synrl_random_api {
    uint32_t size;
    void (*words)(synrl_stream stream, uint64_t first, size_t n, uint32_t *out);
    /* Uniform in [low, high): low + (high - low) * (word >> 8) * 2^-24, in float. */
    void (*uniform)(synrl_stream stream, uint64_t first, size_t n, float low, float high,
                    float *out);
    /* Standard normal by Box-Muller from elements 2i and 2i + 1. */
    void (*normal)(synrl_stream stream, uint64_t first, size_t n, float *out);
    /* A random permutation's first k of n_items (Fisher-Yates over the stream), k <= n_items <
     * 2^32; `items` has room for n_items and is scratch behind k. */
    void (*sample)(synrl_stream stream, uint32_t k, uint32_t n_items, uint32_t *items);
} synrl_random_api;

/* Functions of float arrays that give the same bits on every machine, for any SIMD width. SLEEF's
 * deterministic family, within 3.5 ulp (exp: 1). y may be x. */
typedef struct synrl_math_api {
    uint32_t size;
    void (*exp)(size_t n, const float *x, float *y);
    void (*log)(size_t n, const float *x, float *y);
    void (*tanh)(size_t n, const float *x, float *y);
    void (*sin)(size_t n, const float *x, float *y);
    void (*cos)(size_t n, const float *x, float *y);
    /* In each of SYNRL_LANES columns of x [n_rows >= 1][SYNRL_LANES]: the largest value, and the
     * log of the sum of e^(x - max), added up in the order of the rows. */
    void (*log_sum_exp)(size_t n_rows, const float *x, float *max, float *log_sum);
} synrl_math_api;

typedef struct synrl_engine_api synrl_engine_api; /* engine.h */
typedef struct synrl_policy_api synrl_policy_api; /* policy.h */

/* A piece of parallel work: `worker` of `n_workers`, which run at the same time. Each takes its
 * share of the work; results must not depend on how the work is shared. */
typedef void (*synrl_work)(void *context, size_t worker, size_t n_workers);

typedef struct synrl_host synrl_host;
struct synrl_host {
    uint32_t size;
    void *context; /* the host's own */
    /* count * size bytes, zeroed, aligned to 64 bytes; NULL, with the message set, where there is
     * no memory or the product overflows. count or size 0 gives a pointer that may be freed. */
    void *(*alloc)(const synrl_host *host, size_t count, size_t size);
    void (*free)(const synrl_host *host, void *memory); /* NULL is allowed */
    /* Sets the message of a failure and returns its status: `return host->fail(host, ...)`. The
     * host puts the plugin's kind and id in front. */
    synrl_status (*fail)(const synrl_host *host, synrl_status status, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
    void (*log)(const synrl_host *host, synrl_log_level level, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
    size_t (*n_workers)(const synrl_host *host);
    /* Runs work(context, 0 .. n_workers - 1, n_workers) and waits for all of it. Not to be nested.
     */
    void (*parallel)(const synrl_host *host, synrl_work work, void *context);
    const synrl_random_api *random;
    const synrl_math_api *math;
    const synrl_engine_api *engine;
    const synrl_policy_api *policy;
};

#ifdef __cplusplus
}
#endif
#endif
