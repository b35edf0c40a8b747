/* SPDX-License-Identifier: MIT */
/* Workers: every share is run, each once, whatever the number of workers and of rounds. */
#include "engine/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "support/pace.h"
#include "support/test.h"

SUITE("pool");

enum { WORKERS_MAX = 6 };

struct tally {
    size_t n_workers;
    int runs[WORKERS_MAX]; /* plain: two workers with one share would be a race */
    atomic_int total;
};

static void count_run(void *context, size_t worker, size_t n_workers) {
    struct tally *tally = context;
    CHECK_OFTEN(n_workers == tally->n_workers && worker < n_workers, "worker %zu of %zu", worker,
                n_workers);
    tally->runs[worker]++;
    atomic_fetch_add(&tally->total, 1);
}

TEST_EACH(each_share_runs_once_a_round, WORKERS_MAX) {
    const size_t n_workers = (size_t)_i + 1;
    const int n_rounds = 3000;
    struct tally tally = {.n_workers = n_workers};
    struct pool *pool = pool_create(n_workers);
    ck_assert_ptr_nonnull(pool);
    ck_assert_uint_eq(pool_size(pool), n_workers);
    for (int round = 1; round <= n_rounds; round++) {
        pool_run(pool, count_run, &tally);
        CHECK_OFTEN(atomic_load(&tally.total) == round * (int)n_workers, "round %d", round);
    }
    for (size_t worker = 0; worker < n_workers; worker++) {
        ck_assert_int_eq(tally.runs[worker], n_rounds);
    }
    pool_destroy(pool);
}

struct visits {
    pthread_t caller;
    size_t n, n_elsewhere, order[4];
};

static void note_visit(void *context, size_t worker, size_t n_workers) {
    struct visits *visits = context;
    (void)n_workers;
    visits->n_elsewhere += pthread_equal(visits->caller, pthread_self()) == 0;
    visits->order[visits->n++] = worker;
}

/* However often it is asked to, and no longer. */
TEST(the_caller_keeps_all_shares) {
    struct pool *pool = pool_create(4);
    struct tally tally = {.n_workers = 4};
    ck_assert_ptr_nonnull(pool);
    pool_keep(pool, true);
    pool_keep(pool, true);
    pool_keep(pool, false);
    for (int round = 0; round < 100; round++) {
        struct visits visits = {.caller = pthread_self()};
        pool_run(pool, note_visit, &visits);
        ck_assert_uint_eq(visits.n, 4);
        ck_assert_uint_eq(visits.n_elsewhere, 0);
        for (size_t i = 0; i < 4; i++) {
            ck_assert_uint_eq(visits.order[i], i);
        }
    }
    pool_keep(pool, false);
    pool_run(pool, count_run, &tally);
    ck_assert_int_eq(atomic_load(&tally.total), 4);
    pool_destroy(pool);
}

/* Long enough for the workers to fall asleep, so that they have to be woken. */
TEST(sleeping_workers_wake) {
    struct tally tally = {.n_workers = 4};
    struct pool *pool = pool_create(4);
    ck_assert_ptr_nonnull(pool);
    for (int round = 1; round <= 5; round++) {
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        pool_run(pool, count_run, &tally);
        ck_assert_int_eq(atomic_load(&tally.total), round * 4);
    }
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    pool_destroy(pool);
}

struct chain {
    size_t n;
    const uint64_t *from;
    uint64_t *to;
    bool all_meet;
    atomic_size_t n_met;
};

/* Waits for the other workers for a while, so that each takes a share unless it sits out. It gives
 * no order to what they do: the thread sanitizer sees the pool's alone. */
static void meet(struct chain *chain, size_t n_workers) {
    atomic_fetch_add_explicit(&chain->n_met, 1, memory_order_relaxed);
    for (int tries = 0; tries < 2000; tries++) {
        if (atomic_load_explicit(&chain->n_met, memory_order_relaxed) >= n_workers) {
            return;
        }
        sched_yield();
    }
}

static void add_neighbour(void *context, size_t worker, size_t n_workers) {
    struct chain *chain = context;
    size_t first, end;
    if (chain->all_meet) {
        meet(chain, n_workers);
    }
    pool_share(chain->n, 3, worker, n_workers, &first, &end);
    for (size_t i = first; i < end; i++) {
        chain->to[i] = chain->from[i] + chain->from[(i + 1) % chain->n];
    }
}

/* Each round reads what other workers wrote in the one before: the rounds of Pascal's triangle on a
 * ring. Starting from ones, round r leaves 2^r everywhere. */
TEST_EACH(a_round_sees_all_of_the_last, 4) {
    enum { N = 100 };
    uint64_t values[2][N];
    struct pool *pool = pool_create((size_t)_i + 1);
    ck_assert_ptr_nonnull(pool);
    for (int again = 0; again < 40; again++) {
        for (size_t i = 0; i < N; i++) {
            values[0][i] = 1;
        }
        for (unsigned round = 0; round < 60; round++) {
            struct chain chain = {N, values[round % 2], values[(round + 1) % 2], again % 2 == 0, 0};
            pool_run(pool, add_neighbour, &chain);
        }
        for (size_t i = 0; i < N; i++) {
            ck_assert_uint_eq(values[0][i], (uint64_t)1 << 60);
        }
    }
    pool_destroy(pool);
}

struct late {
    pthread_t caller;
    bool is_late;
    atomic_int by_other; /* tasks that were not the caller's doing */
};

static void be_late(void *context, size_t worker, size_t n_workers) {
    struct late *late = context;
    (void)worker;
    (void)n_workers;
    if (pthread_equal(pthread_self(), late->caller) == 0) {
        atomic_fetch_add(&late->by_other, 1);
        if (late->is_late) {
            nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
        }
    } else { /* time for the other to come */
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    }
}

static double seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Rounds until the other worker does something, for some seconds at most. */
static bool other_comes(struct pool *pool, struct late *late) {
    const double from = seconds();
    atomic_store(&late->by_other, 0);
    while (atomic_load(&late->by_other) == 0 && seconds() - from < 20) {
        pool_run(pool, be_late, late);
    }
    return atomic_load(&late->by_other) > 0;
}

/* It is no use to wait for a worker that has just been without a core; but it is not forgotten. */
TEST(a_late_worker_sits_out_and_comes_back) {
    if (pool_cpus() < 2) {
        printf("skipped: a worker that is late, there is one core\n");
        return;
    }
    struct late late = {.caller = pthread_self(), .is_late = true};
    struct pool *pool = pool_create(2);
    ck_assert_ptr_nonnull(pool);
    ck_assert(other_comes(pool, &late));
    atomic_store(&late.by_other, 0);
    for (int round = 0; round < 40; round++) {
        pool_run(pool, be_late, &late);
    }
    ck_assert_int_lt(atomic_load(&late.by_other), 20); /* without: all 40; as a rule 1 or 2 */
    late.is_late = false;
    ck_assert(other_comes(pool, &late));
    pool_destroy(pool);
}

TEST(pools_do_not_know_of_each_other) {
    struct tally one = {.n_workers = 2}, other = {.n_workers = 3};
    struct pool *first = pool_create(2), *second = pool_create(3);
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_nonnull(second);
    for (int round = 0; round < 100; round++) {
        pool_run(first, count_run, &one);
        pool_run(second, count_run, &other);
    }
    pool_destroy(first);
    pool_run(second, count_run, &other);
    pool_destroy(second);
    ck_assert_int_eq(atomic_load(&one.total), 200);
    ck_assert_int_eq(atomic_load(&other.total), 303);
}

/* Shares follow one another without gaps and begin at multiples of the grain. */
TEST(shares_cover_everything_once) {
    for (size_t n = 0; n < 70; n++) {
        for (size_t grain = 1; grain < 20; grain += 6) {
            for (size_t n_workers = 1; n_workers < 6; n_workers++) {
                size_t at = 0;
                for (size_t worker = 0; worker < n_workers; worker++) {
                    size_t first, end;
                    pool_share(n, grain, worker, n_workers, &first, &end);
                    ck_assert_uint_eq(first, at);
                    ck_assert_uint_le(first, end);
                    ck_assert(first % grain == 0 || first == n);
                    at = end;
                }
                ck_assert_uint_eq(at, n);
            }
        }
    }
}

TEST(a_pool_needs_a_worker) {
    ck_assert_ptr_null(pool_create(0));
    ck_assert_ptr_null(pool_create(SIZE_MAX));
    pool_destroy(NULL);
}
