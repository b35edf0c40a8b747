/* SPDX-License-Identifier: MIT */
/* Workers that run pieces of work together, one after another.
 *
 * The caller is one of them. Between two pieces of work the others spin for some tens of
 * microseconds and then sleep, so an idle pool costs nothing; where there are more workers than
 * cores they sleep immediately. A worker that another program has displaced from its core is
 * suspended for a while.
 *
 */
#ifndef POOL_H
#define POOL_H

#include <stdbool.h>

#include "synrl/host.h"

struct pool;

size_t pool_cpus(void); /* that this process may use, >= 1 */

struct pool *
pool_create(size_t n_workers);        /* >= 1; NULL: no memory or no thread could be started */
void pool_destroy(struct pool *pool); /* NULL is allowed */
size_t pool_size(const struct pool *pool);
/* Calls work(context, i, n) once for each i in 0 .. n - 1, by n workers; returns when all are done.
 * The share of a worker that has no core is taken over by another. Must not be nested. */
void pool_run(struct pool *pool, synrl_work work, void *context);
/* While there are more calls with true than with false, the caller runs the shares of all workers,
 * one after another: for work that may only be done on its thread. */
void pool_keep(struct pool *pool, bool keep);
/* Whether a piece of work is running. */
bool pool_is_running(const struct pool *pool);
/* One worker's share [first, end) of n items: contiguous, in the workers' order, and except for the
 * last a multiple of `grain` long. */
void pool_share(size_t n, size_t grain, size_t worker, size_t n_workers, size_t *first,
                size_t *end);

#endif
