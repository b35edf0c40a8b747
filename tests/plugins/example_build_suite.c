/* SPDX-License-Identifier: MIT */
/* Each file of examples/, and the template of a rule, built as the guide says: with its one line,
 * by the compiler of the system. Each runs to the same bits with one thread and with two, and as
 * the plugin that make builds. */
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/child.h"
#include "support/test.h"

static struct child child;

/* What an example of each kind runs in. */
static const char script[] =
    "local synrl = require 'synrl'\n"
    "local o = synrl.options { kind = '', id = '' }\n"
    "local t = { name = 'example', iterations = 15, loss = 'cross_entropy',\n"
    "  data = synrl.dataset('pixels', { samples = 100, inputs = 64, width = 8, classes = 4 }),\n"
    "  model = synrl.model('mlp', { layers = { 64, 9, 4 } }), rule = synrl.rule('win_stay', {}) }\n"
    "if o.kind == 'rules' then t.rule = synrl.rule(o.id, {})\n"
    "elseif o.kind == 'models' then t.model = synrl.model(o.id, {})\n"
    "elseif o.kind == 'activations' then\n"
    "  t.model = synrl.model('mlp', { layers = { 64, 9, 4 }, activation = o.id })\n"
    "else\n"
    "  t.loss = o.kind == 'losses' and o.id or 'mse'\n"
    "  t.data = o.kind == 'datasets' and synrl.dataset(o.id, {}) or\n"
    "    synrl.dataset('boundary', { samples = 100, targets = 'class' })\n"
    "  t.model = synrl.model('mlp', { layers = { 2, 9, 1 } })\n"
    "end\n"
    "return synrl.train(t).summary\n";

static void setup(void) {
    child_open(&child);
    scratch_file(&child.scratch, "s.lua", script);
}

static void teardown(void) {
    child_close(&child);
}

SUITE("example_build", .setup = setup, .teardown = teardown);

/* The line of the guide that compiles my_rule.c, for another file. */
static void compiler_line(const char *id, char *line, size_t size) {
    static const char mark[] = "\n    cc ";
    char *guide = scratch_read("docs/guide/first-rule.md", NULL);
    const char *from = strstr(guide, mark);
    ck_assert_msg(from != NULL, "the guide has no line that compiles a plugin");
    size_t n = 0;
    for (from += strlen("\n    "); *from != '\n' && *from != '\0'; from++) {
        const bool is_id = strncmp(from, "my_rule", strlen("my_rule")) == 0;
        n += (size_t)snprintf(line + n, size - n, "%.*s", is_id ? (int)strlen(id) : 1,
                              is_id ? id : from);
        ck_assert_uint_lt(n, size);
        from += is_id ? strlen("my_rule") - 1 : 0;
    }
    free(guide);
}

/* As of an installed tree. */
static void write_pkg_config(const char *root) {
    char text[PATH_MAX + 100];
    snprintf(text, sizeof text,
             "Name: synrl\nDescription: x\nVersion: 1\nCflags: -I%s/core/include\n", root);
    scratch_file(&child.scratch, "synrl.pc", text);
}

/* The weights hash of a run. */
static void run(const char *kind, const char *id, const char *path, int n_threads, char *hash) {
    static const char mark[] = "weights_hash";
    const int code =
        child_run(&child,
                  "SYNRL_PLUGIN_PATH=%s:\"$BUILD/tests/fixtures\" \"$BUILD\"/synrl run "
                  "--no-record --quiet --threads %d s.lua kind=%s id=%s",
                  path, n_threads, kind, id);
    ck_assert_msg(code == 0, "%s: %s", id, child.error);
    const char *found = strstr(child.output, mark);
    ck_assert_msg(found != NULL && sscanf(found + strlen(mark), " %16[0-9a-f]", hash) == 1,
                  "%s: %s", id, child.output);
    ck_assert_uint_eq(strlen(hash), 16);
}

static void check(const char *source, const char *kind, const char *id) {
    char line[512], root[PATH_MAX], hashes[3][17];
    ck_assert_ptr_nonnull(realpath(".", root));
    write_pkg_config(root);
    compiler_line(id, line, sizeof line);
    const int code =
        child_run(&child, "export PKG_CONFIG_PATH=. && cp '%s/%s' . && %s", root, source, line);
    ck_assert_msg(code == 0 && child.error[0] == '\0', "%s: %s", line, child.error);
    run(kind, id, ".", 1, hashes[0]);
    run(kind, id, ".", 2, hashes[1]);
    run(kind, id, "\"$BUILD/tests/examples\"", 2, hashes[2]);
    ck_assert_msg(strcmp(hashes[0], hashes[1]) == 0, "%s: %s, and %s with two threads", id,
                  hashes[0], hashes[1]);
    ck_assert_msg(strcmp(hashes[0], hashes[2]) == 0, "%s: %s, and %s as make builds it", id,
                  hashes[0], hashes[2]);
}

static const char *const kinds[] = {"activations", "datasets", "losses", "models", "rules"};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

TEST_EACH(an_example_builds_by_the_line_of_the_guide, N_KINDS) {
    char pattern[64];
    glob_t found;
    snprintf(pattern, sizeof pattern, "examples/%s/*.c", kinds[_i]);
    ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char id[64] = "";
        sscanf(strrchr(found.gl_pathv[i], '/') + 1, "%63[^.]", id);
        check(found.gl_pathv[i], kinds[_i], id);
    }
    globfree(&found);
}

TEST(the_template_builds_by_the_line_of_the_guide) {
    check("plugins/template/my_rule.c", "rules", "my_rule");
}
