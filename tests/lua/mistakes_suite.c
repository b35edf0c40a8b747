/* Every mistake a script or its user can make: one line that names the place, the thing, the value
 * and what would be right; the exit code; and no folder of a run. Scripts are called s.lua, and the
 * expected texts are written out by hand. */

#include "support/child.h"
#include "support/test.h"

SUITE("mistakes");

#define HEAD "local synrl = require 'synrl'\n"
#define DATA "data = synrl.dataset('boundary', {samples = 20}), "
#define MODEL "model = synrl.model('mlp', {layers = {2, 3, 1}}), "
#define RULE "rule = 'win_stay', "
#define TRAIN(more) HEAD "synrl.train {" DATA MODEL RULE more "}\n"

static const struct mistake {
    const char *script, *arguments;
    int code;
    const char *error;
} mistakes[] = {
    /* Lua's own */
    {"local x = = 1\n", "", 1, "s.lua:1: unexpected symbol near '='\n"},
    {"local x\nx()\n", "", 1, "s.lua:2: attempt to call a nil value (local 'x')\n"},
    {"error('so it is', 0)\n", "", 1, "so it is\n"},
    {"error(setmetatable({}, {__tostring = function() return 'mine' end}))\n", "", 1, "mine\n"},
    /* plugins */
    {HEAD "synrl.rule('qlerning')\n", "", 1,
     "s.lua:2: no rule \"qlerning\", did you mean \"qlearning\"?\n"},
    {HEAD "synrl.rule('../x')\n", "", 1,
     "s.lua:2: no rule \"../x\": an id is lower-case letters, digits and _\n"},
    {HEAD "synrl.rule(3)\n", "", 1, "s.lua:2: synrl.rule: the id must be a string, not 3\n"},
    {HEAD "synrl.rule('qlearning', 3)\n", "", 1,
     "s.lua:2: rule \"qlearning\": parameters must be a table, not 3\n"},
    {HEAD "synrl.rule('qlearning', {2})\n", "", 1,
     "s.lua:2: rule \"qlearning\": a value without a name at [1]; write name = value\n"},
    /* parameters */
    {HEAD "\nsynrl.rule('qlearning', {gama = 0.9})\n", "", 1,
     "s.lua:3: rule \"qlearning\": unknown parameter \"gama\", did you mean \"gamma\"?\n"},
    {HEAD "synrl.rule('qlearning', {gamma = 'x'})\n", "", 1,
     "s.lua:2: rule \"qlearning\": gamma = \"x\": must be a number\n"},
    {HEAD "synrl.rule('qlearning', {gamma = 1.5})\n", "", 1,
     "s.lua:2: rule \"qlearning\": gamma = 1.5: must be 0 .. 1\n"},
    {HEAD "synrl.rule('qlearning', {gamma = 0/0})\n", "", 1,
     "s.lua:2: rule \"qlearning\": gamma = nan: must be 0 .. 1\n"},
    {HEAD "synrl.rule('qlearning', {memory = 2.5})\n", "", 1,
     "s.lua:2: rule \"qlearning\": memory = 2.5: must be an integer\n"},
    {HEAD "synrl.rule('qlearning', {sweep = 'fast'})\n", "", 1,
     "s.lua:2: rule \"qlearning\": sweep = \"fast\": must be one of synchronous|sequential\n"},
    {HEAD "synrl.rule('qlearning', {epsilon = synrl.schedule {{0, 0.1}, {5, 2}}})\n", "", 1,
     "s.lua:2: rule \"qlearning\": epsilon = 2 at iteration 5: must be 0 .. 1\n"},
    {HEAD "synrl.rule('qlearning', {epsilon = print == nil})\n", "", 1,
     "s.lua:2: rule \"qlearning\": epsilon = false: must be a number, a schedule or a function of "
     "the iteration\n"},
    {HEAD "synrl.rule('static')\n", "", 1,
     "s.lua:2: rule \"static\": policy must be given: the frozen table that every synapse "
     "follows\n"},
    {HEAD "synrl.rule('static', {policy = synrl.loss('mse')})\n", "", 1,
     "s.lua:2: rule \"static\": policy = loss \"mse\": must be a policy\n"},
    {HEAD "synrl.model('mlp', {layers = {2, 'x'}})\n", "", 1,
     "s.lua:2: model \"mlp\": layers = \"x\": must be a list of integers\n"},
    {HEAD "synrl.model('mlp', {layers = {2, 3, 1}, activation = 'tanhh'})\n", "", 1,
     "s.lua:2: model \"mlp\": activation: no activation \"tanhh\", did you mean \"tanh\"?\n"},
    {HEAD "local _, e = pcall(synrl.rule, 'qlerning')\nerror(e, 0)\n", "", 1,
     "s.lua:2: no rule \"qlerning\", did you mean \"qlearning\"?\n"},
    /* data */
    {HEAD "synrl.dataset('boundary', {samples = 0})\n", "", 1,
     "s.lua:2: dataset \"boundary\": samples = 0: must be 1 .. 100000000\n"},
    {HEAD "synrl.dataset('csv', {path = 'none.csv', targets = 'y'})\n", "", 1,
     "s.lua:2: dataset \"csv\": none.csv: cannot be opened: No such file or directory\n"},
    {HEAD "io.open('e.csv', 'w'):write('x,y\\n'):close()\n"
          "synrl.dataset('csv', {path = 'e.csv', targets = 'y'})\n",
     "", 1, "s.lua:3: dataset \"csv\": e.csv:1: a header, and no line of numbers behind it\n"},
    {HEAD "io.open('n.csv', 'w'):write('x,y\\n1,nan\\n'):close()\n"
          "synrl.dataset('csv', {path = 'n.csv', targets = 'y'})\n",
     "", 1,
     "s.lua:3: dataset \"csv\": n.csv:2: column 2 (\"y\") is \"nan\": must be a finite number\n"},
    {HEAD "synrl.dataset('boundary', {samples = 9}):split(2)\n", "", 1,
     "s.lua:2: split: the fraction must be a number from 0.0 to 1.0, not 2\n"},
    {HEAD "synrl.dataset('boundary', {samples = 9}):split(0.01)\n", "", 1,
     "s.lua:2: a split of 9 samples by 0.01: both parts must have at least one\n"},
    /* train */
    {HEAD "synrl.train(3)\n", "", 1, "s.lua:2: train: must be a table of named values, not 3\n"},
    {HEAD "synrl.train {iteratons = 3}\n", "", 1,
     "s.lua:2: train: unknown key \"iteratons\", did you mean \"iterations\"?\n"},
    {HEAD "synrl.train {}\n", "", 1, "s.lua:2: train: data is missing: the data set to train on\n"},
    {HEAD "synrl.train {data = 'boundary'}\n", "", 1,
     "s.lua:2: train: data must be a data set (synrl.dataset), not the string \"boundary\"\n"},
    {HEAD "synrl.train {" DATA "model = synrl.loss('mse')}\n", "", 1,
     "s.lua:2: train: model must be a model (synrl.model) or the id of one, not the loss "
     "\"mse\"\n"},
    {TRAIN("loss = 'mes', iterations = 3"), "", 1,
     "s.lua:2: no loss \"mes\", did you mean \"mse\"?\n"},
    {TRAIN("loss = 'mse'"), "", 1, "s.lua:2: train: iterations is missing: their number\n"},
    {TRAIN("loss = 'mse', iterations = 0"), "", 1,
     "s.lua:2: train: iterations must be an integer of at least 1, not 0\n"},
    {TRAIN("loss = 'mse', iterations = '3'"), "", 1,
     "s.lua:2: train: iterations must be an integer of at least 1, not the string \"3\"\n"},
    {TRAIN("loss = 'mse', iterations = 0/0"), "", 1,
     "s.lua:2: train: iterations must be an integer of at least 1, not NaN\n"},
    {TRAIN("loss = 'mse', iterations = 3, seed = -1"), "", 1,
     "s.lua:2: train: seed must be an integer of at least 0, not -1\n"},
    {TRAIN("loss = 'mse', iterations = 3, name = ''"), "", 1,
     "s.lua:2: train: name must be a word, not the string \"\"\n"},
    {TRAIN("loss = 'mse', iterations = 3, batch = {siz = 3}"), "", 1,
     "s.lua:2: train: batch: unknown key \"siz\", did you mean \"size\"?\n"},
    {TRAIN("loss = 'mse', iterations = 3, batch = {every = 3}"), "", 1,
     "s.lua:2: train: batch: size is missing: the number of samples per batch\n"},
    {TRAIN("loss = 'mse', iterations = 3, batch = {size = 21}"), "", 1,
     "s.lua:2: batch size 21: dataset \"boundary\" has 20 samples; must be 1 .. 20\n"},
    {TRAIN("loss = 'mse', iterations = 3, batch = {size = 2, refresh = 'never'}"), "", 1,
     "s.lua:2: train: batch: refresh must be \"rebase\" or \"as_published\", not the string "
     "\"never\"\n"},
    {TRAIN("loss = 'mse', iterations = 3, stop = 3"), "", 1,
     "s.lua:2: train: stop must be a function of the metrics, or targets such as {loss = 0.01}, "
     "not 3\n"},
    {TRAIN("loss = 'mse', iterations = 3, stop = {los = 3}"), "", 1,
     "s.lua:2: train: stop: unknown key \"los\", did you mean \"loss\"?\n"},
    {TRAIN("loss = 'mse', iterations = 3, stop = {loss = 0/0}"), "", 1,
     "s.lua:2: train: stop: loss must be a number from 0.0 to inf, not NaN\n"},
    {TRAIN("loss = 'mse', iterations = 3, stop = {}"), "", 1,
     "s.lua:2: train: stop: a table without a target; write for example {loss = 0.01}\n"},
    {TRAIN("loss = 'mse', iterations = 3, stop = {valid_loss = 1}"), "", 1,
     "s.lua:2: train: stop: the target valid_loss needs valid, a validation set\n"},
    {TRAIN("loss = 'mse', iterations = 3, on_evaluate = 3"), "", 1,
     "s.lua:2: train: on_evaluate must be a function of the metrics, not 3\n"},
    {TRAIN("loss = 'mse', iterations = 3, record = 1"), "", 1,
     "s.lua:2: train: record must be true or false, not 1\n"},
    {HEAD "synrl.train {" DATA RULE "model = synrl.model('mlp', {layers = {3, 3, 1}}), loss = "
          "'mse', iterations = 3}\n",
     "", 1,
     "s.lua:2: model \"mlp\": layers begins with 3 inputs: the data has 2, so it must be 2\n"},
    {HEAD "synrl.train {" DATA RULE "model = synrl.model('mlp', {layers = {2, 3, 2}}), loss = "
          "'mse', iterations = 3}\n",
     "", 1,
     "s.lua:2: model \"mlp\" has 2 outputs, and dataset \"boundary\" has 1 targets a sample: they "
     "must be as many\n"},
    {HEAD "synrl.train {" DATA
          "rule = 'gd', model = synrl.model('mlp', {layers = {2, 3, 1}, activation = 'step'}), "
          "loss = 'mse', iterations = 3}\n",
     "", 1, "s.lua:2: model \"mlp\": activation \"step\" has no derivative\n"},
    /* evaluate */
    {HEAD "synrl.evaluate {}\n", "", 1,
     "s.lua:2: evaluate: model is missing; give a model, or weights\n"},
    {HEAD "synrl.evaluate {weights = 3}\n", "", 1,
     "s.lua:2: evaluate: weights must be the result of synrl.train, not 3\n"},
    /* schedules */
    {HEAD "synrl.schedule(3)\n", "", 1,
     "s.lua:2: schedule: must be a list such as {{0, 1e-4}, {60000, 5e-5}}, not 3\n"},
    {HEAD "synrl.schedule {{1, 2}}\n", "", 1,
     "s.lua:2: a schedule's first step is at iteration 1: must be 0\n"},
    {HEAD "synrl.schedule {{0, 0/0}}\n", "", 1,
     "s.lua:2: schedule: step 1: the value must be a finite number, not NaN\n"},
    {HEAD "synrl.schedule {{0, 1}, {-3, 1}}\n", "", 1,
     "s.lua:2: schedule: step 2: the iteration must be an integer of at least 0, not -3\n"},
    /* policies */
    {HEAD "synrl.policy.new {memory = 6}\n", "", 1,
     "s.lua:2: policy.new: memory must be an integer from 0 to 5, not 6\n"},
    {HEAD "synrl.policy.new {n_actions = 2}\n", "", 1,
     "s.lua:2: policy.new: give memory, or both n_actions and n_rewards\n"},
    {HEAD "synrl.policy.from(function() return 2 end, {memory = 0})\n", "", 1,
     "s.lua:2: policy.from: the function at s.lua:2 returned 2; must be an action -1, 0 or 1, or "
     "three numbers {q_dec, q_null, q_inc}\n"},
    {HEAD "synrl.policy.from(function() return {1, 0/0, 1} end, {memory = 0})\n", "", 1,
     "s.lua:2: policy.from: the function at s.lua:2 returned NaN; must be an action -1, 0 or 1, or "
     "three numbers {q_dec, q_null, q_inc}\n"},
    {HEAD "synrl.policy.from(function(s) return s.x.y end, {memory = 0})\n", "", 1,
     "s.lua:2: attempt to index a nil value (field 'x')\n"},
    {HEAD "synrl.policy.new {memory = 1}:greedy {actions = {1}}\n", "", 1,
     "s.lua:2: state: the list rewards must have length 1, the policy's memory, not 0\n"},
    {HEAD "synrl.policy.new {memory = 1}:greedy {actions = {2}, rewards = {1}}\n", "", 1,
     "s.lua:2: state: actions[1] must be an integer from -1 to 1, not 2\n"},
    {HEAD "synrl.policy.load('none.csv')\n", "", 1,
     "s.lua:2: none.csv: cannot open it: No such file or directory\n"},
    {HEAD "synrl.policy.new {memory = 1}:save('none/x.csv')\n", "", 1,
     "s.lua:2: none/x.csv: cannot write it: No such file or directory\n"},
    /* options */
    {HEAD "synrl.options {hidden = 3}\n", "hiden=4", 2,
     "s.lua:2: unknown option \"hiden\", did you mean \"hidden\"?\n"},
    {HEAD "synrl.options {hidden = 3}\n", "hidden=x", 2,
     "s.lua:2: option \"hidden\": must be an integer, not \"x\"\n"},
    {HEAD "synrl.options {hidden = 3}\n", "hidden=3.5", 2,
     "s.lua:2: option \"hidden\": must be an integer, not \"3.5\"\n"},
    {HEAD "synrl.options {rate = 0.5}\n", "rate=nan", 2,
     "s.lua:2: option \"rate\": must be a finite number, not \"nan\"\n"},
    {HEAD "synrl.options {rate = 0.5}\n", "rate=1e999", 2,
     "s.lua:2: option \"rate\": must be a finite number, not \"1e999\"\n"},
    {HEAD "synrl.options {fast = true}\n", "fast=1", 2,
     "s.lua:2: option \"fast\": must be true or false, not \"1\"\n"},
    {HEAD "synrl.options {layers = {2, 1}}\n", "layers=2,x", 2,
     "s.lua:2: option \"layers\": must be an integer, not \"x\"\n"},
    {HEAD "synrl.options {hidden = print}\n", "", 1,
     "s.lua:2: options: hidden must be a number, string, boolean or a list of them, not a "
     "function\n"},
    {HEAD "local o = synrl.options {hidden = 3}\nprint(o.hiden)\n", "", 1,
     "s.lua:3: the script has no option \"hiden\", did you mean \"hidden\"?\n"},
    {HEAD "synrl.options {}\nsynrl.options {}\n", "", 1,
     "s.lua:3: options: must be called only once in a script\n"},
    {HEAD "synrl.options({a = 1}, {b = 'x'})\n", "", 1,
     "s.lua:2: options: meanings: unknown key \"b\"\n"},
    {"return {}\n", "a=1", 2, "\"a=1\": s.lua takes no options\n"},
    {TRAIN("loss = 'mse', iterations = 3"), "a=1", 2,
     "s.lua:2: \"a=1\": the script has no options: it has not called synrl.options\n"},
    /* what is returned */
    {"return 3\n", "--json", 1, "s.lua: must return a table with names, to be printed as JSON\n"},
    {"return {f = print}\n", "", 1,
     "s.lua: the script's result contains a function, which JSON cannot express\n"},
    {"local t = {}; t.t = t; return t\n", "", 1,
     "s.lua: the script's result contains tables nested too deeply, or in a cycle\n"},
    {"return {x = '\\xff'}\n", "", 1,
     "s.lua: the script's result contains a string that is not UTF-8\n"},
    {"return {[1.5] = 2}\n", "", 1,
     "s.lua: the script's result contains a key that is not a name\n"},
};
enum { N_MISTAKES = sizeof mistakes / sizeof mistakes[0] };

TEST_EACH(is_told_in_one_line, N_MISTAKES) {
    const struct mistake *mistake = &mistakes[_i];
    struct child child;
    child_open(&child);
    scratch_file(&child.scratch, "s.lua", mistake->script);
    const int code = child_run(&child, "\"$BUILD\"/synrl run --quiet s.lua %s", mistake->arguments);
    ck_assert_str_eq(child.error, mistake->error);
    ck_assert_int_eq(code, mistake->code);
    ck_assert_str_eq(child.output, "");
    ck_assert_msg(child_run(&child, "test ! -e runs") == 0, "a run's folder was left");
    child_close(&child);
}
