/* SPDX-License-Identifier: MIT */
/* Workers that spin between pieces of work that follow each other closely, and otherwise sleep.
 *
 * A piece of work is a round, and each worker's share of it is a task, which any worker may claim:
 * its own first, then unclaimed ones. So a worker that has lost its core delays nobody, unless it
 * is in the middle of a task. `claimed` is the last round in which a task was claimed; every task
 * is claimed in every round, so a late worker finds nothing left to claim.
 *
 * A worker that loses its core in the middle of a task does delay all others, for the time of many
 * rounds, and will do so again while another program uses that core. So it is suspended for a
 * while, longer each time, and the others run its tasks. Clocks only decide who runs a task; the
 * task itself does not depend on them. */
#include "engine/pool.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Polls before a waiting worker gives its core back: some tens of microseconds. None where there
 * are more workers than cores, since another may be waiting for this core. */
enum { SPINS = 20000 };

/* Nanoseconds for which a worker is suspended: at first, and at most. */
enum { SUSPENSION_NS = 8000000, SUSPENSION_NS_MAX = 64 * SUSPENSION_NS };

enum { SPARE_STACK = 65536 };

struct worker {
    struct pool *pool;
    size_t number;
    pthread_t thread;
    uint64_t suspended_at, suspended_for; /* of the last suspension, in nanoseconds */
    _Alignas(64) atomic_uint claimed; /* the last round in which this worker's task was claimed */
    _Alignas(64) atomic_uint is_suspended; /* asleep on this word while it is 1 */
    atomic_bool is_at_work;
};

struct pool {
    size_t n_workers, n_started, n_suspended;
    size_t n_kept; /* pool_keep */
    int spins;
    synrl_work work; /* of the round: set before `round`, kept until `pending` is 0 */
    void *context;
    _Alignas(64) atomic_uint round;
    _Alignas(64) atomic_uint pending;  /* tasks of the round that are not finished */
    _Alignas(64) atomic_uint sleepers; /* workers that may be asleep on `round` */
    atomic_bool ends;
    atomic_bool is_running;
    struct worker workers[];
};

static void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static void sleep_while(atomic_uint *word, unsigned value) {
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void wake(atomic_uint *word) {
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* Waits until a round other than this one begins: first spinning, then asleep. */
static void wait_while(struct pool *pool, unsigned round) {
    for (int i = 0; i < pool->spins; i++) {
        if (atomic_load_explicit(&pool->round, memory_order_acquire) != round) {
            return;
        }
        relax();
    }
    atomic_fetch_add(&pool->sleepers, 1);
    while (atomic_load(&pool->round) == round) {
        sleep_while(&pool->round, round);
    }
    atomic_fetch_sub(&pool->sleepers, 1);
}

/* Runs the task if nobody has claimed it in this round. */
static void try_task(struct pool *pool, size_t task, unsigned round) {
    unsigned before = round - 1;
    if (atomic_compare_exchange_strong(&pool->workers[task].claimed, &before, round)) {
        pool->work(pool->context, task, pool->n_workers);
        atomic_fetch_sub_explicit(&pool->pending, 1, memory_order_release);
    }
}

static void run_tasks(struct pool *pool, size_t worker, unsigned round) {
    for (size_t i = 0; i < pool->n_workers; i++) {
        try_task(pool, (worker + i) % pool->n_workers, round);
    }
}

/* For handlers of signals: a task may have used up the thread's stack. Sanitizers bring one. */
static void use_spare_stack(char spare[SPARE_STACK]) {
    stack_t present;
    if (sigaltstack(NULL, &present) == 0 && (present.ss_flags & SS_DISABLE) != 0) {
        sigaltstack(&(stack_t){.ss_sp = spare, .ss_size = SPARE_STACK}, NULL);
    }
}

static void *run_worker(void *argument) {
    struct worker *worker = argument;
    struct pool *pool = worker->pool;
    char spare[SPARE_STACK];
    use_spare_stack(spare);
    for (unsigned round = 0;;) {
        while (atomic_load(&worker->is_suspended) > 0) {
            sleep_while(&worker->is_suspended, 1);
        }
        wait_while(pool, round);
        round = atomic_load(&pool->round);
        if (atomic_load(&pool->ends)) {
            return NULL;
        }
        atomic_store(&worker->is_at_work, true);
        run_tasks(pool, worker->number, round);
        atomic_store(&worker->is_at_work, false);
    }
}

static uint64_t nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
}

/* Suspends the workers that are in the middle of a task. */
static void suspend_stalled(struct pool *pool, uint64_t now) {
    for (size_t i = 1; i < pool->n_workers; i++) {
        struct worker *worker = &pool->workers[i];
        if (atomic_load(&worker->is_at_work) && atomic_load(&worker->is_suspended) == 0) {
            const bool is_again = now - worker->suspended_at < 4 * worker->suspended_for;
            worker->suspended_for = is_again ? 2 * worker->suspended_for : SUSPENSION_NS;
            worker->suspended_for = worker->suspended_for < SUSPENSION_NS_MAX
                                        ? worker->suspended_for
                                        : SUSPENSION_NS_MAX;
            worker->suspended_at = now;
            atomic_store(&worker->is_suspended, 1);
            pool->n_suspended++;
        }
    }
}

/* Resumes the workers whose time is over, or all. */
static void resume_suspended(struct pool *pool, bool all, uint64_t now) {
    for (size_t i = 1; i < pool->n_started && pool->n_suspended > 0; i++) {
        struct worker *worker = &pool->workers[i];
        if (atomic_load(&worker->is_suspended) > 0 &&
            (all || now - worker->suspended_at >= worker->suspended_for)) {
            atomic_store(&worker->is_suspended, 0);
            wake(&worker->is_suspended);
            pool->n_suspended--;
        }
    }
}

/* Waits until every task is finished. A worker that takes longer than the caller's whole share has
 * lost its core. */
static void wait_for_others(struct pool *pool, uint64_t began) {
    const uint64_t from = nanoseconds();
    bool is_checked = pool->spins == 0;
    for (int spins = 0; atomic_load_explicit(&pool->pending, memory_order_acquire) > 0;) {
        if (spins < pool->spins) {
            relax();
            spins++;
            continue;
        }
        const uint64_t now = nanoseconds();
        if (!is_checked && now - from > from - began) {
            suspend_stalled(pool, now);
            is_checked = true;
        }
        sched_yield();
    }
}

static void announce(struct pool *pool) {
    atomic_fetch_add(&pool->round, 1);
    if (atomic_load(&pool->sleepers) > 0) {
        wake(&pool->round);
    }
}

size_t pool_cpus(void) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) {
        return 1;
    }
    const int n = CPU_COUNT(&set);
    return n > 0 ? (size_t)n : 1;
}

struct pool *pool_create(size_t n_workers) {
    if (n_workers < 1 || n_workers > 4096) {
        return NULL;
    }
    const size_t size = sizeof(struct pool) + n_workers * sizeof(struct worker);
    struct pool *pool = aligned_alloc(64, (size + 63) / 64 * 64);
    if (pool == NULL) {
        return NULL;
    }
    pool->n_workers = n_workers;
    pool->n_suspended = pool->n_kept = 0;
    pool->n_started = 1; /* worker 0 is the caller */
    pool->spins = n_workers <= pool_cpus() ? SPINS : 0;
    atomic_init(&pool->round, 0);
    atomic_init(&pool->pending, 0);
    atomic_init(&pool->sleepers, 0);
    atomic_init(&pool->ends, false);
    atomic_init(&pool->is_running, false);
    for (size_t i = 0; i < n_workers; i++) {
        pool->workers[i].suspended_at = pool->workers[i].suspended_for = 0;
        atomic_init(&pool->workers[i].claimed, 0);
        atomic_init(&pool->workers[i].is_suspended, 0);
        atomic_init(&pool->workers[i].is_at_work, false);
    }
    for (; pool->n_started < n_workers; pool->n_started++) {
        struct worker *worker = &pool->workers[pool->n_started];
        worker->pool = pool;
        worker->number = pool->n_started;
        if (pthread_create(&worker->thread, NULL, run_worker, worker) != 0) {
            pool_destroy(pool);
            return NULL;
        }
    }
    return pool;
}

void pool_destroy(struct pool *pool) {
    if (pool == NULL) {
        return;
    }
    atomic_store(&pool->ends, true);
    announce(pool);
    resume_suspended(pool, true, 0);
    for (size_t i = 1; i < pool->n_started; i++) {
        pthread_join(pool->workers[i].thread, NULL);
    }
    free(pool);
}

size_t pool_size(const struct pool *pool) {
    return pool->n_workers;
}

void pool_keep(struct pool *pool, bool keep) {
    pool->n_kept += keep ? 1 : (size_t)-1;
}

bool pool_is_running(const struct pool *pool) {
    return atomic_load_explicit(&pool->is_running, memory_order_relaxed);
}

static void run_together(struct pool *pool, synrl_work work, void *context) {
    const uint64_t began = nanoseconds();
    pool->work = work;
    pool->context = context;
    atomic_store(&pool->pending, (unsigned)pool->n_workers);
    announce(pool);
    resume_suspended(pool, false, began);
    run_tasks(pool, 0, atomic_load(&pool->round));
    wait_for_others(pool, began);
}

void pool_run(struct pool *pool, synrl_work work, void *context) {
    atomic_store_explicit(&pool->is_running, true, memory_order_relaxed);
    if (pool->n_workers > 1 && pool->n_kept == 0) {
        run_together(pool, work, context);
    } else {
        for (size_t i = 0; i < pool->n_workers; i++) {
            work(context, i, pool->n_workers);
        }
    }
    atomic_store_explicit(&pool->is_running, false, memory_order_relaxed);
}

void pool_share(size_t n, size_t grain, size_t worker, size_t n_workers, size_t *first,
                size_t *end) {
    const size_t units = n / grain + (n % grain != 0);
    *first = units * worker / n_workers * grain;
    *end = units * (worker + 1) / n_workers * grain;
    *first = *first < n ? *first : n;
    *end = *end < n ? *end : n;
}
