/* SPDX-License-Identifier: MIT */
/* The host: what synrl offers to a plugin.
 *
 * A plugin never prints, exits, reads the clock, draws from rand() or starts a thread: it asks the
 * host. Every operation of a plugin is handed its host first; the pointer is valid for as long as
 * the plugin's instance.
 *
 * Every function is tagged with the threads that may call it:
 *   [main]    the thread that the operation was called on, outside `parallel` and `forward`
 *   [worker]  work that runs in parallel: the function given to `parallel`, `forward`, `terms`,
 *             `apply`, ...
 *   [any]     both */
#ifndef SYNRL_HOST_H
#define SYNRL_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SYNRL_LANES 16 /* samples that are worked on together: one block */

typedef enum synrl_log_level { SYNRL_LOG_INFO = 0, SYNRL_LOG_WARNING = 1 } synrl_log_level;

/* One stream of random numbers. Element i is a pure function of (seed, purpose, iteration, i), so
 * there is no state to save and no order to depend on. Philox4x32-10 (Salmon et al. 2011) with
 * key = seed and counter = (c, iteration low, iteration high, purpose); the 64 elements from 64g on
 * come from the counters c = 16g .. 16g + 15: element i is word (i / 16) % 4 of counter
 * c = 16 (i / 64) + i % 16. */
typedef struct synrl_stream {
    uint64_t seed;
    uint64_t iteration;
    uint32_t
        purpose; /* keeps the streams of one seed apart; plugins use SYNRL_PURPOSE_PLUGIN + n */
} synrl_stream;

enum {
    SYNRL_PURPOSE_ACTIONS = 1,  /* explore or not, and the action: one word per synapse */
    SYNRL_PURPOSE_WEIGHTS = 2,  /* initial weights; iteration = the number of the tensor */
    SYNRL_PURPOSE_DATA = 3,     /* generated data sets */
    SYNRL_PURPOSE_BATCH = 4,    /* the samples of a batch; iteration = the number of the batch */
    SYNRL_PURPOSE_SPLIT = 5,    /* training and validation */
    SYNRL_PURPOSE_NOISE = 6,    /* perturbed units; see synrl_env.perturb */
    SYNRL_PURPOSE_FEEDBACK = 7, /* random feedback weights */
    SYNRL_PURPOSE_FIRING = 8,   /* stochastic units; see synrl_env.fire */
    SYNRL_PURPOSE_LAYER = 9,    /* random layers; see synrl_layer_stream */
    SYNRL_PURPOSE_PLUGIN = 0x100
};

/* Elements first .. first + n - 1 of a stream. None of these can fail. All [any]. Draw in bulk:
 * 64 words cost little more than one. */
typedef struct synrl_random_api {
    uint32_t size;
    void (*words)(synrl_stream stream, uint64_t first, size_t n, uint32_t *out);
    /* Uniform in [low, high): low + (high - low) * (word >> 8) * 2^-24, in float. */
    void (*uniform)(synrl_stream stream, uint64_t first, size_t n, float low, float high,
                    float *out);
    /* Standard normal by Box-Muller from elements 2i and 2i + 1. */
    void (*normal)(synrl_stream stream, uint64_t first, size_t n, float *out);
    /* The first k of a random permutation of n_items (Fisher-Yates over the stream), k <= n_items
     * < 2^32; `items` has room for n_items, and what follows the first k is scratch. */
    void (*sample)(synrl_stream stream, uint32_t k, uint32_t n_items, uint32_t *items);
} synrl_random_api;

/* Functions of float arrays with the same bits on every machine, for any SIMD width: SLEEF's
 * deterministic family, within 3.5 ulp (exp: 1). y may be x. All [any]. */
typedef struct synrl_math_api {
    uint32_t size;
    void (*exp)(size_t n, const float *x, float *y);
    void (*log)(size_t n, const float *x, float *y);
    void (*tanh)(size_t n, const float *x, float *y);
    void (*sin)(size_t n, const float *x, float *y);
    void (*cos)(size_t n, const float *x, float *y);
    /* For each of the SYNRL_LANES columns of x [n_rows >= 1][SYNRL_LANES]: the largest value, and
     * the logarithm of the sum of e^(x - max), added up in the order of the rows. */
    void (*log_sum_exp)(size_t n_rows, const float *x, float *max, float *log_sum);
} synrl_math_api;

typedef struct synrl_engine_api synrl_engine_api; /* engine.h */
typedef struct synrl_policy_api synrl_policy_api; /* policy.h */

/* A piece of parallel work: `worker` of `n_workers`, which run at the same time. Each takes its
 * share; results must not depend on how the work is shared out. */
typedef void (*synrl_work)(void *context, size_t worker, size_t n_workers);

typedef struct synrl_host synrl_host;
struct synrl_host {
    uint32_t size;
    void *context; /* the host's own */
    /* [any] count * size bytes, zeroed, aligned to 64 bytes; NULL, with the message set, where
     * there is no memory or the product overflows. The host owns the block: it frees it when the
     * instance ends or its `create` fails. A block handed out in every iteration and never freed
     * is reported as a leak. */
    void *(*alloc)(const synrl_host *host, size_t count, size_t size);
    /* [any] Frees a block of this instance early. NULL is allowed. */
    void (*free)(const synrl_host *host, void *memory);
    /* [any] Sets the message of a failure and returns its status:
     * `return host->fail(host, SYNRL_INVALID, ...)`. The host puts the plugin's kind and id in
     * front. From a worker, which cannot return it, it makes the operation fail. */
    synrl_status (*fail)(const synrl_host *host, synrl_status status, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
    /* [any] */
    void (*log)(const synrl_host *host, synrl_log_level level, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
    size_t (*n_workers)(const synrl_host *host); /* [any] */
    /* [main] Runs work(context, 0 .. n_workers - 1, n_workers) and waits for all of it. A call from
     * a worker is refused, and the operation fails. */
    void (*parallel)(const synrl_host *host, synrl_work work, void *context);
    const synrl_random_api *random;
    const synrl_math_api *math;
    const synrl_engine_api *engine;
    const synrl_policy_api *policy;
    /* [main] Since ABI 3.2. Notes that this file or folder is read, or would be if it were there:
     * with its hash it goes into the run's provenance, and a sweep's kept result or a run to resume
     * counts as changed when it has. For what no string parameter of a data set names; to be called
     * in `create`, before the file is opened. */
    synrl_status (*reads)(const synrl_host *host, const char *path);
};

/* Allocates n zeroed elements of what `pointer` points to: SYNRL_TRY(SYNRL_NEW(host, r->x, n)). */
#define SYNRL_NEW(host, pointer, n)                                                           \
    (((pointer) = (__typeof__(pointer))(host)->alloc((host), (n), sizeof *(pointer))) != NULL \
         ? SYNRL_OK                                                                           \
         : SYNRL_NO_MEMORY)

#ifdef __cplusplus
}
#endif
#endif
