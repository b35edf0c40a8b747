/* SPDX-License-Identifier: MIT */
/* Runs a script up to the place where it takes its options. */
#include "sweep/script_options.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/process.h"
#include "base/spawn.h"

enum { TEXT_LIMIT = 1 << 20, TICK_MILLISECONDS = 50 };

/* Reads until the process closes its end; *size is TEXT_LIMIT where there is more. */
static synrl_status read_text(struct core *core, int descriptor, synrl_status (*tick)(void *),
                              void *context, char *text, size_t *size) {
    struct pollfd waiting = {.fd = descriptor, .events = POLLIN};
    for (*size = 0; *size < TEXT_LIMIT;) {
        SYNRL_TRY(tick(context));
        if (poll(&waiting, 1, TICK_MILLISECONDS) <= 0) {
            continue;
        }
        const ssize_t got = read(descriptor, text + *size, TEXT_LIMIT - *size);
        if (got == 0) {
            return SYNRL_OK;
        }
        if (got < 0 && errno != EINTR) {
            return core_fail(core, SYNRL_IO, "cannot read the options of a script: %s",
                             strerror(errno));
        }
        *size += got > 0 ? (size_t)got : 0;
    }
    return SYNRL_OK;
}

static synrl_status ask(struct core *core, const char *const *words, synrl_status (*tick)(void *),
                        void *context, char *text, json_t **options) {
    int ends[2], code = 0;
    pid_t process;
    size_t size = 0;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return core_fail(core, SYNRL_IO, "cannot start a process: %s", strerror(errno));
    }
    const struct spawn spawn = {
        .words = words, .input = SPAWN_NOTHING, .output = ends[1], .error = SPAWN_NOTHING};
    synrl_status status = spawn_start(core, &spawn, &process);
    close(ends[1]);
    if (status == SYNRL_OK) {
        status = read_text(core, ends[0], tick, context, text, &size);
        if (status != SYNRL_OK || size == TEXT_LIMIT) {
            kill(process, SIGKILL);
        }
        const synrl_status ended = spawn_wait(core, process, &code);
        status = status == SYNRL_OK ? ended : status;
    }
    close(ends[0]);
    if (status == SYNRL_OK && code == 0) {
        json_error_t error = {.text = ""};
        *options = json_read_text(text, size, JSON_REJECT_DUPLICATES, &error);
        if (strcmp(error.text, JSON_NO_MEMORY) == 0) {
            status = core_fail(core, SYNRL_NO_MEMORY, "not enough memory for the options");
        }
    }
    return status;
}

synrl_status script_options_read(struct core *core, const char *script,
                                 synrl_status (*tick)(void *context), void *context,
                                 json_t **options) {
    char program[PATH_MAX];
    *options = NULL;
    if (!process_program(program)) {
        return core_fail(core, SYNRL_IO, "cannot determine the path of this program");
    }
    const char *const words[] = {program, "run",  "--json", "--no-record", "--threads",
                                 "1",     script, "--help", NULL};
    char *text = core_alloc(core, TEXT_LIMIT, 1);
    if (text == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const synrl_status status = ask(core, words, tick, context, text, options);
    core_free(core, text);
    return status;
}
