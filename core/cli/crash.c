/* SPDX-License-Identifier: MIT */
/* Crashes are named by `watched`. The handler runs on a stack of its own, so that a plugin that
 * has used up the stack is named too, and calls only what a handler may. */
#include "cli/crash.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HANDLER_STACK = 65536, LINE_MAX_SIZE = 400 };

static struct operation watched;

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

/* "synrl: rule "x": WHAT in step, iteration 12" */
static void write_line(const char *what, const char *detail) {
    struct line line = {.n = 0};
    add(&line, "synrl: ");
    add(&line, watched.who);
    add(&line, ": ");
    add(&line, what);
    add(&line, watched.name);
    add(&line, ", iteration ");
    add_number(&line, watched.iteration);
    add(&line, detail);
    add(&line, "\n");
    const ssize_t written = write(STDERR_FILENO, line.text, line.n);
    (void)written;
}

static const char *signal_words(int number) {
    switch (number) {
    case SIGSEGV:
        return ": segmentation fault";
    case SIGBUS:
        return ": bus error";
    case SIGILL:
        return ": illegal instruction";
    case SIGFPE:
        return ": arithmetic error";
    default:
        return ": aborted";
    }
}

/* The default action, which SA_RESETHAND has put back, ends the process. */
static void on_crash(int number) {
    if (watched.who != NULL) {
        write_line("crashed in ", signal_words(number));
    }
    raise(number);
}

static void on_exit_early(void) {
    if (watched.who != NULL) {
        write_line("the process was told to exit in ", "");
        _exit(EXIT_FAILURE);
    }
}

struct operation *crash_watch(void) {
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    static char stack[HANDLER_STACK];
    const stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = on_crash,
                               .sa_flags = (int)(SA_ONSTACK | SA_RESETHAND | SA_NODEFER)};
    static bool is_watching;
    if (is_watching) {
        return &watched;
    }
    is_watching = true;
    sigaltstack(&own, NULL);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        sigaction(numbers[i], &action, NULL);
    }
    atexit(on_exit_early);
    return &watched;
}
