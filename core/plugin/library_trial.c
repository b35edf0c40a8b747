/* SPDX-License-Identifier: MIT */
/* The child writes a byte into a pipe for each library that it has loaded and unloaded; where the
 * bytes end, it ended. It shares nothing else with its parent, and says nothing. */
#include "plugin/library_trial.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/count.h"

struct trial {
    size_t n;
    void (*load)(void *context, size_t i);
    void *context;
    int milliseconds;
};

/* The parent's handlers are not for the child's faults, and what a terminal sends is for the
 * parent. */
static void become_quiet(void) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGALRM};
    static const int requests[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    const struct rlimit none = {0, 0};
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        signal(faults[i], SIG_DFL);
    }
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        signal(requests[i], SIG_IGN);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setrlimit(RLIMIT_CORE, &none);
    for (int stream = STDIN_FILENO; nothing >= 0 && stream <= STDERR_FILENO; stream++) {
        dup2(nothing, stream);
    }
}

static void load_all(const struct trial *trial, size_t first, int end) {
    become_quiet();
    for (size_t i = first; i < trial->n; i++) {
        trial->load(trial->context, i);
        if (write(end, "", 1) != 1) {
            break;
        }
    }
    _exit(EXIT_SUCCESS);
}

/* Counts the libraries that the child has done; false: it took too long over the next. */
static bool count_loaded(int end, int milliseconds, size_t *n_loaded) {
    struct pollfd wait = {.fd = end, .events = POLLIN};
    char bytes[64];
    for (;;) {
        const int ready = poll(&wait, 1, milliseconds);
        const ssize_t got = ready > 0 ? read(end, bytes, sizeof bytes) : 0;
        if (ready == 0 || (ready > 0 && got == 0)) {
            return ready > 0;
        }
        *n_loaded += got > 0 ? (size_t)got : 0;
    }
}

static int wait_for(pid_t child) {
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return TRIAL_ENDED; /* the program does not keep its children's status */
        }
    }
    return WIFSIGNALED(status) ? WTERMSIG(status) : TRIAL_ENDED;
}

/* Tries libraries from number `first` on; how many there are outcomes of. */
static size_t try_some(const struct trial *trial, size_t first, int *outcomes) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return 0;
    }
    const pid_t child = fork();
    if (child == 0) {
        load_all(trial, first, ends[1]);
    }
    size_t n_loaded = 0;
    close(ends[1]);
    const bool in_time = child < 0 || count_loaded(ends[0], trial->milliseconds, &n_loaded);
    close(ends[0]);
    if (child < 0) {
        return 0;
    }
    if (!in_time) {
        kill(child, SIGKILL);
    }
    const int how = wait_for(child);
    for (size_t i = 0; i < n_loaded; i++) {
        outcomes[first + i] = TRIAL_GOOD;
    }
    if (first + n_loaded < trial->n) {
        outcomes[first + n_loaded++] = in_time ? how : TRIAL_TOO_LONG;
    }
    return n_loaded;
}

void library_trial(size_t n, void (*load)(void *context, size_t i), void *context, int milliseconds,
                   int *outcomes) {
    const struct trial trial = {n, load, context, milliseconds};
    size_t first = 0, more = 1;
    for (size_t i = 0; i < n; i++) {
        outcomes[i] = TRIAL_UNDECIDED;
    }
    while (first < n && more > 0) {
        more = try_some(&trial, first, outcomes);
        first += more;
    }
}
