/* SPDX-License-Identifier: MIT */
/* Array jobs of Slurm. */
#include "cli/sweep_slurm.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/number.h"
#include "base/spawn.h"
#include "cli/common.h"

/* Seconds. The signal that the time is nearly over comes so long before, or a fifth of a short
 * time: what is running has to be saved by then. */
enum { SIGNAL_SECONDS = 120, SHORTEST = 60, TASKS = 16, UNIT_MAX = 1000000, TASK_MAX = 100000000 };

/* The command line ----------------------------------------------------------------------------- */

/* A time as sbatch takes it, in seconds: MINUTES, MINUTES:SECONDS, HOURS:MINUTES:SECONDS,
 * DAYS-HOURS, DAYS-HOURS:MINUTES or DAYS-HOURS:MINUTES:SECONDS. */
static bool read_time(const char *text, uint64_t *seconds) {
    static const uint64_t units[] = {3600, 60, 1};
    const char *dash = strchr(text, '-');
    uint64_t number = 0, fields[3] = {0}, n = 0;
    *seconds = 0;
    if (dash != NULL) {
        if (!integer_read(text, (size_t)(dash - text), 0, UNIT_MAX, &number)) {
            return false;
        }
        *seconds = 86400 * number;
        text = dash + 1;
    }
    for (const char *end = text; end != NULL; text = end + 1) {
        end = strchr(text, ':');
        const size_t length = end != NULL ? (size_t)(end - text) : strlen(text);
        if (n == 3 || !integer_read(text, length, 0, UNIT_MAX, &fields[n++])) {
            return false;
        }
        if (end == NULL) {
            break;
        }
    }
    const uint64_t first = dash != NULL || n == 3 ? 0 : 1;
    for (uint64_t i = 0; i < n; i++) {
        *seconds += fields[i] * units[first + i];
    }
    return true;
}

static int check_options(const struct flag_list *options) {
    for (size_t i = 0; i < options->n; i++) {
        const char *option = options->values[i];
        if (option[0] != '-' || strpbrk(option, "\n\r") != NULL) {
            return usage_error(
                "--sbatch must be an option of sbatch, such as "
                "--sbatch --partition=long, not \"%s\"",
                option);
        }
        if (strncmp(option, "--array", 7) == 0 || strncmp(option, "-a", 2) == 0 ||
            strncmp(option, "--signal", 8) == 0) {
            return usage_error("--sbatch %s: the script itself says --array and --signal", option);
        }
    }
    return EXIT_DONE;
}

int slurm_check(const struct slurm_request *request) {
    uint64_t seconds;
    const char *other = request->print            ? "--print"
                        : request->tasks.is_given ? "--array"
                        : request->time != NULL   ? "--time"
                        : request->options.n > 0  ? "--sbatch"
                                                  : NULL;
    if (!request->is_wanted) {
        return other == NULL ? EXIT_DONE : usage_error("%s is for --slurm", other);
    }
    if (request->time != NULL && (!read_time(request->time, &seconds) || seconds < SHORTEST)) {
        return usage_error(
            "--time must be a time of sbatch, at least a minute, such as 90, "
            "1:30:00 or 2-12, not \"%s\"",
            request->time);
    }
    return check_options(&request->options);
}

/* The script ----------------------------------------------------------------------------------- */

/* The line of an option; `pattern`: what follows a path in which Slurm replaces %a and others, or
 * NULL. */
static void write_option(FILE *stream, const char *option, const char *value, const char *pattern) {
    const char *quote = strpbrk(value, " \t'\"#\\") != NULL ? "\"" : "";
    fprintf(stream, "#SBATCH %s=%s", option, quote);
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            fputc('\\', stream);
        } else if (*c == '%' && pattern != NULL) {
            fputc('%', stream);
        }
        fputc(*c, stream);
    }
    fprintf(stream, "%s%s\n", pattern != NULL ? pattern : "", quote);
}

static void write_header(FILE *stream, const struct slurm_job *job) {
    const struct slurm_request *request = job->request;
    const uint64_t wanted = request->tasks.is_given ? request->tasks.value : TASKS;
    const uint64_t tasks = wanted < job->n_cells ? wanted : job->n_cells;
    uint64_t seconds = UINT64_MAX;
    const char *slash = strrchr(job->script, '/');
    fprintf(stream,
            "#!/bin/bash\n"
            "# %zu cells in %" PRIu64 " tasks: each runs its share, then what is left.\n",
            job->n_cells, tasks);
    write_option(stream, "--job-name", slash != NULL ? slash + 1 : job->script, NULL);
    fprintf(stream, "#SBATCH --array=1-%" PRIu64 "\n#SBATCH --cpus-per-task=%zu\n", tasks,
            job->cpus);
    if (request->time != NULL) {
        read_time(request->time, &seconds);
        fprintf(stream, "#SBATCH --time=%s\n", request->time);
    }
    fprintf(stream, "#SBATCH --signal=B:USR1@%" PRIu64 "\n#SBATCH --requeue\n",
            seconds / 5 < SIGNAL_SECONDS ? seconds / 5 : (uint64_t)SIGNAL_SECONDS);
}

/* synrl ends with 75 where it has saved what it was at; one that is cancelled is not to be queued
 * again. Each signal that bash gets ends a `wait`, so there are several. */
static const char steps[] =
    "trap 'is_over=yes; kill -USR1 \"$sweep\"' USR1 # the time is nearly over\n"
    "trap 'kill -USR1 \"$sweep\"' TERM # cancelled\n"
    "%s &\n"
    "sweep=$!\n"
    "for _ in 1 2 3 4; do wait \"$sweep\"; code=$?; [ $code -gt 128 ] || break; done\n"
    "if [ $code = 75 ] && [ -n \"$is_over\" ]; then\n"
    "    scontrol requeue \"${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID\"\n"
    "fi\n"
    "exit $code\n";

/* `base`: the path without its ending. */
static void write_script(FILE *stream, const struct slurm_job *job, const char *folder,
                         const char *base) {
    write_header(stream, job);
    write_option(stream, "--chdir", folder, NULL);
    write_option(stream, "--output", base, "-%a.log");
    fputs("#SBATCH --open-mode=append\n", stream);
    for (size_t i = 0; i < job->request->options.n; i++) {
        fprintf(stream, "#SBATCH %s\n", job->request->options.values[i]);
    }
    fprintf(stream, steps, job->command);
}

static synrl_status write_file(struct core *core, const struct slurm_job *job, const char *path) {
    char folder[PATH_MAX];
    struct draft *draft;
    if (getcwd(folder, sizeof folder) == NULL || strpbrk(folder, "\n\r") != NULL) {
        return core_fail(core, SYNRL_IO, "the path of this folder cannot be written into %s", path);
    }
    if (job->request->print) {
        write_script(stdout, job, folder, job->base);
        return SYNRL_OK;
    }
    SYNRL_TRY(folder_create(core, job->runs));
    SYNRL_TRY(draft_begin(core, path, &draft));
    write_script(draft_stream(draft), job, folder, job->base);
    return draft_commit(draft);
}

/* Submitting ----------------------------------------------------------------------------------- */

static synrl_status submit(struct core *core, const char *path) {
    const char *const words[] = {"sbatch", path, NULL};
    const struct spawn spawn = {
        .words = words, .input = SPAWN_NOTHING, .output = STDOUT_FILENO, .error = STDERR_FILENO};
    pid_t process;
    int code = 0;
    const synrl_status status = spawn_start(core, &spawn, &process);
    if (status == SYNRL_UNSUPPORTED) {
        return core_fail(core, status,
                         "sbatch is not installed here; where Slurm is, submit it: sbatch %s",
                         path);
    }
    SYNRL_TRY(status);
    SYNRL_TRY(spawn_wait(core, process, &code));
    return code == 0 ? SYNRL_OK
                     : core_fail(core, SYNRL_IO, "sbatch %s failed: exit code %d", path, code);
}

synrl_status slurm_submit(struct core *core, const struct slurm_job *job) {
    char *path = core_printf(core, "%s.sbatch", job->base);
    synrl_status status = path != NULL ? write_file(core, job, path) : SYNRL_NO_MEMORY;
    if (status == SYNRL_OK && !job->request->print) {
        status = submit(core, path);
    }
    core_free(core, path);
    return status;
}

/* In a task ------------------------------------------------------------------------------------ */

static bool read_variable(const char *name, uint64_t *value) {
    const char *text = getenv(name);
    return text != NULL && integer_read(text, strlen(text), 0, TASK_MAX, value);
}

int slurm_shard(size_t *shard, size_t *n_shards) {
    uint64_t task, first, count, step = 1;
    if (!read_variable("SLURM_ARRAY_TASK_ID", &task)) {
        return usage_error(
            "--shard slurm is for the tasks of an array job of Slurm: there is no "
            "number in SLURM_ARRAY_TASK_ID");
    }
    if (!read_variable("SLURM_ARRAY_TASK_MIN", &first) ||
        !read_variable("SLURM_ARRAY_TASK_COUNT", &count)) {
        return usage_error(
            "--shard slurm needs SLURM_ARRAY_TASK_MIN and SLURM_ARRAY_TASK_COUNT, "
            "as Slurm sets them");
    }
    read_variable("SLURM_ARRAY_TASK_STEP", &step);
    if (count == 0 || task < first) {
        return usage_error("--shard slurm: task %" PRIu64 " of %" PRIu64 " from %" PRIu64
                           " on is none",
                           task, count, first);
    }
    /* An array need not be even: --array=1,5,7. */
    *n_shards = (size_t)count;
    *shard = (size_t)((task - first) / (step > 0 ? step : 1) % count) + 1;
    return EXIT_DONE;
}
