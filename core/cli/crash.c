/* SPDX-License-Identifier: MIT */
/* Crashes are named by `watched`, and by the first frame of the stack that lies in a plugin's
 * library. Handlers run on a stack of their own, so that a plugin that has used up the stack is
 * named too. Looking at a damaged process may crash or wait in its turn: then the line is written
 * without what was looked for. */
#include "cli/crash.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <unwind.h>

#include "base/count.h"

enum { HANDLER_STACK = 65536, LINE_MAX_SIZE = 400, FRAMES_MAX = 256, LOOK_SECONDS = 1 };

static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
enum { N_CRASHES = COUNT_OF(crashes) };

static struct operation watched;
static atomic_int crashed_thread, crashed_number; /* 0: none has */
static bool lacked_memory;                        /* the last call that failed, before the crash */

/* Lines ---------------------------------------------------------------------------------------- */

struct line {
    char text[LINE_MAX_SIZE];
    size_t n;
};

static void add(struct line *line, const char *text) {
    for (; *text != '\0' && line->n + 1 < sizeof line->text; text++) {
        line->text[line->n++] = *text;
    }
}

static void add_number(struct line *line, uint64_t number) {
    char digits[24];
    size_t at = sizeof digits;
    digits[--at] = '\0';
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    add(line, digits + at);
}

/* "step, iteration 12", or "loading" */
static void add_operation(struct line *line, const char *of) {
    add(line, watched.name);
    add(line, of);
    add(line, of[0] != '\0' ? watched.who : "");
    if (watched.iteration != NO_ITERATION) {
        add(line, ", iteration ");
        add_number(line, watched.iteration);
    }
}

static void write_line(struct line *line) {
    add(line, "\n");
    const ssize_t written = write(STDERR_FILENO, line->text, line->n);
    (void)written;
}

static const char *signal_words(int number) {
    switch (number) {
    case SIGSEGV:
        return "segmentation fault";
    case SIGBUS:
        return "bus error";
    case SIGILL:
        return "illegal instruction";
    case SIGFPE:
        return "arithmetic error";
    default:
        return "aborted";
    }
}

/* "rule "x": crashed in step, iteration 12: aborted", or "loss "y": crashed in forward of model
 * "x", ..." */
static void say_crash(int number, const char *culprit, const char *exception) {
    struct line line = {.n = 0};
    const bool is_other = culprit != NULL && strcmp(culprit, watched.who) != 0;
    add(&line, "synrl: ");
    if (watched.damaged_by != NULL) {
        add(&line, watched.damaged_by);
        add(&line, ": wrote past the end of its memory, and the program crashed: ");
        add(&line, signal_words(number));
        write_line(&line);
        return;
    }
    add(&line, is_other ? culprit : watched.who);
    add(&line, exception != NULL ? ": threw " : ": crashed in ");
    if (exception != NULL) {
        add(&line, exception);
        add(&line, " in ");
    }
    add_operation(&line, is_other ? " of " : "");
    add(&line, ": ");
    add(&line, exception != NULL ? "no exception may leave a plugin" : signal_words(number));
    add(&line, lacked_memory ? ", after a lack of memory" : "");
    write_line(&line);
}

/* Looking -------------------------------------------------------------------------------------- */

struct frames {
    int n;
    const char *who;
};

static _Unwind_Reason_Code look_at_frame(struct _Unwind_Context *context, void *argument) {
    struct frames *frames = argument;
    const uintptr_t at = _Unwind_GetIP(context);
    for (const struct library *library = watched.libraries; library != NULL;
         library = library->next) {
        if (at >= library->first && at < library->end) {
            frames->who = library->who;
            return _URC_END_OF_STACK;
        }
    }
    return ++frames->n < FRAMES_MAX ? _URC_NO_REASON : _URC_END_OF_STACK;
}

/* The plugin whose code is innermost on the stack; NULL: none is. */
static const char *find_culprit(void) {
    struct frames frames = {.n = 0};
    _Unwind_Backtrace(look_at_frame, &frames);
    return frames.who;
}

/* The type of the C++ exception that ended the process; NULL: none did. */
static const char *find_exception(void) {
    void *library = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD);
    if (library == NULL) {
        return NULL;
    }
    void *(*current_type)(void);
    char *(*demangle)(const char *, char *, size_t *, int *);
    *(void **)&current_type = dlsym(library, "__cxa_current_exception_type");
    *(void **)&demangle = dlsym(library, "__cxa_demangle");
    struct type_info { /* as the C++ ABI has it */
        const void *operations;
        const char *name;
    };
    const struct type_info *type = current_type != NULL ? current_type() : NULL;
    if (type == NULL) {
        return NULL;
    }
    int status;
    const char *name = demangle != NULL ? demangle(type->name, NULL, NULL, &status) : NULL;
    return name != NULL ? name : type->name;
}

/* Handlers ------------------------------------------------------------------------------------- */

static void end_by(int number) {
    signal(number, SIG_DFL);
    raise(number);
}

static void handle(int number, void (*handler)(int number)) {
    struct sigaction action = {.sa_handler = handler,
                               .sa_flags = (int)(SA_ONSTACK | SA_NODEFER | SA_RESTART)};
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static void on_long_look(int number) {
    (void)number;
    say_crash(crashed_number, NULL, NULL);
    end_by(crashed_number);
}

static void on_crash(int number) {
    int nobody = 0;
    if (watched.who == NULL && watched.damaged_by == NULL) {
        end_by(number);
    }
    if (!atomic_compare_exchange_strong(&crashed_thread, &nobody, gettid())) {
        while (nobody != gettid()) { /* another thread's crash ends the process */
            pause();
        }
        say_crash(crashed_number, NULL, NULL); /* looking has crashed */
        end_by(crashed_number);
    }
    crashed_number = number;
    lacked_memory = errno == ENOMEM;
    handle(SIGALRM, on_long_look);
    alarm(LOOK_SECONDS);
    const char *culprit = find_culprit();
    const char *exception = number == SIGABRT ? find_exception() : NULL;
    alarm(0);
    say_crash(number, culprit, exception);
    end_by(number);
}

static void on_exit_early(void) {
    struct line line = {.n = 0};
    if (watched.who != NULL) {
        add(&line, "synrl: ");
        add(&line, watched.who);
        add(&line, ": called exit in ");
        add_operation(&line, "");
        write_line(&line);
        _exit(EXIT_FAILURE);
    }
}

struct operation *crash_watch(void) {
    static char stack[HANDLER_STACK];
    static bool is_watching;
    const stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    if (is_watching) {
        return &watched;
    }
    is_watching = true;
    sigaltstack(&own, NULL);
    for (size_t i = 0; i < N_CRASHES; i++) {
        handle(crashes[i], on_crash);
    }
    atexit(on_exit_early);
    return &watched;
}

bool crash_say_operation(void) {
    struct line line = {.n = 0};
    if (watched.who == NULL) {
        return false;
    }
    add(&line, "synrl: waiting for ");
    add(&line, watched.who);
    add(&line, " to end its ");
    add_operation(&line, "");
    add(&line, "; a second signal ends the program at once");
    write_line(&line);
    return true;
}
