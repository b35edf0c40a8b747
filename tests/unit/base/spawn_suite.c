/* SPDX-License-Identifier: MIT */
/* Child processes: what they are given, what comes back, and what cannot be started. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/spawn.h"
#include "plugin/host.h"
#include "support/support.h"
#include "support/test.h"

static struct core *core;

static void open_core(void) {
    core = test_core();
}

static void close_core(void) {
    core_destroy(core);
}

SUITE("spawn", .setup = open_core, .teardown = close_core);

static synrl_status read_shell(const char *script, size_t limit, char **text, int *code) {
    const char *const words[] = {"sh", "-c", script, NULL};
    const struct spawn spawn = {.words = words, .input = SPAWN_NOTHING, .error = SPAWN_NOTHING};
    return spawn_read(core, &spawn, limit, text, code);
}

TEST(output_and_exit_code_come_back) {
    char *text;
    int code;
    ck_assert_int_eq(read_shell("cat; echo one; echo lost >&2; exit 3", 100, &text, &code),
                     SYNRL_OK);
    ck_assert_str_eq(text, "one\n");
    ck_assert_int_eq(code, 3);
    core_free(core, text);
    ck_assert_int_eq(read_shell("kill -TERM $$", 100, &text, &code), SYNRL_OK);
    ck_assert_int_eq(code, 128 + SIGTERM);
    core_free(core, text);
}

/* More than a pipe holds, so that the child would wait for ever if nobody read on. */
TEST(what_exceeds_the_limit_is_dropped) {
    char *text;
    int code;
    ck_assert_int_eq(read_shell("head -c 300000 /dev/zero | tr '\\0' x", 10, &text, &code),
                     SYNRL_OK);
    ck_assert_str_eq(text, "xxxxxxxxxx");
    ck_assert_int_eq(code, 0);
    core_free(core, text);
    ck_assert_int_eq(read_shell("echo x", 0, &text, &code), SYNRL_OK);
    ck_assert_str_eq(text, "");
    core_free(core, text);
}

TEST(a_program_that_is_not_there_is_named) {
    const char *const words[] = {"synrl-no-such-program", NULL};
    const struct spawn spawn = {.words = words, .input = SPAWN_NOTHING, .error = SPAWN_NOTHING};
    char *text;
    int code;
    ck_assert_int_eq(spawn_read(core, &spawn, 9, &text, &code), SYNRL_UNSUPPORTED);
    ck_assert_str_eq(core->message, "synrl-no-such-program is not installed");
    ck_assert_ptr_null(text);
    const char *const folder[] = {"/", NULL};
    const struct spawn no_program = {.words = folder};
    pid_t process = 7;
    ck_assert_int_eq(spawn_start(core, &no_program, &process), SYNRL_IO);
    ck_assert_str_eq(core->message, "cannot start /: Permission denied");
    ck_assert_int_eq(process, 7);
}

TEST(variables_may_be_left_out) {
    const char *const words[] = {"sh", "-c", "echo \"$SPAWN_ONE$SPAWN_TWO$OTHER\"", NULL};
    struct spawn spawn = {.words = words, .input = SPAWN_NOTHING, .error = SPAWN_NOTHING};
    char *text;
    int code;
    setenv("SPAWN_ONE", "1", 1);
    setenv("SPAWN_TWO", "2", 1);
    setenv("OTHER", "3", 1);
    ck_assert_int_eq(spawn_read(core, &spawn, 9, &text, &code), SYNRL_OK);
    ck_assert_str_eq(text, "123\n");
    core_free(core, text);
    spawn.without = "SPAWN_";
    ck_assert_int_eq(spawn_read(core, &spawn, 9, &text, &code), SYNRL_OK);
    ck_assert_str_eq(text, "3\n");
    core_free(core, text);
}

TEST(a_child_reads_what_it_is_given) {
    const char *const words[] = {"cat", NULL};
    char *text;
    int code, ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert_int_eq(write(ends[1], "given", 5), 5);
    close(ends[1]);
    const struct spawn spawn = {.words = words, .input = ends[0], .error = SPAWN_NOTHING};
    ck_assert_int_eq(spawn_read(core, &spawn, 9, &text, &code), SYNRL_OK);
    ck_assert_str_eq(text, "given");
    core_free(core, text);
    close(ends[0]);
}

static synrl_status attempt(struct core *short_core) {
    const char *const words[] = {"sh", "-c", "echo x", NULL};
    const struct spawn spawn = {
        .words = words, .input = SPAWN_NOTHING, .error = SPAWN_NOTHING, .without = "GIT_"};
    char *text;
    int code;
    const synrl_status status = spawn_read(short_core, &spawn, 9, &text, &code);
    core_free(short_core, text);
    return status;
}

TEST(memory_that_runs_out_leaves_nothing) {
    test_short_memory(attempt);
}
