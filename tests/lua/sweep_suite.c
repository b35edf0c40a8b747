/* Sweeps, from a script and from the command line: every cell once, nothing silently dropped, the
 * same command finishes what is missing. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/child.h"
#include "support/test.h"
#include "sweep/groups.h"

#define SYNRL "\"$BUILD\"/synrl "

static struct child child;

/* Each cell leaves a line in `log`, and answers a number that can be checked by hand. */
static const char script[] =
    "local synrl = require 'synrl'\n"
    "local o = synrl.options { n = 1, x = 0.5, word = 'a', seed = 1, fail = '' }\n"
    "local log = assert(io.open('log', 'a'))\n"
    "log:write(o.n, ' ', o.x, ' ', o.word, ' ', o.seed, '\\n') log:close()\n"
    "print('not a result')\n"
    "local fails = io.open('fails')\n"
    "if fails and o.n == 2 then error('no luck') end\n"
    "return { accuracy = 10 * o.n + o.seed ^ 2, nested = { loss = o.x }, word = o.word }\n";

static const char in_script[] =
    "local synrl = require 'synrl'\n"
    "local o = synrl.options { jobs = 2, base = 5 }\n"
    "local function count(what) local f = io.open(what, 'a') f:write('x') f:close() end\n"
    "local first = synrl.sweep { grid = { a = { 1, 2 }, b = { true, 'word' } }, seeds = 3,\n"
    "  jobs = o.jobs, run = function(p) count('first')\n"
    "    return { value = o.base + p.a * p.seed, b = p.b } end }\n"
    "local second = synrl.sweep { grid = { c = { 0.25 } }, run = function(p)\n"
    "  count('second') return p.c + first.groups[1].mean.value end }\n"
    "return { groups = first.groups, second = second.groups[1].mean.value, cells = #first.cells "
    "}\n";

static void open_child(void) {
    child_open(&child);
    scratch_file(&child.scratch, "s.lua", script);
    scratch_file(&child.scratch, "t.lua", in_script);
}

static void close_child(void) {
    child_close(&child);
}

SUITE("sweep", .setup = open_child, .teardown = close_child, .timeout = 120);

static json_t *sweep_json(int code, const char *command) {
    const int found = child_run(&child, SYNRL "%s", command);
    ck_assert_msg(found == code, "%s: exit code %d: %s", command, found, child.error);
    json_t *json = json_loads(child.output, 0, NULL);
    ck_assert_msg(json != NULL, "%s", child.output);
    return json;
}

static json_int_t integer_at(const json_t *json, const char *key) {
    return json_integer_value(json_object_get(json, key));
}

static double number_at(const json_t *json, const char *object, const char *key) {
    return json_number_value(json_object_get(json_object_get(json, object), key));
}

static size_t n_lines(const char *file) {
    ck_assert_int_eq(child_run(&child, "cat %s 2>/dev/null | wc -l", file), 0);
    return strtoul(child.output, NULL, 10);
}

#define SWEEP "sweep --json --no-record s.lua n=1,2 seed=1..3 x=1e-3 -j 2 "

/* 10 n + seed^2 for seeds 1, 2, 3: mean 10 n + 14/3, variance 16.33, and t = 4.303. */
TEST(every_cell_runs_once_and_groups_are_right) {
    json_t *results = sweep_json(0, SWEEP), *groups = json_object_get(results, "groups");
    ck_assert_uint_eq(n_lines("log"), 6);
    ck_assert_uint_eq(json_array_size(json_object_get(results, "cells")), 6);
    ck_assert_uint_eq(json_array_size(groups), 2);
    for (size_t g = 0; g < 2; g++) {
        const json_t *group = json_array_get(groups, g);
        const double stdev =
            sqrt(((1 - 14.0 / 3) * (1 - 14.0 / 3) + (4 - 14.0 / 3) * (4 - 14.0 / 3) +
                  (9 - 14.0 / 3) * (9 - 14.0 / 3)) /
                 2);
        ck_assert_int_eq(integer_at(group, "n"), 3);
        ck_assert_int_eq(integer_at(group, "failed"), 0);
        ck_assert_double_eq_tol(number_at(group, "mean", "accuracy"),
                                10.0 * (double)(g + 1) + 14.0 / 3, 1e-12);
        ck_assert_double_eq_tol(number_at(group, "stdev", "accuracy"), stdev, 1e-12);
        ck_assert_double_eq_tol(number_at(group, "ci95", "accuracy"), 4.303 * stdev / sqrt(3),
                                1e-9);
        ck_assert_double_eq_tol(number_at(group, "mean", "nested.loss"), 1e-3, 1e-15);
        ck_assert_int_eq(integer_at(json_object_get(group, "parameters"), "n"), (json_int_t)g + 1);
    }
    json_decref(results);
}

TEST(the_same_command_runs_what_is_missing) {
    json_decref(sweep_json(0, SWEEP));
    json_decref(sweep_json(0, SWEEP));
    ck_assert_uint_eq(n_lines("log"), 6);
    ck_assert_int_eq(child_run(&child, "ls runs/.cells | wc -l"), 0);
    ck_assert_str_eq(child.output, "6\n");
    child_run(&child,
              "rm $(ls runs/.cells/*.json | head -n 2); : > $(ls runs/.cells/*.json | "
              "tail -n 1)"); /* two gone, one torn */
    json_decref(sweep_json(0, SWEEP));
    ck_assert_uint_eq(n_lines("log"), 9);
    child_run(&child, "echo '-- another' >> s.lua");
    json_decref(sweep_json(0, SWEEP));
    ck_assert_uint_eq(n_lines("log"), 15);
    child_run(&child, "mkdir lib; echo 'return 1' > lib/x.lua");
    json_decref(sweep_json(0, SWEEP));
    ck_assert_uint_eq(n_lines("log"), 21);
    json_decref(sweep_json(0, SWEEP "--fresh"));
    ck_assert_uint_eq(n_lines("log"), 27);
}

TEST(shards_share_the_cells) {
    json_t *results = sweep_json(0, SWEEP "--shard 1/2");
    ck_assert_int_eq(integer_at(results, "missing"), 3);
    json_decref(results);
    results = sweep_json(0, SWEEP "--shard 2/2");
    ck_assert_int_eq(integer_at(results, "missing"), 0);
    ck_assert_uint_eq(n_lines("log"), 6);
    json_decref(results);
}

TEST(failures_are_told_counted_and_can_be_mended) {
    child_run(&child, "touch fails");
    json_t *results = sweep_json(1, SWEEP "--retries 1");
    ck_assert_msg(child_said(&child, "n=2 x=1e-3 seed=2 failed, and is tried again: exit code 1"),
                  "%s", child.error);
    ck_assert_msg(child_said(&child, "seed=2 failed: exit code 1: s.lua:7: no luck"), "%s",
                  child.error);
    ck_assert_int_eq(integer_at(results, "failed"), 3);
    ck_assert_int_eq(integer_at(json_array_get(json_object_get(results, "groups"), 0), "n"), 3);
    ck_assert_int_eq(integer_at(json_array_get(json_object_get(results, "groups"), 1), "failed"),
                     3);
    json_decref(results);
    ck_assert_uint_eq(n_lines("log"), 9);
    child_run(&child, "rm fails");
    results = sweep_json(0, SWEEP);
    ck_assert_int_eq(integer_at(results, "failed"), 0);
    ck_assert_uint_eq(n_lines("log"), 12);
    json_decref(results);
}

TEST(the_first_failure_may_end_it) {
    child_run(&child, "touch fails");
    ck_assert_int_eq(child_run(&child, SYNRL "sweep s.lua n=2,1 seed=1..20 --fail-fast"), 1);
    ck_assert_uint_eq(n_lines("log"), 1);
}

TEST(a_killed_sweep_is_finished_by_the_same_command) {
    child_run(&child, "sed -i \"s/^local fails/os.execute('sleep 0.05') local fails/\" s.lua");
    child_run(&child, SYNRL SWEEP "& sleep 0.1; kill -9 $!; sleep 0.2");
    json_t *results = sweep_json(0, SWEEP);
    ck_assert_int_eq(integer_at(results, "missing"), 0);
    ck_assert_int_eq(child_run(&child, "ls runs/.cells/*.json | wc -l"), 0);
    ck_assert_str_eq(child.output, "6\n");
    json_decref(results);
    child_run(&child, SYNRL SWEEP "--fresh & sleep 0.1; kill -INT $!; wait $!; echo $?");
    ck_assert_msg(strcmp(child.output, "75\n") == 0, "%s%s", child.output, child.error);
    ck_assert(child_said(&child, "interrupted; the same command finishes what is missing"));
}

/* 5 + a seed over three seeds: 7 and 9. The second sweep stands on the first. */
TEST(a_script_sweeps) {
    for (int round = 0; round < 2; round++) {
        json_t *result = sweep_json(0, "run --json --quiet t.lua");
        const json_t *groups = json_object_get(result, "groups");
        ck_assert_int_eq(integer_at(result, "cells"), 12);
        ck_assert_uint_eq(json_array_size(groups), 4);
        ck_assert_double_eq(number_at(json_array_get(groups, 0), "mean", "value"), 7);
        ck_assert_double_eq(number_at(json_array_get(groups, 3), "mean", "value"), 9);
        ck_assert_double_eq(json_real_value(json_object_get(result, "second")), 7.25);
        json_decref(result);
        ck_assert_int_eq(child_run(&child, "cat first second"), 0);
        ck_assert_str_eq(child.output, "xxxxxxxxxxxxx"); /* 12 and 1 */
    }
    json_t *other = sweep_json(0, "run --json --quiet t.lua base=6");
    ck_assert_double_eq(json_real_value(json_object_get(other, "second")), 8.25);
    json_decref(other);
    if (STOCK_LUA) {
        const int code = child_run(&child,
                                   "rm first second; LUA_CPATH=\"$BUILD/lua/?.so\" "
                                   "lua5.4 t.lua && cat first");
        ck_assert_msg(code == 0, "%s", child.error);
        ck_assert_str_eq(child.output, "xxxxxxxxxxxx");
    }
}

TEST_EACH(misuse_is_told, 8) {
    static const struct {
        const char *command, *says;
        int code;
    } cases[] = {
        {"sweep", "which script?", 2},
        {"sweep s.lua n", "options are written key=value", 2},
        {"sweep s.lua n=1 n=2", "option \"n\" is given twice", 2},
        {"sweep s.lua -j 0", "-j must be an integer from 1 to 100000, not \"0\"", 2},
        {"sweep s.lua --shard 3/2", "--shard must be K/N with K from 1 to N", 2},
        {"sweep s.lua --nope", "unknown option --nope; see `synrl sweep --help`", 2},
        {"sweep none.lua n=1", "none.lua: cannot open it", 1},
        {"sweep s.lua m=1", "unknown option \"m\"", 1},
    };
    ck_assert_int_eq(child_run(&child, SYNRL "%s", cases[_i].command), cases[_i].code);
    ck_assert_msg(child_said(&child, cases[_i].says), "%s", child.error);
}

/* Student's t, from a printed table: 2, 31 and 121 numbers. */
TEST(confidence_is_students) {
    ck_assert(isnan(student_95(1)));
    ck_assert_double_eq_tol(student_95(2), 12.706, 1e-3);
    ck_assert_double_eq_tol(student_95(31), 2.042, 1e-3);
    ck_assert_double_eq_tol(student_95(41), 2.021, 1e-3);
    ck_assert_double_eq_tol(student_95(121), 1.980, 1e-3);
}
