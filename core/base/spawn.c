/* SPDX-License-Identifier: MIT */
/* Programs as child processes. Invariant: a child gets no descriptors of this process except its
 * three streams (all descriptors are opened with O_CLOEXEC). */
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { NOT_FOUND = 127 }; /* the exit code of a child whose exec failed */

static int set_stream(posix_spawn_file_actions_t *actions, int descriptor, int stream) {
    const int mode = stream == STDIN_FILENO ? O_RDONLY : O_WRONLY;
    return descriptor == SPAWN_NOTHING
               ? posix_spawn_file_actions_addopen(actions, stream, "/dev/null", mode, 0)
               : posix_spawn_file_actions_adddup2(actions, descriptor, stream);
}

static int start(const struct spawn *spawn, char **environment, pid_t *process) {
    posix_spawn_file_actions_t actions;
    int problem = posix_spawn_file_actions_init(&actions);
    if (problem != 0) {
        return problem;
    }
    problem = set_stream(&actions, spawn->input, STDIN_FILENO);
    problem = problem == 0 ? set_stream(&actions, spawn->output, STDOUT_FILENO) : problem;
    problem = problem == 0 ? set_stream(&actions, spawn->error, STDERR_FILENO) : problem;
    if (problem == 0) {
        problem = posix_spawnp(process, spawn->words[0], &actions, NULL,
                               (char *const *)spawn->words, environment);
    }
    posix_spawn_file_actions_destroy(&actions);
    return problem;
}

/* The environment without the variables that begin with the prefix; NULL: no memory. */
static char **filter_environment(struct core *core, const char *prefix) {
    size_t n = 0, n_kept = 0;
    while (environ[n] != NULL) {
        n++;
    }
    char **kept = core_alloc(core, n + 1, sizeof *kept);
    for (size_t i = 0; kept != NULL && i < n; i++) {
        if (strncmp(environ[i], prefix, strlen(prefix)) != 0) {
            kept[n_kept++] = environ[i];
        }
    }
    return kept;
}

static synrl_status fail(struct core *core, const struct spawn *spawn, int problem) {
    return problem == ENOENT
               ? core_fail(core, SYNRL_UNSUPPORTED, "%s is not installed", spawn->words[0])
               : core_fail(core, problem == ENOMEM ? SYNRL_NO_MEMORY : SYNRL_IO,
                           "cannot start %s: %s", spawn->words[0], strerror(problem));
}

synrl_status spawn_start(struct core *core, const struct spawn *spawn, pid_t *process) {
    char **filtered = NULL;
    pid_t started = 0;
    if (spawn->without != NULL) {
        filtered = filter_environment(core, spawn->without);
        if (filtered == NULL) {
            return SYNRL_NO_MEMORY;
        }
    }
    const int problem = start(spawn, filtered != NULL ? filtered : environ, &started);
    core_free(core, filtered);
    if (problem != 0) {
        return fail(core, spawn, problem);
    }
    *process = started;
    return SYNRL_OK;
}

int spawn_code(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

synrl_status spawn_wait(struct core *core, pid_t process, int *code) {
    int status;
    while (waitpid(process, &status, 0) < 0) {
        if (errno != EINTR) {
            return core_fail(core, SYNRL_IO, "cannot wait for process %ld: %s", (long)process,
                             strerror(errno));
        }
    }
    *code = spawn_code(status);
    return SYNRL_OK;
}

/* Reads all of the output, so that the child can end; drops what exceeds the limit. */
static synrl_status read_all(struct core *core, int descriptor, size_t limit, char *text) {
    char rest[4096];
    size_t n = 0;
    ssize_t got = 1;
    while (got != 0) {
        got =
            n < limit ? read(descriptor, text + n, limit - n) : read(descriptor, rest, sizeof rest);
        if (got < 0 && errno != EINTR) {
            return core_fail(core, SYNRL_IO, "cannot read the output of a process: %s",
                             strerror(errno));
        }
        n += got > 0 && n < limit ? (size_t)got : 0;
    }
    text[n] = '\0';
    return SYNRL_OK;
}

static synrl_status start_and_read(struct core *core, const struct spawn *spawn, size_t limit,
                                   char *text, int *code) {
    int ends[2];
    pid_t process;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return core_fail(core, SYNRL_IO, "cannot start %s: %s", spawn->words[0], strerror(errno));
    }
    struct spawn piped = *spawn;
    piped.output = ends[1];
    synrl_status status = spawn_start(core, &piped, &process);
    close(ends[1]);
    if (status != SYNRL_OK) {
        close(ends[0]);
        return status;
    }
    status = read_all(core, ends[0], limit, text);
    close(ends[0]);
    const synrl_status ended = spawn_wait(core, process, code);
    if (status == SYNRL_OK && ended == SYNRL_OK && *code == NOT_FOUND) {
        return fail(core, spawn, ENOENT);
    }
    return status != SYNRL_OK ? status : ended;
}

synrl_status spawn_read(struct core *core, const struct spawn *spawn, size_t limit, char **text,
                        int *code) {
    *text = core_alloc(core, limit + 1, 1);
    if (*text == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const synrl_status status = start_and_read(core, spawn, limit, *text, code);
    if (status != SYNRL_OK) {
        core_free(core, *text);
        *text = NULL;
    }
    return status;
}
