/* The Lua module from a script's side. A script asserts what holds and is then silent; where it is
 * not, its message is the test's. Scripts run in the program and in the stock interpreter. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/child.h"
#include "support/test.h"
#include "train/evaluate.h"

SUITE("module", .timeout = 120);

#define HEAD "local synrl = require 'synrl'\n"
/* t: trains for n iterations with what is given on top. */
#define TRAIN                                                                             \
    HEAD "local data = synrl.dataset('boundary', {samples = 50, seed = 1})\n"             \
         "local model = synrl.model('mlp', {layers = {2, 5, 1}, seed = 2})\n"             \
         "local function t(n, more)\n"                                                    \
         "  local run = {data = data, model = model, loss = 'mse', rule = 'win_stay', "   \
         "iterations = n, record = false}\n"                                              \
         "  for k, v in pairs(more or {}) do run[k] = v end\n"                            \
         "  return synrl.train(run)\n"                                                    \
         "end\n"                                                                          \
         "local function fails(text, f, ...)\n"                                           \
         "  local good, e = pcall(f, ...)\n"                                              \
         "  assert(not good, 'should fail: ' .. text)\n"                                  \
         "  if e ~= text then error(string.format('%s\\nis not\\n%s', e, text), 2) end\n" \
         "end\n"

static void silent(const char *script, const char *command) {
    struct child child;
    child_open(&child);
    scratch_file(&child.scratch, "s.lua", script);
    const int code = child_run(&child, "%s", command);
    ck_assert_str_eq(child.error, "");
    ck_assert_str_eq(child.output, "");
    ck_assert_int_eq(code, 0);
    child_close(&child);
}

static void in_program(const char *script) {
    silent(script, "\"$BUILD\"/synrl run --quiet s.lua");
}

TEST(policy_from_function_asks_every_state_once) {
    in_program(HEAD
               "local seen, n = {}, 0\n"
               "local p = synrl.policy.from(function(s)\n"
               "  assert(#s.actions == 2 and #s.rewards == 1)\n"
               "  local key = s.actions[1] .. ',' .. s.actions[2] .. ',' .. s.rewards[1]\n"
               "  assert(not seen[key]); seen[key] = true; n = n + 1\n"
               "  return s.actions[1]\n"
               "end, {n_actions = 2, n_rewards = 1})\n"
               "assert(n == 27)\n"
               "assert(p.n_actions == 2 and p.n_rewards == 1)\n"
               "for _, last in ipairs {-1, 0, 1} do for _, before in ipairs {-1, 0, 1} do\n"
               "  for _, reward in ipairs {-1, 0, 1} do\n"
               "    local state = {actions = {last, before}, rewards = {reward}}\n"
               "    assert(p:greedy(state) == last)\n"
               "    local q = {p:q(state)}\n"
               "    for a = -1, 1 do assert(q[a + 2] == (a == last and 1 or 0)) end\n"
               "  end\n"
               "end end\n");
}

TEST(policy_values_ties_and_equality) {
    in_program(HEAD
               "local f = function(s) return {s.rewards[1], 2.5, 2.5} end\n"
               "local p = synrl.policy.from(f, {n_actions = 0, n_rewards = 1})\n"
               "assert(p:greedy {rewards = {1}} == 0)\n" /* of equals the first */
               "assert(select(1, p:q {rewards = {-1}}) == -1)\n"
               "assert(p == synrl.policy.from(f, {n_actions = 0, n_rewards = 1}))\n"
               "assert(p == p:freeze() and p.hash == p:freeze().hash and #p.hash == 16)\n"
               "assert(p ~= synrl.policy.new {n_actions = 0, n_rewards = 1})\n"
               "assert(p ~= synrl.policy.new {n_actions = 1, n_rewards = 0})\n"
               "assert(p.hash ~= synrl.policy.new {n_actions = 1, n_rewards = 0}.hash)\n"
               "assert(p ~= 3 and p.nothing == nil)\n");
}

TEST(policy_as_file_and_text) {
    in_program(HEAD
               "local x = 0.1\n"
               "local p = synrl.policy.from(function() x = x * 1.37; return {x, -x / 3, 0} end,\n"
               "  {memory = 2})\n"
               "p:save('p.csv')\n"
               "local lines = {}\n"
               "for line in io.lines('p.csv') do lines[#lines + 1] = line end\n"
               "assert(lines[1] == 'r_t2,r_t1,a_t2,a_t1,q_dec,q_null,q_inc', lines[1])\n"
               "assert(#lines == 82)\n"
               "local q = synrl.policy.load('p.csv')\n"
               "assert(p == q and p.hash == q.hash)\n"
               "assert(#tostring(p) > 100 and tostring(p) == tostring(q))\n"
               "for line in tostring(p):gmatch('[^\\n]*') do assert(#line < 100) end\n");
}

/* Features are a list in the state, the first first; 3 * 3 * 9 states. */
TEST(policies_with_features) {
    in_program(HEAD
               "local seen, n = {}, 0\n"
               "local p = synrl.policy.from(function(s)\n"
               "  assert(#s.actions == 1 and #s.rewards == 1 and #s.features == 2)\n"
               "  local key = s.actions[1] .. s.rewards[1] .. s.features[1] .. s.features[2]\n"
               "  assert(not seen[key]); seen[key] = true; n = n + 1\n"
               "  return {s.features[1], 2 * s.features[2], s.actions[1]}\n"
               "end, {memory = 1, features = {'credit', 'activity'}})\n"
               "assert(n == 81 and p.n_features == 2)\n"
               "assert(p.features[1] == 'credit' and p.features[2] == 'activity')\n"
               "local state = {actions = {0}, rewards = {1}, features = {-1, 1}}\n"
               "local d, z, i = p:q(state)\n"
               "assert(d == -1 and z == 2 and i == 0 and p:greedy(state) == 0)\n"
               "p:save('p.csv')\n"
               "local q = synrl.policy.load('p.csv')\n"
               "assert(io.lines('p.csv')() == 'r_t1,a_t1,credit,activity,q_dec,q_null,q_inc')\n"
               "assert(p == q and p.hash == q.hash and q.features[2] == 'activity')\n"
               "assert(p == p:freeze() and tostring(p):match('features'))\n"
               "local zero = synrl.policy.new {memory = 1, n_features = 2}\n"
               "assert(zero.features[2] == 'feature2' and zero ~= p)\n"
               "assert(zero ~= synrl.policy.new {n_actions = 3, n_rewards = 1})\n"
               "assert(synrl.policy.new({memory = 1}).n_features == 0)\n"
               "assert(#synrl.policy.new({memory = 1}).features == 0)\n"
               "local drawn, why = p:draw('p.svg')\n"
               "if drawn then\n"
               "  local text = io.open('p.svg'):read('a')\n"
               "  assert(text:match('credit, activity | last actions'))\n"
               "  assert(text:match('%- 0 | %+'))\n"
               "else assert(why:match('gnuplot')) end\n");
}

TEST(schedules_step_and_functions_are_asked) {
    in_program(TRAIN
               "local s = synrl.schedule {{0, 1}, {5, 2}, {7, 0.5}}\n"
               "assert(s(0) == 1 and s(4) == 1 and s(5) == 2 and s(6) == 2 and s(7) == 0.5)\n"
               "assert(s(10^6 // 1) == 0.5)\n"
               "local steps = synrl.schedule {{0, 0.01}, {10, 0.001}}\n"
               "local by_steps = t(20, {rule = synrl.rule('win_stay', {alpha_s = steps})})\n"
               "local by_function = t(20, {rule = synrl.rule('win_stay', {alpha_s = function(i)\n"
               "  return i < 10 and 0.01 or 0.001\n"
               "end})})\n"
               "local constant = t(20, {rule = synrl.rule('win_stay', {alpha_s = 0.01})})\n"
               "assert(by_steps.summary.weights_hash == by_function.summary.weights_hash)\n"
               "assert(by_steps.summary.weights_hash ~= constant.summary.weights_hash)\n");
}

TEST(errors_of_callbacks_are_the_scripts) {
    in_program(
        TRAIN
        "local rule = function(f) return {rule = synrl.rule('win_stay', {epsilon = f})} end\n"
        "fails('s.lua:16: attempt to index a number value (local \\'i\\')', t, 9,\n"
        "  rule(function(i) return i < 5 and 0.1 or i.x end))\n"
        "fails('s.lua:18: this function of the iteration returned nothing at iteration 5; must '\n"
        "  .. 'be a number', t, 9, rule(function(i) if i < 5 then return 0.1 end end))\n"
        "fails('s.lua:7: rule \"win_stay\": epsilon = 2 at iteration 5: must be 0 .. 1', t, 9,\n"
        "  rule(function(i) return i < 5 and 0.1 or 2 end))\n"
        "fails('s.lua:22: no', t, 9, {on_evaluate = function(m)\n"
        "  if m.iteration == 3 then error('no') end end})\n"
        "fails('s.lua:24: attempt to call a nil value (field \\'x\\')', t, 9, {stop = function(m)\n"
        "  m.x() end})\n"
        "local object = {}\n"
        "local good, e = pcall(t, 9, {stop = function() error(object) end})\n"
        "assert(not good and e == object)\n"
        "local again = t(9)\n"
        "assert(again.summary.iterations == 9)\n");
}

TEST(callbacks_see_metrics_and_may_train) {
    in_program(
        TRAIN
        "local plain, seen = t(20), {}\n"
        "local watched = t(20, {record_every = 5, on_evaluate = function(m)\n"
        "  seen[#seen + 1] = m.iteration\n"
        "  assert(m.loss > 0 and m.accuracy >= 0 and m.accuracy <= 1 and m.valid_loss == nil)\n"
        "  assert(m.sample_forwards == 50 * (m.iteration + 1) or m.sample_forwards == 50 * "
        "m.iteration)\n"
        "  assert(m.iteration == 0 and m.reward_rate == nil or m.reward_rate <= 1)\n"
        "  collectgarbage()\n"
        "  local inner = t(7, {on_evaluate = function() t(1) end})\n"
        "  assert(inner.summary.iterations == 7 and not pcall(synrl.rule, 'none'))\n"
        "  coroutine.wrap(function() t(3) end)()\n"
        "  collectgarbage()\n"
        "end})\n"
        "assert(table.concat(seen, ' ') == '0 5 10 15 20')\n"
        "assert(watched.summary.weights_hash == plain.summary.weights_hash)\n"
        "coroutine.wrap(function() watched = t(20, {on_evaluate = function() end}) end)()\n"
        "assert(watched.summary.weights_hash == plain.summary.weights_hash)\n");
}

TEST(runs_stop_by_function_and_by_target) {
    in_program(
        TRAIN
        "local s = t(20, {stop = function(m) return m.iteration >= 4 end}).summary\n"
        "assert(s.iterations == 4 and s.stopped == \"the script's stop function\")\n"
        "s = t(20, {stop = function(m) return m.iteration >= 4 and 'because' end}).summary\n"
        "assert(s.iterations == 4 and s.stopped == 'because')\n"
        "s = t(20, {stop = {loss = 1e9}}).summary\n"
        "assert(s.iterations == 0 and s.stopped:match('^loss .* reached the target 1e%+09$'))\n"
        "s = t(20, {stop = {loss = 1e9, accuracy = 1.5}}).summary\n"
        "assert(s.iterations == 20 and s.stopped == nil)\n"
        "s = t(20, {stop = {accuracy = 0}, valid = data, evaluate_every = 7}).summary\n"
        "assert(s.iterations == 0 and s.valid_loss == s.loss)\n");
}

TEST(results_hold_summary_weights_and_policy) {
    in_program(
        TRAIN
        "local r = t(10, {name = 'x', seed = 5, valid = data})\n"
        "local s = r.summary\n"
        "assert(s.name == 'x' and s.iterations == 10 and s.seed == 5 and s.run == nil)\n"
        "assert(math.type(s.sample_forwards) == 'integer' and s.sample_backwards == 0)\n"
        "assert(s.loss == s.valid_loss and s.accuracy == s.valid_accuracy and s.seconds > 0)\n"
        "assert(#s.weights_hash == 16 and s.iteration == nil and s.stopped == nil)\n"
        "local n = 0\n"
        "for name, tensor in pairs(r:weights()) do\n"
        "  assert(type(name) == 'string' and #tensor == tensor.rows * tensor.columns)\n"
        "  n = n + #tensor\n"
        "end\n"
        "assert(n == 2 * 5 + 5 + 5 + 1)\n"
        "local e = r:evaluate(data)\n"
        "assert(e.loss == s.loss and e.accuracy == s.accuracy and e.samples == 50)\n"
        "local q = t(10, {rule = synrl.rule('qlearning', {memory = 1})})\n"
        "assert(q.policy.n_actions == 1 and q.policy ~= synrl.policy.new {memory = 1})\n"
        "assert(t(1, {rule = 'gd'}).policy == nil)\n"
        "assert(t(2, {rule = 'gd'}).summary.sample_backwards == 100)\n");
}

TEST(evaluation_counts_what_it_answers) {
    in_program(
        TRAIN
        "local e = synrl.evaluate {model = model, data = data, outputs = true}\n"
        "assert(e.loss == nil and #e.outputs == 50 and #e.outputs[1] == 1 and #e.predicted == 50)\n"
        "local count = {{0, 0}, {0, 0}}\n"
        "local right, total = 0, 0\n"
        "for actual = 1, 2 do for predicted = 1, 2 do\n"
        "  total = total + e.confusion[actual][predicted]\n"
        "  if actual == predicted then right = right + e.confusion[actual][predicted] end\n"
        "  count[1][predicted] = count[1][predicted] + e.confusion[actual][predicted]\n"
        "end end\n"
        "assert(total == 50 and right / 50 == e.accuracy)\n"
        "local positive = 0\n"
        "for s = 1, 50 do\n"
        "  assert(e.predicted[s] == (e.outputs[s][1] > 0 and 2 or 1))\n"
        "  positive = positive + (e.predicted[s] - 1)\n"
        "end\n"
        "assert(positive == count[1][2])\n"
        "local first\n"
        "t(1, {on_evaluate = function(m) first = first or m.loss end})\n"
        "local untrained = synrl.evaluate {model = model, data = data, loss = 'mse'}\n"
        "assert(untrained.loss == first)\n");
}

TEST(data_sets_split_and_tell) {
    in_program(TRAIN
               "local a, b = data:split(0.3, 9)\n"
               "assert(#data == 50 and #a == 15 and #b == 35)\n"
               "local i = data:info()\n"
               "assert(i.id == 'boundary' and i.samples == 50 and i.inputs == 2)\n"
               "assert(i.format == 'floats' and i.classes == 2 and i.height == nil)\n"
               "assert(a:info().samples == 15)\n"
               "assert(tostring(a) == 'dataset \"boundary\": 15 samples of 2 inputs')\n");
}

TEST(closed_objects_are_refused) {
    in_program(HEAD
               "local kept\n"
               "do local rule <close> = synrl.rule('win_stay'); kept = rule end\n"
               "assert(tostring(kept) == 'closed component' and kept.id == nil)\n"
               "local good, e = pcall(synrl.train, {data = kept})\n"
               "assert(not good and e:match('must be a data set'), e)\n"
               "assert(getmetatable(synrl.rule('win_stay')) == 'locked')\n"
               "local p\n"
               "do local policy <close> = synrl.policy.new {memory = 1}; p = policy end\n"
               "assert(not pcall(tostring, p) and not pcall(function() return p.hash end))\n");
}

TEST(seeds_come_from_options) {
    struct child child;
    child_open(&child);
    scratch_file(&child.scratch, "s.lua",
                 HEAD
                 "local o = synrl.options {seed = 4}\n"
                 "local r = synrl.train {data = synrl.dataset('boundary', {samples = 9}), model "
                 "= synrl.model('mlp', {layers = {2, 1}}), loss = 'mse', rule = 'win_stay', "
                 "iterations = 1, record = false}\n"
                 "print(o.seed, r.summary.seed, math.random(10^6 // 1))\n");
    char *first = NULL;
    static const struct {
        const char *flags, *options;
        int seed;
    } cases[] = {{"", "", 4},
                 {"--seed 7", "", 7},
                 {"", "seed=7", 7},
                 {"--seed 3", "seed=7", 7},
                 {"", "", 4}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        ck_assert_int_eq(child_run(&child, "\"$BUILD\"/synrl run --quiet %s s.lua %s",
                                   cases[c].flags, cases[c].options),
                         0);
        int option, run, random;
        ck_assert_int_eq(sscanf(child.output, "%d %d %d", &option, &run, &random), 3);
        ck_assert_int_eq(option, cases[c].seed);
        ck_assert_int_eq(run, cases[c].seed);
        if (c == 0) {
            first = strdup(child.output);
        }
    }
    ck_assert_str_eq(child.output, first); /* math.random too */
    free(first);
    child_close(&child);
}

TEST(threads_do_not_change_a_bit) {
    struct child child;
    child_open(&child);
    scratch_file(&child.scratch, "s.lua",
                 HEAD
                 "local r = synrl.train {data = synrl.dataset('boundary', {samples = 500}), "
                 "model = synrl.model('mlp', {layers = {2, 40, 1}}), loss = 'euclidean', rule = "
                 "'qlearning', iterations = 200, record = false}\n"
                 "print(r.summary.weights_hash, r.policy.hash)\n");
    char *first = NULL;
    static const int threads[] = {1, 2, 4};
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(
            child_run(&child, "\"$BUILD\"/synrl run --quiet --threads %d s.lua", threads[i]), 0);
        ck_assert_uint_eq(strlen(child.output), 34);
        if (first == NULL) {
            first = strdup(child.output);
        }
        ck_assert_str_eq(child.output, first);
    }
    free(first);
    child_close(&child);
}

#define LUA "LUA_CPATH=\"$BUILD/lua/?.so\" lua5.4"

TEST_EACH(stock_interpreter_runs_scripts, STOCK_LUA) {
    struct child child;
    child_open(&child);
    scratch_file(&child.scratch, "s.lua",
                 HEAD
                 "local o = synrl.options {seed = 1, hidden = 3}\n"
                 "local r = synrl.train {data = synrl.dataset('boundary', {samples = 40}), "
                 "model = synrl.model('mlp', {layers = {2, o.hidden, 1}}), loss = 'mse', rule = "
                 "'qlearning', iterations = 20}\n"
                 "print(o.hidden, r.summary.weights_hash)\n");
    ck_assert_int_eq(child_run(&child, LUA " s.lua hidden=5"), 0);
    ck_assert_str_eq(child.error, "");
    ck_assert_int_eq(strncmp(child.output, "5\t", 2), 0);
    char *by_lua = strdup(child.output);
    ck_assert_int_eq(child_run(&child, "test -f runs/*/run.json"), 0);
    ck_assert_int_eq(child_run(&child, "\"$BUILD\"/synrl run --quiet --no-record s.lua hidden=5"),
                     0);
    ck_assert_str_eq(child.output, by_lua);
    free(by_lua);
    ck_assert_int_eq(child_run(&child, LUA " s.lua hiden=5"), 1);
    ck_assert_ptr_nonnull(
        strstr(child.error, "s.lua:2: unknown option \"hiden\", did you mean \"hidden\"?\n"));
    ck_assert_int_eq(child_run(&child, LUA " -e 'print(require(\"synrl\").version)'"), 0);
    ck_assert_str_eq(child.output, SYNRL_VERSION "\n");
    child_close(&child);
}

TEST_EACH(stock_interpreter_can_be_interrupted, STOCK_LUA) {
    struct child child;
    child_open(&child);
    scratch_file(&child.scratch, "s.lua",
                 TRAIN
                 "t(1000000000, {on_evaluate = function(m)\n"
                 "  if m.iteration > 0 then io.open('started', 'w'):close() end\n"
                 "end, record_every = 10})\n");
    ck_assert_int_eq(child_run(&child, LUA " s.lua &\n"
                                           "for i in $(seq 500); do\n"
                                           "  test -f started && break; sleep 0.02\n"
                                           "done\n"
                                           "kill -INT $!; wait $!"),
                     1);
    ck_assert(child_said(&child, "interrupted"));
    child_close(&child);
}

/* The example scripts of the reference, one after another. */
TEST(examples_of_the_reference_run) {
    struct child child;
    child_open(&child);
    FILE *reference = fopen("docs/reference/lua.md", "r");
    ck_assert_ptr_nonnull(reference);
    char line[512];
    char *text = NULL;
    size_t size = 0, n_examples = 0;
    FILE *example = NULL;
    while (fgets(line, sizeof line, reference) != NULL) {
        if (strcmp(line, "```lua\n") == 0) {
            example = open_memstream(&text, &size);
        } else if (example != NULL && strcmp(line, "```\n") == 0) {
            fclose(example);
            scratch_file(&child.scratch, "s.lua", text);
            const int code = child_run(&child, "\"$BUILD\"/synrl run --quiet --no-pictures s.lua");
            ck_assert_msg(code == 0, "example %zu: %s", n_examples + 1, child.error);
            ck_assert_str_eq(child.error, "");
            free(text);
            example = NULL;
            n_examples++;
        } else if (example != NULL) {
            fputs(line, example);
        }
    }
    fclose(reference);
    ck_assert_uint_ge(n_examples, 7);
    child_close(&child);
}
