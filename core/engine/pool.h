/* Workers that run one piece of work together, again and again.
 *
 * The caller is one of them. Between two pieces of work that follow closely the others spin;
 * after some tens of microseconds they sleep, so an idle pool costs nothing; at once where there
 * are more of them than cores. One that another program has put off its core sits out for a while.
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
/* work(context, 0 .. n - 1, n), each once, by n workers; returns when all are done. A worker that
 * has no core has its share taken over by another. Not to be nested. */
void pool_run(struct pool *pool, synrl_work work, void *context);
/* Whether a piece of work is running. */
bool pool_is_running(const struct pool *pool);
/* The share [first, end) of n items of one worker: contiguous, in the workers' order, a multiple of
 * `grain` long but for the last. */
void pool_share(size_t n, size_t grain, size_t worker, size_t n_workers, size_t *first,
                size_t *end);

#endif
