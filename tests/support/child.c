/* SPDX-License-Identifier: MIT */
/* Children are run by the shell, and their output goes to files of the folder. */
#include "support/child.h"

#include <check.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

void child_open(struct child *child) {
    *child = (struct child){.output = NULL};
    scratch_make(&child->scratch);
    char build[PATH_MAX];
    ck_assert_ptr_nonnull(realpath(BUILD_DIR, build));
    ck_assert_int_eq(setenv("BUILD", build, 1), 0);
}

void child_close(struct child *child) {
    scratch_remove(&child->scratch);
    free(child->output);
    free(child->error);
}

int child_run(struct child *child, const char *format, ...) {
    static const char end[] = "\n} >.output 2>.error";
    char command[4096];
    const int start = snprintf(command, sizeof command, "cd '%s' && {\n", child->scratch.folder);
    va_list arguments;
    va_start(arguments, format);
    const size_t room = sizeof command - (size_t)start - sizeof end;
    const int length = vsnprintf(command + start, room, format, arguments);
    va_end(arguments);
    ck_assert(length > 0 && (size_t)length < room);
    strcat(command, end);
    const int status = system(command);
    ck_assert(WIFEXITED(status));
    free(child->output);
    free(child->error);
    child->output = scratch_read(scratch_path(&child->scratch, ".output"), NULL);
    child->error = scratch_read(scratch_path(&child->scratch, ".error"), NULL);
    return WEXITSTATUS(status);
}

void child_ok(struct child *child, const char *command) {
    ck_assert_msg(child_run(child, "%s", command) == 0, "%s: %s", command, child->error);
}

bool child_said(const struct child *child, const char *text) {
    return strstr(child->output, text) != NULL || strstr(child->error, text) != NULL;
}
