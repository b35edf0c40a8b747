/* SPDX-License-Identifier: MIT */
/* Runs a command and stops it at every system call of its main thread.
 *
 *     stepper count COMMAND...      writes how many system calls it makes to the file `count`
 *     stepper log COMMAND...        writes its fsyncs and renames, with their paths, to the file
 * `log` stepper SIGNAL N COMMAND...   sends the signal of that number when it is about to make the
 * Nth
 *
 * Ends as the command does (128 + N where a signal ends it), or with 99 where it cannot trace. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT = 99, PATH_SIZE = 4096 };

struct stepper {
    pid_t process;
    FILE *file;  /* to write to, or NULL */
    bool counts; /* write only their number */
    int number;
    unsigned long at, n; /* the system call to send the signal at; those made */
};

static _Noreturn void give_up(const char *what) {
    perror(what);
    exit(CANNOT);
}

static bool is_stop(int status) {
    return WIFSTOPPED(status);
}

/* The text at an address of the process. */
static void read_text(const struct stepper *stepper, uint64_t address, char text[PATH_SIZE]) {
    size_t n = 0;
    while (n + 1 < PATH_SIZE) { /* one by one: the next may be on a page that is not there */
        struct iovec own = {text + n, 1}, other = {(void *)(uintptr_t)(address + n), 1};
        if (process_vm_readv(stepper->process, &own, 1, &other, 1, 0) != 1 || text[n] == '\0') {
            break;
        }
        n++;
    }
    text[n] = '\0';
}

static void log_call(const struct stepper *stepper, const struct __ptrace_syscall_info *call) {
    char first[PATH_SIZE], second[PATH_SIZE];
    if (call->entry.nr == SYS_fsync) {
        char link[64];
        snprintf(link, sizeof link, "/proc/%ld/fd/%ld", (long)stepper->process,
                 (long)call->entry.args[0]);
        const ssize_t length = readlink(link, first, sizeof first - 1);
        first[length > 0 ? length : 0] = '\0';
        fprintf(stepper->file, "fsync %s\n", first);
    }
#ifdef SYS_rename
    if (call->entry.nr == SYS_rename) {
        read_text(stepper, call->entry.args[0], first);
        read_text(stepper, call->entry.args[1], second);
        fprintf(stepper->file, "rename %s %s\n", first, second);
    }
#endif
    if (call->entry.nr == SYS_renameat || call->entry.nr == SYS_renameat2) {
        read_text(stepper, call->entry.args[1], first);
        read_text(stepper, call->entry.args[3], second);
        fprintf(stepper->file, "rename %s %s\n", first, second);
    }
}

static void look_at_call(struct stepper *stepper) {
    struct __ptrace_syscall_info call;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, stepper->process, sizeof call, &call) <= 0) {
        give_up("ptrace");
    }
    if (call.op != PTRACE_SYSCALL_INFO_ENTRY) {
        return;
    }
    if (stepper->file != NULL && !stepper->counts) {
        log_call(stepper, &call);
    }
    if (++stepper->n == stepper->at) {
        kill(stepper->process, stepper->number);
    }
}

/* The exit code of the command. */
static int follow(struct stepper *stepper) {
    for (int status, passed = 0;; passed = 0) {
        while (waitpid(stepper->process, &status, 0) < 0) {
            if (errno != EINTR) {
                give_up("waitpid");
            }
        }
        if (!is_stop(status)) {
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        const int stopped = WSTOPSIG(status);
        if (stopped == (SIGTRAP | 0x80)) {
            look_at_call(stepper);
        } else if (stopped != SIGTRAP) { /* at exec */
            passed = stopped;
        }
        if (ptrace(PTRACE_SYSCALL, stepper->process, 0, passed) < 0 && errno != ESRCH) {
            give_up("ptrace");
        }
    }
}

static void begin(struct stepper *stepper, char **command) {
    int status;
    stepper->process = fork();
    if (stepper->process == 0) {
        if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0) {
            give_up("ptrace");
        }
        raise(SIGSTOP);
        execvp(command[0], command);
        give_up(command[0]);
    }
    if (stepper->process < 0 || waitpid(stepper->process, &status, 0) < 0 || !is_stop(status)) {
        exit(CANNOT);
    }
    if (ptrace(PTRACE_SETOPTIONS, stepper->process, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) !=
            0 ||
        ptrace(PTRACE_SYSCALL, stepper->process, 0, 0) != 0) {
        give_up("ptrace");
    }
}

int main(int argc, char **argv) {
    struct stepper stepper = {.number = argc > 1 ? atoi(argv[1]) : 0};
    const int n_words = stepper.number > 0 ? 3 : 2;
    if (argc <= n_words) {
        fprintf(stderr, "usage: stepper count|log|SIGNAL N COMMAND...\n");
        return CANNOT;
    }
    if (stepper.number > 0) {
        stepper.at = strtoul(argv[2], NULL, 10);
    } else {
        stepper.counts = strcmp(argv[1], "count") == 0;
        stepper.file = fopen(argv[1], "we");
        if (stepper.file == NULL) {
            give_up(argv[1]);
        }
    }
    begin(&stepper, argv + n_words);
    const int code = follow(&stepper);
    if (stepper.counts) {
        fprintf(stepper.file, "%lu\n", stepper.n);
    }
    if (stepper.file != NULL) {
        fclose(stepper.file);
    }
    return code;
}
