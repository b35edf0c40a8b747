/* Replays: a run's weights from its transcript alone, what one synapse did, where two runs part. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/child.h"
#include "support/test.h"

#define SYNRL "\"$BUILD\"/synrl "
#define RUN SYNRL "run --quiet --no-pictures s.lua "

static struct child child;

/* Five samples of data that are deleted after the run; changing batches, alpha and epsilon. */
static const char script[] =
    "local synrl = require 'synrl'\n"
    "local o = synrl.options { seed = 3, iterations = 500, rule = 'qlearning', batch = 30,\n"
    "  bad = 0.0, lua_alpha = false, alpha = 1e-3 }\n"
    "local f = assert(io.open('data.csv', 'w')); f:write('a,b,label\\n')\n"
    "for i = 1, 60 do\n"
    "  f:write(('%g,%g,%d\\n'):format(i % 7 - 3, i % 5 - 2 + (i == 60 and o.bad or 0), i * i % "
    "2))\n"
    "end f:close()\n"
    "local data = synrl.dataset('csv', { path = 'data.csv', label = 'label' })\n"
    "local alpha = o.lua_alpha and function() return 1e-3 end\n"
    "  or synrl.schedule { { 0, o.alpha }, { 123, 7e-4 } }\n"
    "local parameters = o.rule == 'gd' and {} or\n"
    "  { alpha_s = alpha, epsilon = synrl.schedule { { 0, 0.3 }, { 50, 0.2 } } }\n"
    "if o.rule == 'static' then parameters.policy = synrl.policy.from(function(s)\n"
    "  return s.rewards[1] >= 0 and s.actions[1] or -s.actions[1] end, { memory = 2 }) end\n"
    "local model = synrl.model('mlp', { layers = { 2, 6, 3, 1 },\n"
    "  activation = synrl.activation('tanh'), output = 'tanh', seed = o.seed })\n"
    "local result = synrl.train { name = o.rule, data = data, model = model, loss = 'mse',\n"
    "  rule = synrl.rule(o.rule, parameters), iterations = o.iterations,\n"
    "  batch = { size = o.batch, every = 70 } }\n"
    "return { hash = result.summary.weights_hash }\n";

static void open_child(void) {
    child_open(&child);
    scratch_file(&child.scratch, "s.lua", script);
}

static void close_child(void) {
    child_close(&child);
}

SUITE("replay", .setup = open_child, .teardown = close_child, .timeout = 120);

static void expect(int code, const char *command, const char *says) {
    const int found = child_run(&child, "%s", command);
    ck_assert_msg(found == code, "%s: exit code %d: %s%s", command, found, child.output,
                  child.error);
    ck_assert_msg(child_said(&child, says), "%s: %s%s", command, child.output, child.error);
}

static const char *const rules[] = {"qlearning", "static", "win_stay"};

TEST_EACH(a_replay_without_data_ends_with_the_same_weights, 6) {
    char command[256], hash[32];
    snprintf(command, sizeof command, RUN "rule=%s batch=%d", rules[_i / 2], _i % 2 ? 60 : 30);
    child_ok(&child, command);
    ck_assert_int_eq(sscanf(child.output, "hash %31s", hash), 1);
    expect(0, "rm data.csv s.lua; " SYNRL "replay runs/*/", hash);
}

/* Every line against the run's own files: the weight after the last step is that of weights.npz,
 * the rewards are the bits, and a weight moves by alpha times the action. */
TEST(one_synapse_is_shown_step_by_step) {
    child_ok(&child, RUN "rule=static");
    child_ok(&child, SYNRL "replay --synapse 2:3:5 --steps 0..499 runs/*/");
    char *lines = strdup(child.output);
    size_t size;
    char path[512];
    ck_assert_int_eq(child_run(&child, "echo runs/*/"), 0);
    snprintf(path, sizeof path, "%s/%.*s/rewards.bin", child.scratch.folder,
             (int)strcspn(child.output, "\n"), child.output);
    char *bits = scratch_read(path, &size);
    ck_assert_uint_eq(size, 500 / 8 + 1);
    double weight;
    ck_assert_int_eq(sscanf(lines, "synapse 2:3:5, at first %lf", &weight), 1);
    const char *line = strchr(strchr(lines, '\n') + 1, '\n') + 1;
    char last_action = '0', last_reward = '.', before = '.';
    unsigned n_explored = 0;
    for (unsigned t = 0; t < 500; t++, line = strchr(line, '\n') + 1) {
        unsigned iteration;
        char state[16], how[16], action, reward;
        double after;
        ck_assert_int_eq(sscanf(line, "%u %15s %15s %c %c %lf", &iteration, state, how, &action,
                                &reward, &after),
                         6);
        ck_assert_uint_eq(iteration, t);
        ck_assert_int_eq(reward, bits[t / 8] >> t % 8 & 1 ? '+' : '-');
        const double alpha = t < 123 ? 1e-3 : 7e-4;
        weight += action == '+' ? alpha : action == '-' ? -alpha : 0;
        ck_assert_double_eq_tol(after, weight, 1e-5);
        ck_assert_int_eq(state[1], last_reward);
        ck_assert_int_eq(state[0], before);
        ck_assert_int_eq(state[4], last_action);
        if (strcmp(how, "greedy") == 0) { /* the policy of the script, by hand */
            const char reversed = last_action == '+' ? '-' : last_action == '-' ? '+' : '0';
            ck_assert_int_eq(action, last_reward == '-' ? reversed : last_action);
        }
        n_explored += strcmp(how, "explored") == 0;
        before = last_reward;
        last_reward = reward;
        last_action = action;
    }
    ck_assert_str_eq(line, "");
    /* 50 steps at 0.3 and 450 at 0.2: 105 expected, and a standard deviation of 9.1. */
    ck_assert_uint_gt(n_explored, 105 - 46);
    ck_assert_uint_lt(n_explored, 105 + 46);
    free(bits);
    free(lines);
}

static const struct {
    const char *command, *says;
    int code;
} refusals[] = {
    {RUN "rule=gd; " SYNRL "replay runs/*/", "needs more than rewards", 1},
    {RUN "lua_alpha=true; " SYNRL "replay runs/*/", "alpha_s was a function of the script", 1},
    {RUN "; truncate -s 20 runs/*/rewards.bin; " SYNRL "replay runs/*/",
     "has 20 bytes: must hold one bit for each of 500 iterations", 1},
    {RUN "; printf '\\377\\377' | dd of=$(echo runs/*/rewards.bin) conv=notrunc 2>/dev/null; " SYNRL
         "replay runs/*/",
     "the record is damaged, or a plugin has changed", 1},
    {RUN "rule=static; sed -i 's/,1.*/,5/' runs/*/policy.csv; " SYNRL "replay runs/*/",
     "policy.csv", 1},
    {RUN "; sed -i 's/\"summary\"/\"sum\"/' runs/*/run.json; " SYNRL "replay runs/*/",
     "has not ended", 1},
    {RUN "; sed -i 's/\"sequential\"/\"always\"/' runs/*/run.json; " SYNRL "replay runs/*/",
     "-qlearning: rule \"qlearning\": sweep = \"always\"", 1},
    {SYNRL "replay", "which run?", 2},
    {SYNRL "replay --steps 5..3 x", "--steps must be two iterations", 2},
    {SYNRL "replay --steps 5 x", "--steps must be two iterations", 2},
    {RUN "; " SYNRL "replay --synapse 9:1:1 runs/*/", "\"9:1:1\" is no synapse", 1},
    {RUN "; " SYNRL "replay --synapse 1:0:1 runs/*/", "\"1:0:1\" is no synapse", 1},
    {RUN "; " SYNRL "replay --synapse 1:1:99999999999999999999 runs/*/", "is no synapse", 1},
};

TEST_EACH(what_cannot_be_replayed_is_told, sizeof refusals / sizeof refusals[0]) {
    expect(refusals[_i].code, refusals[_i].command, refusals[_i].says);
}

TEST_EACH(runs_part_where_they_part, 6) {
    static const struct {
        const char *options, *says;
        int code;
    } cases[] = {
        {"", "configs are equal\nthey do not part in 500 iterations\n", 0},
        {"iterations=400", "they are the same for 400 iterations; then one ends", 1},
        {"seed=4", "they part before the first iteration: synapse 1:1:1 begins at", 1},
        {"alpha=2e-3", "at iteration 0: all synapses move by 0.001 and 0.002", 1},
        {"bad=40.0", "the actions are the same, the rewards", 1},
        {"rule=gd", "by their recorded losses they part after iteration 0", 1},
    };
    child_ok(&child, RUN);
    ck_assert_int_eq(child_run(&child, RUN "--runs other %s", cases[_i].options), 0);
    expect(cases[_i].code, SYNRL "diff runs/*/ other/*/", cases[_i].says);
}
