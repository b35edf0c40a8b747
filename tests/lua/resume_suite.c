/* Runs that are cut short, by a signal or a crash, and gone on with: to the same weights, the same
 * metrics and the same transcript as a run that nothing disturbed. `make check-crash` does the
 * first test a hundred times. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/child.h"
#include "support/test.h"

#define SYNRL "\"$BUILD\"/synrl "

static struct child child;

/* Two runs, so that the second has to wait for the result of the first; batches that change, a
 * script that remembers, and checkpoints so often that most moments fall in one. It waits in calls
 * of the C library, since only there the thread sanitizer lets a signal in. */
static const char script[] =
    "local synrl = require 'synrl'\n"
    "local o = synrl.options { seed = 3, iterations = 20000, rule = 'qlearning', every = 1000 }\n"
    "local data = synrl.dataset('boundary', { samples = 400, seed = o.seed })\n"
    "local train, valid = data:split(0.75, 1)\n"
    "local asked, best = 0, 0\n"
    "local function go(name, rule)\n"
    "  return synrl.train { name = name, data = train, valid = valid, loss = 'euclidean',\n"
    "    model = synrl.model('mlp', { layers = { 2, 9, 1 }, output = 'tanh', seed = o.seed }),\n"
    "    rule = rule, iterations = o.iterations, evaluate_every = 37, record_every = 11,\n"
    "    checkpoint = { every = o.every, keep = 2 }, batch = { size = 150, every = 70 },\n"
    "    on_evaluate = function(m) asked = asked + 1; best = math.max(best, m.valid_loss)\n"
    "      if m.iteration > 4000 and os.remove('die') then os.execute('kill -9 $PPID') end\n"
    "      if m.iteration > 4000 and os.remove('wait') then while true do os.time() end end\n"
    "    end }\n"
    "end\n"
    "local first = go('first', o.rule)\n"
    "local second = go('second', first.policy and\n"
    "  synrl.rule('static', { policy = first.policy, epsilon = 0.2 }) or 'gd')\n"
    "return { first = first.summary.weights_hash, second = second.summary.weights_hash,\n"
    "  asked = asked, best = best }\n";

#define RUN "run --quiet --no-pictures s.lua "
/* Killed by its own script, in the first run. */
#define KILLED "touch die; " SYNRL RUN "2>/dev/null; "
#define DENSE "iterations=6000 every=100 "
/* Until the run that was started last waits, or has ended without. */
#define AWAIT "while test -f wait && kill -0 $!; do sleep 0.01; done\n"
/* What must be the same after a run, however it came to its end. */
#define PRINTS                                                     \
    "for f in metrics.csv rewards.bin weights.npz policy.csv; do " \
    "for r in first second; do sha1sum < $(echo %s/*-$r)/$f; done; done 2>/dev/null; true"

static void open_child(void) {
    child_open(&child);
    scratch_file(&child.scratch, "s.lua", script);
}

static void close_child(void) {
    child_close(&child);
}

SUITE("resume", .setup = open_child, .teardown = close_child, .has_no_timeout = true);

static char *prints_of(const char *runs) {
    ck_assert_int_eq(child_run(&child, PRINTS, runs), 0);
    return strdup(child.output);
}

/* The result of the script undisturbed, and the prints of its files. */
static void run_undisturbed(const char *options, char **result, char **prints) {
    ck_assert_msg(child_run(&child, SYNRL RUN "--runs whole %s", options) == 0, "%s", child.error);
    *result = strdup(child.output);
    *prints = prints_of("whole");
}

static void check_same(const char *result, const char *prints) {
    char *found = strdup(child.output), *found_prints = prints_of("runs");
    ck_assert_str_eq(found, result);
    ck_assert_str_eq(found_prints, prints);
    free(found);
    free(found_prints);
}

/* Crashes -------------------------------------------------------------------------------------- */

static unsigned n_crashes(void) {
    const char *text = getenv("SYNRL_CRASHES");
    return text != NULL ? (unsigned)strtoul(text, NULL, 10) : 6;
}

/* The moments are spread over what a whole run takes, by the golden ratio. Until a run was begun
 * there is nothing to resume. */
TEST(a_run_killed_at_any_moment_ends_the_same) {
    char *result, *prints;
    run_undisturbed(DENSE, &result, &prints);
    ck_assert_int_eq(child_run(&child,
                               "start=$(date +%%s%%N); " SYNRL RUN DENSE
                               "--runs timed >/dev/null; echo $(($(date +%%s%%N) - start))"),
                     0);
    const double seconds = 1e-9 * strtod(child.output, NULL);
    for (unsigned i = 1; i <= n_crashes(); i++) {
        const double share = 0.618034 * i - (unsigned)(0.618034 * i);
        const int code =
            child_run(&child,
                      "rm -rf runs; mkdir runs; " SYNRL RUN DENSE
                      "& sleep %.4f; kill -9 $!; wait $! 2>/dev/null\n"
                      "run=$(ls -d runs/*-second runs/*-first 2>/dev/null | head -n 1)\n"
                      "if [ -z \"$run\" ]; then exec " SYNRL RUN DENSE
                      "; fi\n"
                      "rm -f .output; exec >.output; " SYNRL "resume --quiet $run",
                      0.02 + share * seconds);
        ck_assert_msg(code == 0, "killed after %.4f s: %s", share * seconds, child.error);
        check_same(result, prints);
    }
    free(result);
    free(prints);
}

static const char *const rules[] = {"qlearning", "win_stay", "gd"};

/* Signals -------------------------------------------------------------------------------------- */

static void check_signal(const char *options, const char *signal) {
    char *result, *prints;
    run_undisturbed(options, &result, &prints);
    const int code = child_run(&child,
                               "touch wait; " SYNRL RUN "%s &\n" AWAIT
                               "kill -%s $!; wait $!; echo $? >code; grep -h '\"status\"' "
                               "runs/*/run.json >status; rm -f .output; exec >.output\n" SYNRL
                               "resume --quiet runs/*-first",
                               options, signal);
    ck_assert_msg(code == 0, "%s", child.error);
    check_same(result, prints);
    ck_assert_int_eq(child_run(&child, "cat code status"), 0);
    ck_assert_str_eq(child.output, "75\n  \"status\": \"interrupted\",\n");
    free(result);
    free(prints);
}

/* And static after the first two. gd leaves no transcript and no policy: what is missing is the
 * same too. */
TEST_EACH(every_rule_goes_on_after_a_signal, sizeof rules / sizeof rules[0]) {
    char options[64];
    snprintf(options, sizeof options, "rule=%s", rules[_i]);
    check_signal(options, _i % 2 == 0 ? "INT" : "TERM");
}

TEST(a_complete_call_is_told_again) {
    ck_assert_int_eq(child_run(&child, SYNRL RUN), 0);
    char *result = strdup(child.output), *prints = prints_of("runs");
    ck_assert_msg(child_run(&child, SYNRL "resume --quiet runs/*-first") == 0, "%s", child.error);
    check_same(result, prints);
    free(result);
    free(prints);
}

/* Sweeps --------------------------------------------------------------------------------------- */

/* The second of two sweeps trains, and stands on the first; one of its cells is cut short. */
static const char sweeping[] =
    "local synrl = require 'synrl'\n"
    "local o = synrl.options { seed = 3, samples = 100, iterations = 400 }\n"
    "local first = synrl.sweep { grid = { half = { 4 } }, run = function(p) return 2 * p.half end "
    "}\n"
    "local data = synrl.dataset('boundary', { samples = o.samples, seed = o.seed })\n"
    "local function train(p)\n"
    "  local layers = { 2, p.n + first.cells[1].result, 1 }\n"
    "  local run = synrl.train { name = 'n' .. p.n, data = data, valid = data, loss = 'mse',\n"
    "    rule = 'win_stay', model = synrl.model('mlp', { layers = layers }),\n"
    "    iterations = o.iterations, evaluate_every = 10, checkpoint = { every = 50 },\n"
    "    on_evaluate = function(m)\n"
    "      local file = p.n == 2 and m.iteration > 200 and io.open('signal')\n"
    "      if file then os.remove('signal') os.execute('kill -' .. file:read() .. ' $PPID') end\n"
    "    end }\n"
    "  return { n = p.n, hash = run.summary.weights_hash }\n"
    "end\n"
    "local second = synrl.sweep { grid = { n = { 1, 2 } }, run = train }\n"
    "return second.cells[2].result or {}\n";

/* As the cell that it was: no cell is run anew. All that a call can be told is told again. */
TEST_EACH(a_run_of_a_sweep_goes_on_in_its_cell, 2) {
    static const char *const signals[] = {"KILL", "TERM"}; /* system() ignores INT */
#define SWEEPING "run --quiet --no-pictures --seed 5 c.lua samples=150 "
    scratch_file(&child.scratch, "c.lua", sweeping);
    child_ok(&child, SYNRL SWEEPING "--runs whole");
    char *result = strdup(child.output);
    ck_assert_msg(child_said(&child, "hash "), "%s", result);
    ck_assert_msg(child_run(&child, "echo %s >signal; " SYNRL SWEEPING, signals[_i]) == 0, "%s",
                  child.error);
    ck_assert_str_eq(child.output, "");
    for (int round = 0; round < 2; round++) {
        child_ok(&child, "ls -d runs/*-n* >before; " SYNRL
                         "resume --quiet runs/*-n2 && "
                         "ls -d runs/*-n* | cmp - before");
        ck_assert_str_eq(child.output, result);
    }
    child_ok(&child,
             "cmp runs/*-n2/metrics.csv whole/*-n2/metrics.csv && "
             "grep -A1 '\"resumed\"' runs/*-n2/run.json");
    ck_assert_msg(!child_said(&child, "[]"), "%s", child.output);
    free(result);
}

/* Damage --------------------------------------------------------------------------------------- */

static const struct {
    const char *damage; /* of $c, the newest checkpoint, in the folder $r */
    const char *warning;
} damages[] = {
    {"truncate -s 100 $c",
     "truncated or damaged: the checksum does not match; trying the previous one"},
    {"truncate -s 20 $c", "not a checkpoint file, or truncated; trying the previous one"},
    {": > $c", "not a checkpoint file, or truncated; trying the previous one"},
    {"printf x | dd of=$c bs=1 seek=300 conv=notrunc 2>/dev/null", "the checksum does not match"},
    {"printf 9 | dd of=$c bs=1 seek=7 conv=notrunc 2>/dev/null",
     "a checkpoint of version 9: must be of version 2"},
    {"truncate -s 300 $r/metrics.csv", "metrics.csv: is shorter than at iteration"},
    {"truncate -s 3 $r/rewards.bin", "rewards.bin: has 3 bytes: must hold one bit for each"},
    {"head -c 100 /dev/zero >> $c", "checkpoint-"},
    {"cp $(ls $r/checkpoint* | head -n 1) $c.x; mv $c.x $c", "the checkpoint of another run"},
    {"rm $r/checkpoint*", ""},
};
enum { N_DAMAGES = sizeof damages / sizeof damages[0] };

/* A run of the first alone is interrupted, damaged, and resumed. */
TEST_EACH(damage_is_named_and_the_checkpoint_before_is_used, N_DAMAGES) {
    char *result, *prints;
    run_undisturbed("", &result, &prints);
    const int code = child_run(&child,
                               KILLED
                               "r=$(echo runs/*-first); c=$(ls $r/checkpoint*.bin | tail -n 1)\n"
                               "{ %s; }; rm -f .output .error; exec >.output 2>.error; " SYNRL
                               "resume --quiet $r",
                               damages[_i].damage);
    ck_assert_msg(code == 0, "%s", child.error);
    ck_assert_msg(child_said(&child, damages[_i].warning), "%s", child.error);
    check_same(result, prints);
    free(result);
    free(prints);
}

/* metrics.csv may not grow past 32 KiB: the write fails, and with it the run; given room, it goes
 * on.
 */
TEST(a_full_disk_is_an_error_and_can_be_mended) {
    char *result, *prints;
    run_undisturbed("", &result, &prints);
    ck_assert_int_eq(child_run(&child, "trap '' XFSZ; ulimit -f 32; " SYNRL RUN), 1);
    ck_assert_msg(child_said(&child, "cannot write it: File too large"), "%s", child.error);
    ck_assert_int_eq(child_run(&child, "grep -q '\"status\": \"failed\"' runs/*-first/run.json"),
                     0);
    ck_assert_int_eq(child_run(&child, SYNRL "resume --quiet runs/*-first"), 0);
    check_same(result, prints);
    free(result);
    free(prints);
}

TEST(a_save_that_cannot_be_named_is_an_error) {
    ck_assert_int_eq(child_run(&child, KILLED "r=$(echo runs/*-first)\n"
                                              "mkdir -p $r/checkpoint-000000006000.bin/x\n" SYNRL
                                              "resume --quiet $r"),
                     1);
    ck_assert_msg(child_said(&child, "checkpoint-000000006000.bin: cannot write it"), "%s",
                  child.error);
}

/* Refusals ------------------------------------------------------------------------------------- */

static const struct {
    const char *commands, *says;
    int code;
} refusals[] = {
    {SYNRL "resume", "synrl: which run? write synrl resume RUN\n", 2},
    {SYNRL "resume a b", "synrl: resume takes one run, not \"b\" too\n", 2},
    {SYNRL "resume --seed 3 a", "resume does not take --seed", 2},
    {SYNRL "resume nothing", "synrl: no run \"nothing\", and no folder runs", 1},
    {"mkdir x; echo '[1]' >x/run.json; " SYNRL "resume x", "must be an object with a \"status\"",
     1},
    {"mkdir x; echo '{' >x/run.json; " SYNRL "resume x", "not the record of a run", 1},
    {"mkdir x; echo '{\"status\":\"done\"}' >x/run.json; " SYNRL "resume x",
     "not recorded by `synrl run`", 1},
    {KILLED "sed -i 's/0.75/0.5/' s.lua; " SYNRL "resume runs/*-first",
     "cannot resume: the script has changed since the run was recorded: data.samples: 300 and 200",
     1},
    {"touch wait; " SYNRL RUN "&\n" AWAIT SYNRL
     "resume runs/*-first; code=$?; kill -9 $!; exit $code",
     "another process is writing this run", 1},
};

TEST_EACH(what_cannot_be_resumed_is_told, sizeof refusals / sizeof refusals[0]) {
    ck_assert_int_eq(child_run(&child, refusals[_i].commands, 0), refusals[_i].code);
    ck_assert_msg(child_said(&child, refusals[_i].says), "%s", child.error);
}
