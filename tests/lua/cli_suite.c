/* The program from outside: what it prints where, its exit codes, and what it leaves behind. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/child.h"
#include "support/test.h"

#define SYNRL "\"$BUILD\"/synrl "
#define HEAD "local synrl = require 'synrl'\n"
#define TRAIN(more)                                                                              \
    "synrl.train {data = synrl.dataset('boundary', {samples = 50}), model = synrl.model('mlp', " \
    "{layers = {2, 5, 1}}), loss = 'mse', rule = 'win_stay', " more "}\n"

/* Not for ever: then the test goes on, and fails. */
#define WAIT_FOR(file) "for i in $(seq 500); do test -f " file " && break; sleep 0.02; done\n"

static struct child child;

static void open_child(void) {
    child_open(&child);
}

static void close_child(void) {
    child_close(&child);
}

SUITE("cli", .setup = open_child, .teardown = close_child, .timeout = 120);

static void write_script(const char *text) {
    scratch_file(&child.scratch, "s.lua", text);
}

/* Usage ---------------------------------------------------------------------------------------- */

static const struct {
    const char *command, *error;
} misuses[] = {
    {"rum s.lua", "synrl: unknown command \"rum\", did you mean \"run\"?\n"},
    {"xyzzyx", "synrl: unknown command \"xyzzyx\"; see `synrl help`\n"},
    {"run", "synrl: which script? write synrl run SCRIPT [key=value ...]\n"},
    {"run --sed 3 s.lua", "synrl: unknown option --sed, did you mean \"--seed\"?\n"},
    {"run s.lua --seed", "synrl: --seed needs a value, N\n"},
    {"run s.lua --seed x", "synrl: --seed must be an integer from 0 to 2^63 - 1, not \"x\"\n"},
    {"run s.lua --seed -1", "synrl: --seed must be an integer from 0 to 2^63 - 1, not \"-1\"\n"},
    {"run s.lua --threads 0", "synrl: --threads must be an integer from 1 to 1024, not \"0\"\n"},
    {"run s.lua hidden", "synrl: \"hidden\": options of a script are written key=value\n"},
    {"run s.lua --plot --no-record",
     "synrl: --plot draws what is recorded: leave out --no-record\n"},
    {"plugins x", "synrl: plugins takes no arguments, such as \"x\"\n"},
    {"version x", "synrl: version takes no arguments, such as \"x\"\n"},
    {"help rum", "synrl: unknown command \"rum\", did you mean \"run\"?\n"},
    {"help rule", "synrl: write synrl help KIND ID, such as: synrl help rule qlearning\n"},
    {"help ruel qlearning",
     "synrl: \"ruel\" is not a kind of plugin; the kinds are activation, "
     "dataset, loss, model, rule\n"},
};
enum { N_MISUSES = sizeof misuses / sizeof misuses[0] };

TEST_EACH(wrong_usage_is_told, N_MISUSES) {
    write_script("print('ran')\n");
    ck_assert_int_eq(child_run(&child, SYNRL "%s", misuses[_i].command), 2);
    ck_assert_str_eq(child.error, misuses[_i].error);
    ck_assert_str_eq(child.output, "");
}

TEST(plugins_are_listed_and_explained) {
    ck_assert_int_eq(child_run(&child, SYNRL "plugins"), 0);
    ck_assert_str_eq(child.error, "");
    ck_assert(child_said(&child, "rule        qlearning "));
    ck_assert(child_said(&child, "/plugins/models/mlp.so\n"));
    ck_assert_int_eq(child_run(&child, "touch qlearning.so\nSYNRL_PLUGIN_PATH=. " SYNRL "plugins"),
                     0);
    ck_assert(child_said(&child, "broken      ./qlearning.so: cannot be loaded"));
    ck_assert_int_eq(child_run(&child, SYNRL "help rule qlearning"), 0);
    ck_assert(child_said(&child, "alpha_q "));
    ck_assert(child_said(&child, "Q-learning rate of Eq. 7"));
    ck_assert_int_eq(child_run(&child, SYNRL "help rule qlerning"), 1);
    ck_assert_str_eq(child.error, "synrl: no rule \"qlerning\", did you mean \"qlearning\"?\n");
}

TEST(versions_are_shown) {
    ck_assert_int_eq(child_run(&child, SYNRL "version"), 0);
    ck_assert_int_eq(strncmp(child.output, "synrl " SYNRL_VERSION "\nplugin ABI 2.0\nengine ",
                             strlen("synrl " SYNRL_VERSION "\nplugin ABI 2.0\nengine ")),
                     0);
    write_script(HEAD);
    ck_assert_int_eq(child_run(&child, "SYNRL_ISA=mmx " SYNRL "run s.lua"), 1);
    ck_assert_str_eq(child.error,
                     "synrl: SYNRL_ISA=mmx: not supported by this CPU; must be scalar, avx2, "
                     "avx512 or amx\n");
    ck_assert_int_eq(child_run(&child, "SYNRL_PATH=spars " SYNRL "run s.lua"), 1);
    ck_assert_str_eq(child.error, "synrl: SYNRL_PATH=spars: must be auto, dense or sparse\n");
}

/* Scripts -------------------------------------------------------------------------------------- */

TEST(help_shows_the_options_and_runs_nothing) {
    write_script(HEAD
                 "local o = synrl.options({hidden = 100, rate = 0.5, layers = {2, 1}, name = "
                 "'x'}, {hidden = 'hidden units', rate = 'how fast'})\n"
                 "print('ran')\n");
    static const char text[] =
        "usage: synrl run s.lua [key=value ...]\n"
        "options, with their defaults:\n"
        "  hidden=100                  hidden units\n"
        "  layers=2,1\n"
        "  name=x\n"
        "  rate=0.5                    how fast\n";
    ck_assert_int_eq(child_run(&child, SYNRL "run s.lua --help"), 0);
    ck_assert_str_eq(child.output, text);
    ck_assert_str_eq(child.error, "");
    write_script(HEAD TRAIN("iterations = 3"));
    ck_assert_int_eq(child_run(&child, SYNRL "run s.lua --help"), 0);
    ck_assert_str_eq(child.output, "s.lua takes no options\n");
    write_script("local x = = 1\n");
    ck_assert_int_eq(child_run(&child, SYNRL "run s.lua --help"), 1);
    ck_assert_int_eq(child_run(&child, SYNRL "run none.lua"), 1);
    ck_assert_str_eq(child.error, "cannot open none.lua: No such file or directory\n");
}

TEST(json_is_all_there_is_on_stdout) {
    write_script(HEAD
                 "print('chatter')\nio.write('more')\nos.execute('echo child')\n"
                 "return {b = {1, 2.5, 'x', true}, a = {nan = 0/0, inf = 1/0, none = {}}, "
                 "[7] = 'seven', r = " TRAIN("iterations = 3, record = false") "}\n");
    ck_assert_int_eq(child_run(&child, SYNRL "run --json --quiet s.lua"), 0);
    ck_assert(strstr(child.error, "chatter\n") != NULL && strstr(child.error, "child\n") != NULL);
    json_error_t error;
    json_t *result = json_loads(child.output, 0, &error);
    ck_assert_msg(result != NULL, "%s", error.text);
    json_t *expected = json_pack("{s:[i,f,s,b], s:{s:n, s:n, s:{}}, s:s}", "b", 1, 2.5, "x", 1, "a",
                                 "nan", "inf", "none", "7", "seven");
    json_t *run = json_incref(json_object_get(result, "r"));
    ck_assert_int_eq(json_object_del(result, "r"), 0);
    ck_assert(json_equal(result, expected));
    ck_assert_int_eq(json_integer_value(json_object_get(run, "iterations")), 3);
    ck_assert_uint_eq(json_string_length(json_object_get(run, "weights_hash")), 16);
    /* sorted */
    ck_assert(strstr(child.output, "\"7\"") < strstr(child.output, "\"a\""));
    ck_assert(strstr(child.output, "\"a\"") < strstr(child.output, "\"b\""));
    json_decref(run);
    json_decref(expected);
    json_decref(result);
    write_script("error('no', 0)\n");
    ck_assert_int_eq(child_run(&child, SYNRL "run --json s.lua"), 1);
    ck_assert_str_eq(child.output, "");
    write_script("return\n");
    ck_assert_int_eq(child_run(&child, SYNRL "run --json s.lua"), 0);
    ck_assert_str_eq(child.output, "{}\n");
    ck_assert_int_eq(child_run(&child, SYNRL "run --json s.lua > /dev/full"), 1);
    ck_assert(child_said(&child, "synrl: cannot write the result: No space left on device\n"));
}

TEST(results_are_printed_to_be_read) {
    write_script("return {b = 2, a = 'x', run = {loss = 0.123456789, n = 3}, list = {1, 2, 3}}\n");
    ck_assert_int_eq(child_run(&child, SYNRL "run s.lua"), 0);
    ck_assert_str_eq(child.output,
                     "a                    x\n"
                     "b                    2\n"
                     "list                 1 2 3\n"
                     "run\n"
                     "  loss               0.123457\n"
                     "  n                  3\n");
}

TEST(scripts_require_what_lies_beside_them) {
    write_script("print((require('beside')), (require('lib.deep')))\n");
    scratch_file(&child.scratch, "beside.lua", "return 'found'\n");
    ck_assert_int_eq(child_run(&child,
                               "mkdir -p sub/lib other && mv s.lua beside.lua sub && echo "
                               "'return 5' > sub/lib/deep.lua && cd other && " SYNRL
                               "run ../sub/s.lua"),
                     0);
    ck_assert_str_eq(child.output, "found\t5\n");
}

TEST(traceback_is_shown_where_asked_for) {
    write_script("local function inner() error('deep') end\ninner()\n");
    ck_assert_int_eq(child_run(&child, SYNRL "run --traceback s.lua"), 1);
    ck_assert(child_said(&child, "s.lua:1: deep\nstack traceback:\n"));
    ck_assert(child_said(&child, "s.lua:2: in main chunk"));
    ck_assert_int_eq(child_run(&child, "SYNRL_TRACEBACK=1 " SYNRL "run s.lua"), 1);
    ck_assert(child_said(&child, "stack traceback:\n"));
}

/* Runs ----------------------------------------------------------------------------------------- */

/* The status of the one run that was recorded; "" where there is not one. */
static const char *run_status(void) {
    ck_assert_int_eq(child_run(&child, "cat runs/*/run.json"), 0);
    json_t *run = json_loads(child.output, 0, NULL);
    ck_assert_ptr_nonnull(run);
    static char status[64];
    const char *text = json_string_value(json_object_get(run, "status"));
    strncpy(status, text != NULL ? text : "", sizeof status - 1);
    json_decref(run);
    return status;
}

TEST(a_run_is_shown_and_recorded) {
    write_script(HEAD TRAIN("iterations = 30, name = 'mine'"));
    ck_assert_int_eq(child_run(&child, SYNRL "run --no-pictures s.lua"), 0);
    ck_assert_str_eq(child.output, "");
    ck_assert_int_eq(strncmp(child.error, "mine: done, 30 iterations in ", 29), 0);
    ck_assert(child_said(&child, "\n  loss            "));
    ck_assert(child_said(&child, "\n  accuracy        "));
    ck_assert(child_said(&child, "\n  sample forwards 15"));
    ck_assert(child_said(&child, "\n  weights hash    "));
    ck_assert(child_said(&child, "\n  run             runs/"));
    ck_assert_str_eq(run_status(), "done");
    ck_assert_int_eq(child_run(&child, "ls runs/*/metrics.csv runs/*/weights.npz"), 0);
    ck_assert_int_eq(child_run(&child, SYNRL "run --quiet --no-pictures --runs else s.lua"), 0);
    ck_assert_str_eq(child.error, "");
    ck_assert_int_eq(child_run(&child, "test -f else/*/run.json"), 0);
}

TEST(a_run_needs_a_folder_that_can_be_made) {
    write_script(HEAD TRAIN("iterations = 30"));
    ck_assert_int_eq(child_run(&child, SYNRL "run --runs s.lua/none s.lua"), 1);
    ck_assert_str_eq(child.error, "s.lua:2: s.lua/none: cannot make the folder: Not a directory\n");
}

TEST(without_gnuplot_all_but_pictures_works) {
    write_script(HEAD TRAIN(
        "iterations = 30") "return {drawn = synrl.policy.new({memory = 1}):draw('p.svg')}\n");
    ck_assert_int_eq(child_run(&child, SYNRL "run --plot s.lua"), 0);
    ck_assert(child_said(&child, "  iteration  "));
    ck_assert_str_eq(child.output, "drawn                true\n");
    ck_assert_int_eq(child_run(&child, "ls p.svg runs/*/loss.svg && rm -r runs"), 0);
    ck_assert_int_eq(child_run(&child, "PATH=/none " SYNRL "run --plot s.lua"), 0);
    ck_assert(child_said(&child, "synrl: no plot: gnuplot is not installed\n"));
    ck_assert_str_eq(child.output, "drawn                false\n");
    ck_assert_str_eq(run_status(), "done");
    ck_assert_int_ne(child_run(&child, "ls runs/*/loss.svg"), 0);
}

TEST(a_terminal_sees_one_line) {
    if (child_run(&child, "script -qec true /dev/null") != 0) {
        fprintf(stderr, "skipped: the line that a terminal sees, since there is no terminal\n");
        return;
    }
    write_script(
        HEAD TRAIN("iterations = 1000000, stop = function(m) return m.iteration >= 5000 "
                   "and os.clock() > 0.6 end, record_every = 1000"));
    ck_assert_int_eq(child_run(&child, "script -qec '" SYNRL "run --no-record s.lua' /dev/null"),
                     0);
    const char *line = strchr(child.output, '\r');
    ck_assert_ptr_nonnull(line);
    ck_assert_ptr_nonnull(strstr(line, "/1000000  "));
    ck_assert_ptr_nonnull(strstr(line, " it/s  "));
    ck_assert_ptr_nonnull(strstr(line, " left  loss "));
    /* The share of rewarded steps stands before it once there have been some: not in a line this
     * early. */
    ck_assert_ptr_nonnull(strstr(line, "  accuracy "));
    ck_assert_ptr_nonnull(strstr(line, "\033[K"));
}

TEST(a_failed_run_is_not_called_done) {
    write_script(
        HEAD TRAIN("iterations = 30, on_evaluate = function(m) if m.iteration == 9 then "
                   "error('no') end end"));
    ck_assert_int_eq(child_run(&child, SYNRL "run --quiet --no-pictures s.lua"), 1);
    ck_assert_str_eq(child.error, "s.lua:2: no\n");
    ck_assert_str_eq(run_status(), "failed");
}

TEST(a_signal_stops_the_run_and_the_script) {
    write_script(HEAD TRAIN("iterations = 1000000000") "print('went on')\n");
    /* The run's folder tells that it is going on. */
    ck_assert_int_eq(child_run(&child, SYNRL "run --quiet --no-pictures s.lua &\n" WAIT_FOR(
                                           "runs/*/run.json") "kill -TERM $!; wait $!"),
                     75);
    ck_assert_str_eq(child.error, "s.lua: interrupted\n");
    ck_assert_str_eq(child.output, "");
    ck_assert_str_eq(run_status(), "interrupted");
}

TEST(a_signal_stops_a_script_that_does_not_listen) {
    write_script("io.open('started', 'w'):close()\nwhile true do pcall(string.rep, 'x', 3) end\n");
    ck_assert_int_eq(
        child_run(&child, SYNRL "run s.lua &\n" WAIT_FOR("started") "kill -TERM $!; wait $!"), 75);
    ck_assert_str_eq(child.error, "s.lua: interrupted\n");
}
