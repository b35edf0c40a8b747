/* SPDX-License-Identifier: MIT */
/* Runs processes, a limited number at a time. */
#include "sweep/jobs.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/spawn.h"

/* How often what was busy is tried again, and when the wait for processes that are to end is
 * explained, in seconds. */
#define BUSY_SECONDS 0.1
#define PATIENCE_SECONDS 1.0

struct job_slot {
    pid_t process; /* 0: free */
    int output;
    size_t number;
};

struct job_runner {
    struct core *core;
    const struct jobs *jobs;
    struct job_slot *slots;
    size_t next;   /* the first that was not yet started */
    size_t *again; /* numbers of the jobs to retry */
    size_t n_again;
    size_t *busy;     /* numbers of the jobs that were busy; */
    size_t n_busy;    /* the first n_untried of them are to be tried in this round, */
    size_t n_untried; /* which began at: */
    double round;
    struct job_counts counts;
};

static void close_file(int *descriptor) {
    if (*descriptor >= 0) {
        close(*descriptor);
        *descriptor = -1;
    }
}

static synrl_status start(struct core *core, const struct job *job, pid_t *process) {
    if (job->words.has_failed) {
        return core_fail(core, SYNRL_NO_MEMORY, "not enough memory to start a process");
    }
    const struct spawn spawn = {.words = (const char *const *)job->words.list,
                                .input = SPAWN_NOTHING,
                                .output = job->output,
                                .error = job->error};
    return spawn_start(core, &spawn, process);
}

/* Begins the next round if it is time. */
static bool has_untried(struct job_runner *runner) {
    const double now = clock_seconds();
    if (runner->n_untried == 0 && now - runner->round >= BUSY_SECONDS) {
        runner->n_untried = runner->n_busy;
        runner->round = now;
    }
    return runner->n_untried > 0;
}

/* The next job to begin; false: none now. */
static bool take_number(struct job_runner *runner, size_t *number) {
    if (runner->n_again > 0) {
        *number = runner->again[--runner->n_again];
    } else if (runner->next < runner->jobs->n) {
        *number = runner->next++;
    } else if (has_untried(runner)) {
        const size_t taken = --runner->n_untried;
        *number = runner->busy[taken];
        runner->busy[taken] = runner->busy[--runner->n_busy];
    } else {
        return false;
    }
    return true;
}

static bool has_more(const struct job_runner *runner) {
    return runner->n_again > 0 || runner->n_busy > 0 || runner->next < runner->jobs->n;
}

static synrl_status begin_one(struct job_runner *runner, struct job_slot *slot, size_t number) {
    struct job job = {.output = -1, .error = -1};
    synrl_status status = runner->jobs->begin(runner->jobs->context, number, &job);
    if (status == SYNRL_OK && job.state == JOB_READY) {
        status = start(runner->core, &job, &slot->process);
    }
    close_file(&job.error);
    words_free(&job.words);
    if (status != SYNRL_OK || job.state != JOB_READY) {
        close_file(&job.output);
        runner->counts.done += status == SYNRL_OK && job.state == JOB_DONE;
        if (job.state == JOB_BUSY) {
            runner->busy[runner->n_busy++] = number;
        }
        return status;
    }
    slot->number = number;
    slot->output = job.output;
    runner->counts.running++;
    return SYNRL_OK;
}

static synrl_status end_one(struct job_runner *runner, struct job_slot *slot, int status) {
    bool again = false;
    const int code = spawn_code(status);
    slot->process = 0;
    runner->counts.running--;
    const synrl_status ended = runner->jobs->end(runner->jobs->context, slot->number, code, &again);
    close_file(&slot->output);
    SYNRL_TRY(ended);
    if (again) {
        runner->again[runner->n_again++] = slot->number;
    } else {
        runner->counts.done++;
    }
    return SYNRL_OK;
}

static synrl_status poll_jobs(struct job_runner *runner, bool *changed) {
    *changed = false;
    for (size_t s = 0; s < runner->jobs->at_once; s++) {
        struct job_slot *slot = &runner->slots[s];
        int status;
        size_t number;
        if (slot->process != 0 && waitpid(slot->process, &status, WNOHANG) == slot->process) {
            *changed = true;
            SYNRL_TRY(end_one(runner, slot, status));
        } else if (slot->process != 0 &&
                   runner->jobs->is_lost(runner->jobs->context, slot->number)) {
            kill(slot->process, SIGKILL);
        }
        if (slot->process == 0 && take_number(runner, &number)) {
            *changed = true;
            SYNRL_TRY(begin_one(runner, slot, number));
        }
    }
    return SYNRL_OK;
}

static void pause_shortly(void) {
    const struct timespec pause = {.tv_nsec = 5000000};
    nanosleep(&pause, NULL);
}

/* Whether all have ended. */
static bool reap_all(struct job_runner *runner) {
    for (size_t s = 0; s < runner->jobs->at_once; s++) {
        struct job_slot *slot = &runner->slots[s];
        if (slot->process != 0 && waitpid(slot->process, NULL, WNOHANG) != 0) {
            slot->process = 0;
            runner->counts.running--;
            close_file(&slot->output);
        }
    }
    return runner->counts.running == 0;
}

static void end_all(struct job_runner *runner) {
    const double start = clock_seconds();
    bool is_explained = false;
    for (size_t s = 0; s < runner->jobs->at_once; s++) {
        if (runner->slots[s].process != 0) {
            /* Not SIGTERM: where it has come to the whole group, this would be the second. */
            kill(runner->slots[s].process, SIGUSR1);
        }
    }
    while (!reap_all(runner)) {
        if (!is_explained && clock_seconds() - start > PATIENCE_SECONDS) {
            is_explained = true;
            core_log(runner->core, SYNRL_LOG_WARNING,
                     "waiting for %zu processes to end; a second signal ends them at once",
                     runner->counts.running);
        }
        (void)runner->jobs->tick(runner->jobs->context, &runner->counts);
        pause_shortly();
    }
}

static synrl_status run(struct job_runner *runner) {
    while (runner->counts.running > 0 || has_more(runner)) {
        bool changed;
        SYNRL_TRY(poll_jobs(runner, &changed));
        SYNRL_TRY(runner->jobs->tick(runner->jobs->context, &runner->counts));
        if (!changed) {
            pause_shortly();
        }
    }
    return SYNRL_OK;
}

synrl_status jobs_run(struct core *core, const struct jobs *jobs) {
    struct job_runner runner = {.core = core, .jobs = jobs, .counts = {.n = jobs->n}};
    runner.slots = core_alloc(core, jobs->at_once, sizeof *runner.slots);
    runner.again = core_alloc(core, jobs->n, sizeof *runner.again);
    runner.busy = core_alloc(core, jobs->n, sizeof *runner.busy);
    synrl_status status = SYNRL_NO_MEMORY;
    if (runner.slots != NULL && runner.again != NULL && runner.busy != NULL) {
        status = run(&runner);
        if (status != SYNRL_OK) {
            end_all(&runner);
        }
    }
    core_free(core, runner.busy);
    core_free(core, runner.again);
    core_free(core, runner.slots);
    return status;
}
