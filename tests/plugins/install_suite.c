/* What somebody else does: install, build a plugin outside of the tree with one compiler line, run
 * it. */
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/child.h"
#include "support/test.h"

SUITE("install", .timeout = 120);

TEST(a_plugin_builds_and_runs_against_what_is_installed) {
    struct child child;
    char top[PATH_MAX];
    ck_assert_ptr_nonnull(getcwd(top, sizeof top));
    ck_assert_int_eq(setenv("TOP", top, 1), 0);
    child_open(&child);
    ck_assert_msg(child_run(&child,
                            "unset MAKEFLAGS MAKELEVEL; make -s -C \"$TOP\" install "
                            "DESTDIR=\"$PWD/stage\" PREFIX=/usr BUILD=\"$BUILD\"") == 0,
                  "%s%s", child.output, child.error);
    ck_assert_int_eq(child_run(&child,
                               "cp stage/usr/share/synrl/template/my_rule.c . && "
                               "test -f stage/usr/share/synrl/examples/models/linear.c"),
                     0);
    ck_assert_msg(child_run(&child,
                            "export PKG_CONFIG_PATH=$PWD/stage/usr/lib/pkgconfig; "
                            "cc -O2 -ffp-contract=off -shared -fPIC $(pkg-config --cflags synrl) "
                            "my_rule.c -o my_rule.so") == 0,
                  "%s", child.error);
    ck_assert_msg(child_run(&child,
                            "cat > mine.lua <<'END'\n"
                            "local synrl = require 'synrl'\n"
                            "return synrl.train { name = 'mine', iterations = 50,\n"
                            "  data = synrl.dataset('boundary', { samples = 50 }),\n"
                            "  loss = 'euclidean', rule = synrl.rule('my_rule', {}),\n"
                            "  model = synrl.model('mlp', { layers = { 2, 5, 1 } }),\n"
                            "}.summary\n"
                            "END\n"
                            "SYNRL_PLUGIN_PATH=. stage/usr/bin/synrl run --quiet "
                            "--no-pictures --json mine.lua") == 0,
                  "%s", child.error);
    ck_assert(child_said(&child, "\"iterations\": 50"));
    ck_assert_int_eq(child_run(&child, "stage/usr/bin/synrl run --quiet mine.lua"), 1);
    ck_assert(child_said(&child, "mine.lua:4: no rule \"my_rule\""));
    child_close(&child);
}
