/* A pool of processes. Each child is waited for by its number: others may be somebody else's. */
#include "sweep/jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

struct slot {
    pid_t process; /* 0: free */
    size_t number;
};

struct pool_of_jobs {
    struct core *core;
    const struct jobs *jobs;
    struct slot *slots;
    size_t next;   /* the first that was not yet begun */
    size_t *again; /* numbers to be begun once more */
    size_t n_again;
    struct job_counts counts;
};

static synrl_status spawn(struct core *core, const struct job *job, pid_t *process) {
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0) {
        return core_fail(core, SYNRL_NO_MEMORY, "not enough memory to start a process");
    }
    const int flags = O_WRONLY | O_CREAT | O_TRUNC;
    int problem = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    problem |= posix_spawn_file_actions_addopen(&actions, 1, job->output, flags, 0666);
    problem |= posix_spawn_file_actions_addopen(&actions, 2, job->error, flags, 0666);
    if (problem == 0) {
        problem =
            posix_spawn(process, job->words[0], &actions, NULL, (char *const *)job->words, environ);
    }
    posix_spawn_file_actions_destroy(&actions);
    return problem == 0 ? SYNRL_OK
                        : core_fail(core, SYNRL_IO, "%s: cannot start it: %s", job->words[0],
                                    strerror(problem));
}

static bool has_more(const struct pool_of_jobs *pool) {
    return pool->n_again > 0 || pool->next < pool->jobs->n;
}

static synrl_status begin_one(struct pool_of_jobs *pool, struct slot *slot) {
    const size_t number = pool->n_again > 0 ? pool->again[--pool->n_again] : pool->next++;
    struct job job;
    memset(&job, 0, sizeof job);
    SYNRL_TRY(pool->jobs->begin(pool->jobs->context, number, &job));
    SYNRL_TRY(spawn(pool->core, &job, &slot->process));
    slot->number = number;
    pool->counts.running++;
    return SYNRL_OK;
}

static synrl_status end_one(struct pool_of_jobs *pool, struct slot *slot, int status) {
    bool again = false;
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    slot->process = 0;
    pool->counts.running--;
    SYNRL_TRY(pool->jobs->end(pool->jobs->context, slot->number, code, &again));
    if (again) {
        pool->again[pool->n_again++] = slot->number;
    } else {
        pool->counts.done++;
    }
    return SYNRL_OK;
}

static synrl_status look_after(struct pool_of_jobs *pool, bool *changed) {
    *changed = false;
    for (size_t s = 0; s < pool->jobs->at_once; s++) {
        struct slot *slot = &pool->slots[s];
        int status;
        if (slot->process != 0 && waitpid(slot->process, &status, WNOHANG) == slot->process) {
            *changed = true;
            SYNRL_TRY(end_one(pool, slot, status));
        }
        if (slot->process == 0 && has_more(pool)) {
            *changed = true;
            SYNRL_TRY(begin_one(pool, slot));
        }
    }
    return SYNRL_OK;
}

static void end_all(struct pool_of_jobs *pool) {
    for (size_t s = 0; s < pool->jobs->at_once; s++) {
        if (pool->slots[s].process != 0) {
            kill(pool->slots[s].process, SIGTERM);
        }
    }
    for (size_t s = 0; s < pool->jobs->at_once; s++) {
        while (pool->slots[s].process != 0 && waitpid(pool->slots[s].process, NULL, 0) < 0 &&
               errno == EINTR) {
        }
    }
}

static synrl_status run(struct pool_of_jobs *pool) {
    const struct timespec pause = {.tv_nsec = 5000000};
    while (pool->counts.running > 0 || has_more(pool)) {
        bool changed;
        SYNRL_TRY(look_after(pool, &changed));
        SYNRL_TRY(pool->jobs->tick(pool->jobs->context, &pool->counts));
        if (!changed) {
            nanosleep(&pause, NULL);
        }
    }
    return SYNRL_OK;
}

synrl_status jobs_run(struct core *core, const struct jobs *jobs) {
    struct pool_of_jobs pool = {.core = core, .jobs = jobs, .counts = {.n = jobs->n}};
    pool.slots = core_alloc(core, jobs->at_once, sizeof *pool.slots);
    pool.again = core_alloc(core, jobs->n, sizeof *pool.again);
    synrl_status status = pool.slots != NULL && pool.again != NULL ? run(&pool) : SYNRL_NO_MEMORY;
    if (status != SYNRL_OK && pool.slots != NULL) {
        end_all(&pool);
    }
    core_free(core, pool.again);
    core_free(core, pool.slots);
    return status;
}
