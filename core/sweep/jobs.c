/* SPDX-License-Identifier: MIT */
/* Runs processes, a limited number at a time. */
#include "sweep/jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/spawn.h"

struct job_slot {
    pid_t process; /* 0: free */
    size_t number;
};

struct job_runner {
    struct core *core;
    const struct jobs *jobs;
    struct job_slot *slots;
    size_t next;   /* the first that was not yet started */
    size_t *again; /* numbers of the jobs to retry */
    size_t n_again;
    struct job_counts counts;
};

/* Starts a job's process, with files as its output. */
static synrl_status start(struct core *core, const struct job *job, pid_t *process) {
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    if (job->words.has_failed) {
        return core_fail(core, SYNRL_NO_MEMORY, "not enough memory to start a process");
    }
    struct spawn spawn = {.words = (const char *const *)job->words.list,
                          .input = SPAWN_NOTHING,
                          .output = open(job->output, flags, 0666),
                          .error = open(job->error, flags, 0666)};
    synrl_status status = SYNRL_OK;
    if (spawn.output < 0 || spawn.error < 0) {
        status = file_fail(core, spawn.output < 0 ? job->output : job->error, "write");
    } else {
        status = spawn_start(core, &spawn, process);
    }
    if (spawn.output >= 0) {
        close(spawn.output);
    }
    if (spawn.error >= 0) {
        close(spawn.error);
    }
    return status;
}

static bool has_more(const struct job_runner *runner) {
    return runner->n_again > 0 || runner->next < runner->jobs->n;
}

static synrl_status begin_one(struct job_runner *runner, struct job_slot *slot) {
    const size_t number = runner->n_again > 0 ? runner->again[--runner->n_again] : runner->next++;
    struct job job = {.output = NULL};
    synrl_status status = runner->jobs->begin(runner->jobs->context, number, &job);
    if (status == SYNRL_OK) {
        status = start(runner->core, &job, &slot->process);
    }
    words_free(&job.words);
    SYNRL_TRY(status);
    slot->number = number;
    runner->counts.running++;
    return SYNRL_OK;
}

static synrl_status end_one(struct job_runner *runner, struct job_slot *slot, int status) {
    bool again = false;
    const int code = spawn_code(status);
    slot->process = 0;
    runner->counts.running--;
    SYNRL_TRY(runner->jobs->end(runner->jobs->context, slot->number, code, &again));
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
        if (slot->process != 0 && waitpid(slot->process, &status, WNOHANG) == slot->process) {
            *changed = true;
            SYNRL_TRY(end_one(runner, slot, status));
        }
        if (slot->process == 0 && has_more(runner)) {
            *changed = true;
            SYNRL_TRY(begin_one(runner, slot));
        }
    }
    return SYNRL_OK;
}

static void end_all(struct job_runner *runner) {
    for (size_t s = 0; s < runner->jobs->at_once; s++) {
        if (runner->slots[s].process != 0) {
            kill(runner->slots[s].process, SIGTERM);
        }
    }
    for (size_t s = 0; s < runner->jobs->at_once; s++) {
        while (runner->slots[s].process != 0 && waitpid(runner->slots[s].process, NULL, 0) < 0 &&
               errno == EINTR) {
        }
    }
}

static synrl_status run(struct job_runner *runner) {
    const struct timespec pause = {.tv_nsec = 5000000};
    while (runner->counts.running > 0 || has_more(runner)) {
        bool changed;
        SYNRL_TRY(poll_jobs(runner, &changed));
        SYNRL_TRY(runner->jobs->tick(runner->jobs->context, &runner->counts));
        if (!changed) {
            nanosleep(&pause, NULL);
        }
    }
    return SYNRL_OK;
}

synrl_status jobs_run(struct core *core, const struct jobs *jobs) {
    struct job_runner runner = {.core = core, .jobs = jobs, .counts = {.n = jobs->n}};
    runner.slots = core_alloc(core, jobs->at_once, sizeof *runner.slots);
    runner.again = core_alloc(core, jobs->n, sizeof *runner.again);
    synrl_status status =
        runner.slots != NULL && runner.again != NULL ? run(&runner) : SYNRL_NO_MEMORY;
    if (status != SYNRL_OK && runner.slots != NULL) {
        end_all(&runner);
    }
    core_free(core, runner.again);
    core_free(core, runner.slots);
    return status;
}
