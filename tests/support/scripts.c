/* SPDX-License-Identifier: MIT */
/* A case runs in a new folder, with $BUILD and $SOURCE, the folders of the program and of the
 * sources, and $SYNRL_TEST, its name. It passes with exit code 0; a Lua script is also silent.
 * Lines that begin with "skipped:" are shown. */
#include "support/scripts.h"

#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/child.h"
#include "support/test.h"

enum { LINE_MOST = 256, MESSAGE_MOST = 3000 };

struct script_suite {
    struct test_suite suite;
    char name[LINE_MOST];
};

struct script_case {
    struct test test;
    char file[LINE_MOST], name[LINE_MOST];
    bool is_lua;
};

/* Filled before the first test runs, and kept to the end. */
static struct script_case **cases;
static int n_cases;

/* Shows the lines that say what was skipped, and takes them out of the text. */
static void show_skipped(char *output) {
    char *kept = output;
    for (char *line = output, *end; *line != '\0'; line = end) {
        end = line + strcspn(line, "\n");
        end += *end == '\n';
        const size_t size = (size_t)(end - line);
        if (strncmp(line, "skipped:", 8) == 0) {
            fwrite(line, 1, size, stdout);
        } else {
            memmove(kept, line, size);
            kept += size;
        }
    }
    *kept = '\0';
}

static void set_variables(const struct script_case *script, const char *source) {
    ck_assert_int_eq(setenv("SYNRL_TEST", script->name, 1), 0);
    ck_assert_int_eq(setenv("SOURCE", source, 1), 0);
    ck_assert_int_eq(setenv("STOCK_LUA", STOCK_LUA ? "yes" : "", 1), 0);
    ck_assert_int_eq(setenv("SLOW", PACED("", "yes"), 1), 0);
    ck_assert_int_eq(setenv("SANITIZER", SANITIZER, 1), 0);
}

/* Pictures take longer than the runs of most tests. */
static bool is_drawn(const char *name) {
    static const char end[] = "_drawn";
    const size_t n = strlen(name);
    return n >= sizeof end && strcmp(name + n - (sizeof end - 1), end) == 0;
}

static void run_case(int i) {
    const struct script_case *script = cases[i];
    struct child child;
    char source[PATH_MAX];
    child_open(&child);
    ck_assert_ptr_nonnull(getcwd(source, sizeof source));
    set_variables(script, source);
    ck_assert_int_eq(mkdir(scratch_path(&child.scratch, "work"), 0777), 0);
    ck_assert_int_eq(mkdir(scratch_path(&child.scratch, "cache"), 0777), 0);
    const int code =
        child_run(&child,
                  "export XDG_CACHE_HOME=$PWD/cache; cd work; exec "
                  "%s \"$SOURCE\"/%s",
                  !script->is_lua          ? "bash \"$SOURCE\"/tests/program/helper.sh"
                  : is_drawn(script->name) ? "\"$BUILD\"/synrl run --quiet"
                                           : "\"$BUILD\"/synrl run --quiet --no-pictures",
                  script->file);
    show_skipped(child.output);
    show_skipped(child.error);
    if (code != 0 || (script->is_lua && (child.error[0] != '\0' || child.output[0] != '\0'))) {
        scratch_remove(&child.scratch);
        ck_abort_msg("%s: %s: exit code %d\n%.*s%.*s", script->file, script->name, code,
                     MESSAGE_MOST, child.error, MESSAGE_MOST, child.output);
    }
    child_close(&child);
}

static void *must(void *memory) {
    if (memory == NULL) {
        perror("tests of scripts");
        exit(EXIT_FAILURE);
    }
    return memory;
}

static void add_case(const struct test_suite *suite, const char *file, const char *name, int line,
                     bool is_lua) {
    cases = must(realloc(cases, (size_t)(n_cases + 1) * sizeof(struct script_case *)));
    struct script_case *script = must(calloc(1, sizeof *script));
    snprintf(script->file, sizeof script->file, "%s", file);
    snprintf(script->name, sizeof script->name, "%s", name);
    script->is_lua = is_lua;
    script->test = (struct test){
        suite, {script->name, run_case, script->file, line}, n_cases, n_cases + 1, NULL};
    cases[n_cases++] = script;
    test_register(&script->test);
}

/* Named as the file, without its folder and what follows the point. */
static const struct test_suite *make_suite(const char *file) {
    struct script_suite *made = must(calloc(1, sizeof *made));
    const char *base = strrchr(file, '/') + 1;
    snprintf(made->name, sizeof made->name, "%.*s", (int)strcspn(base, "."), base);
    made->suite = (struct test_suite){.name = made->name};
    return &made->suite;
}

/* Whether the line begins with the prefix and `name()`. */
static bool find_name(const char *line, const char *prefix, char *name) {
    const size_t n = strlen(prefix);
    if (strncmp(line, prefix, n) != 0) {
        return false;
    }
    const size_t length = strspn(line + n, "abcdefghijklmnopqrstuvwxyz_0123456789");
    snprintf(name, LINE_MOST, "%.*s", (int)length, line + n);
    return length > 0 && strncmp(line + n + length, "()", 2) == 0;
}

static void add_file(const char *file, const char *prefix, bool is_lua) {
    char text[LINE_MOST], name[LINE_MOST];
    FILE *stream = must(fopen(file, "r"));
    const struct test_suite *suite = NULL;
    for (int line = 1; fgets(text, sizeof text, stream) != NULL; line++) {
        if (find_name(text, prefix, name)) {
            suite = suite != NULL ? suite : make_suite(file);
            add_case(suite, file, name, line, is_lua);
        }
    }
    fclose(stream);
}

static void add_files(const char *files, const char *prefix, bool is_lua) {
    glob_t found;
    if (glob(files, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            add_file(found.gl_pathv[i], prefix, is_lua);
        }
        globfree(&found);
    }
}

void scripts_register(void) {
    add_files("tests/lua/*.lua", "function test.", true);
    add_files("tests/program/*.sh", "test_", false);
}
