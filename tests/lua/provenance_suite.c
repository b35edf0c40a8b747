/* What run.json says of the repository that a script lies in. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "support/child.h"
#include "support/test.h"

#define RUN "\"$BUILD\"/synrl run --quiet --no-pictures "

static struct child child;

/* A repository with two commits and a script in a folder of it. */
static void open_repository(void) {
    child_open(&child);
    scratch_file(&child.scratch, "s.lua",
                 "local synrl = require 'synrl'\n"
                 "synrl.train { loss = 'mse', rule = 'win_stay', iterations = 1,\n"
                 "  data = synrl.dataset('boundary', { samples = 50 }),\n"
                 "  model = synrl.model('mlp', { layers = { 2, 5, 1 } }) }\n");
    child_ok(&child,
             "git init -q -b main repository && cd repository && mkdir deep && cp ../s.lua deep\n"
             "g() { git -c user.name=x -c user.email=x@y -c commit.gpgsign=false \"$@\"; }\n"
             "g add . && g commit -q -m one && g commit -q --allow-empty -m two");
}

static void close_repository(void) {
    child_close(&child);
}

SUITE("provenance", .setup = open_repository, .teardown = close_repository, .timeout = 60);

/* The "git" of the one run that the command leaves; "null" where it is null. */
static const char *commit_of(const char *command) {
    static char text[128];
    child_ok(&child, "rm -rf runs");
    ck_assert_msg(child_run(&child, "%s", command) == 0, "%s", child.error);
    ck_assert_int_eq(child_run(&child, "cat runs/*/run.json"), 0);
    json_t *run = json_loads(child.output, 0, NULL);
    const json_t *commit = json_object_get(json_object_get(run, "provenance"), "git");
    ck_assert_ptr_nonnull(commit);
    strncpy(text, json_is_null(commit) ? "null" : json_string_value(commit), sizeof text - 1);
    json_decref(run);
    return text;
}

static void check_commit(const char *command, const char *revision) {
    char commit[128];
    strncpy(commit, commit_of(command), sizeof commit - 1);
    commit[sizeof commit - 1] = '\0';
    ck_assert_int_eq(child_run(&child, "git -C repository rev-parse %s", revision), 0);
    child.output[strcspn(child.output, "\n")] = '\0';
    ck_assert_uint_eq(strlen(child.output), 40);
    ck_assert_str_eq(commit, child.output);
}

TEST(the_commit_is_that_of_the_scripts_repository) {
    check_commit(RUN "repository/deep/s.lua", "main");
    /* A script is where its file is, not where a link to it is. */
    check_commit("ln -sf repository/deep/s.lua link.lua\n" RUN "link.lua", "main");
    check_commit("cd repository && git checkout -q main~1 && cd ..\n" RUN "repository/deep/s.lua",
                 "main~1");
    check_commit("git -C repository worktree add -q ../linked main~1\n" RUN "linked/deep/s.lua",
                 "main~1");
    check_commit("git -C repository pack-refs --all; git -C repository checkout -q main\n" RUN
                 "repository/deep/s.lua",
                 "main");
}

/* A hook of git sets these for its own repository. */
TEST(the_environment_of_git_does_not_count) {
    check_commit(
        "git init -q -b main other\n"
        "GIT_DIR=other/.git GIT_WORK_TREE=other " RUN "repository/deep/s.lua",
        "main");
}

TEST(without_a_commit_it_is_null) {
    ck_assert_str_eq(commit_of("git init -q empty; cp s.lua empty\n" RUN "empty/s.lua"), "null");
    ck_assert_str_eq(
        commit_of("rm -rf repository/.git; mkdir repository/.git\n" RUN "repository/deep/s.lua"),
        "null");
}

TEST(without_git_it_is_null) {
    ck_assert_str_eq(commit_of("PATH=/none " RUN "repository/deep/s.lua"), "null");
}
