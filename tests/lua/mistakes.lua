-- SPDX-License-Identifier: MIT
-- What a script can do wrong: an error at the line that did it, which names the thing, the value and
-- what would be right, and no folder of a run. The texts are written out by hand.
local synrl = require 'synrl'
local expect = require 'expect'
local refused = expect.error
local test = {}

local data = synrl.dataset('boundary', { samples = 20 })
local model = synrl.model('mlp', { layers = { 2, 3, 1 } })

-- A call of synrl.train that would work, but for what is given on top.
local function call(more)
  local all = { data = data, model = model, rule = 'win_stay', loss = 'mse', iterations = 3 }
  for key, value in pairs(more) do all[key] = value end
  return all
end

local function write(path, text)
  local file = assert(io.open(path, 'w'))
  file:write(text)
  file:close()
end

function test.ids_of_plugins()
  refused('no rule "qlerning", did you mean "qlearning"?', function() synrl.rule('qlerning') end)
  refused('no rule "../x": an id is lower-case letters, digits and _', function() synrl.rule('../x') end)
  refused('synrl.rule: the id must be a string, not 3', function() synrl.rule(3) end)
  refused('rule "qlearning": parameters must be a table, not 3', function() synrl.rule('qlearning', 3) end)
  refused('rule "qlearning": a value without a name at [1]; write name = value', function()
    synrl.rule('qlearning', { 2 })
  end)
  -- Of a function called by C, the place is that of the call in the script.
  refused('no rule "qlerning", did you mean "qlearning"?', function()
    local _, message = pcall(synrl.rule, 'qlerning')
    error(message, 0)
  end)
end

local function qlearning(parameters)
  return function() synrl.rule('qlearning', parameters) end
end

function test.parameters()
  refused('rule "qlearning": unknown parameter "gama", did you mean "gamma"?', qlearning { gama = 0.9 })
  refused('rule "qlearning": gamma = "x": must be a number', qlearning { gamma = 'x' })
  refused('rule "qlearning": gamma = 1.5: must be 0 .. 1', qlearning { gamma = 1.5 })
  refused('rule "qlearning": gamma = nan: must be 0 .. 1', qlearning { gamma = 0 / 0 })
  refused('rule "qlearning": memory = 2.5: must be an integer', qlearning { memory = 2.5 })
  refused('rule "qlearning": sweep = "fast": must be one of synchronous|sequential', qlearning { sweep = 'fast' })
  refused('rule "qlearning": epsilon = 2 at iteration 5: must be 0 .. 1',
    qlearning { epsilon = synrl.schedule { { 0, 0.1 }, { 5, 2 } } })
  refused('rule "qlearning": epsilon = false: must be a number, a schedule or a function of the iteration',
    qlearning { epsilon = false })
  refused('rule "static": policy must be given: the frozen table that every synapse follows', function()
    synrl.rule('static')
  end)
  refused('rule "static": policy = loss "mse": must be a policy', function()
    synrl.rule('static', { policy = synrl.loss('mse') })
  end)
  refused('model "mlp": layers = "x": must be a list of integers', function()
    synrl.model('mlp', { layers = { 2, 'x' } })
  end)
  refused('model "mlp": activation: no activation "tanhh", did you mean "tanh"?', function()
    synrl.model('mlp', { layers = { 2, 3, 1 }, activation = 'tanhh' })
  end)
end

local function csv(path)
  return function() synrl.dataset('csv', { path = path, targets = 'y' }) end
end

function test.data()
  refused('dataset "boundary": samples = 0: must be 1 .. 100000000', function()
    synrl.dataset('boundary', { samples = 0 })
  end)
  refused('dataset "csv": none.csv: cannot be opened: No such file or directory', csv('none.csv'))
  write('e.csv', 'x,y\n')
  refused('dataset "csv": e.csv:1: a header without a line of numbers after it', csv('e.csv'))
  write('n.csv', 'x,y\n1,nan\n')
  refused('dataset "csv": n.csv:2: column 2 ("y") is "nan": must be a finite number; missing = "drop" ' ..
    'leaves such rows out, ignore = "y" leaves the column out', csv('n.csv'))
  refused('split: the fraction must be a number from 0.0 to 1.0, not 2', function() data:split(2) end)
  refused('a split of 20 samples by 0.01: both parts must have at least one', function() data:split(0.01) end)
end

function test.keys_of_train()
  refused('train: must be a table of named values, not 3', function() synrl.train(3) end)
  refused('train: unknown key "iteratons", did you mean "iterations"?', function()
    synrl.train { iteratons = 3 }
  end)
  refused('train: data is missing: the data set to train on', function() synrl.train {} end)
  refused('train: data must be a data set (synrl.dataset), not the string "boundary"', function()
    synrl.train { data = 'boundary' }
  end)
  refused('train: model must be a model (synrl.model) or the id of one, not the loss "mse"', function()
    synrl.train { data = data, model = synrl.loss('mse') }
  end)
  refused('train: iterations is missing: their number', function()
    synrl.train { data = data, model = model, rule = 'win_stay', loss = 'mse' }
  end)
end

local function train(more)
  return function() synrl.train(call(more)) end
end

function test.values_of_train()
  refused('no loss "mes", did you mean "mse"?', train { loss = 'mes' })
  refused('train: iterations must be an integer of at least 1, not 0', train { iterations = 0 })
  refused('train: iterations must be an integer of at least 1, not the string "3"', train { iterations = '3' })
  refused('train: iterations must be an integer of at least 1, not NaN', train { iterations = 0 / 0 })
  refused('train: seed must be an integer of at least 0, not -1', train { seed = -1 })
  refused('train: name must be a word, not the string ""', train { name = '' })
  refused('train: on_evaluate must be a function of the metrics, not 3', train { on_evaluate = 3 })
  refused('train: record must be true or false, not 1', train { record = 1 })
end

function test.batches()
  refused('train: batch: unknown key "siz", did you mean "size"?', train { batch = { siz = 3 } })
  refused('train: batch: size is missing: the number of samples per batch', train { batch = { every = 3 } })
  refused('batch size 21: dataset "boundary" has 20 samples; must be 1 .. 20', train { batch = { size = 21 } })
  refused('train: batch: refresh must be "rebase" or "as_published", not the string "never"',
    train { batch = { size = 2, refresh = 'never' } })
end

function test.stops()
  refused('train: stop must be a function of the metrics, or targets such as {loss = 0.01}, not 3',
    train { stop = 3 })
  refused('train: stop: unknown key "los", did you mean "loss"?', train { stop = { los = 3 } })
  refused('train: stop: loss must be a number from 0.0 to inf, not NaN', train { stop = { loss = 0 / 0 } })
  refused('train: stop: a table without a target; write for example {loss = 0.01}', train { stop = {} })
  refused('train: stop: the target valid_loss needs valid, a validation set',
    train { stop = { valid_loss = 1 } })
  -- A share is never reached as a percentage.
  refused('train: stop: accuracy must be a number from 0.0 to 1.0, not 95', train { stop = { accuracy = 95 } })
  refused('train: stop: reward_rate must be a number from 0.0 to 1.0, not 1.5', train { stop = { reward_rate = 1.5 } })
  refused('train: stop: loss must be a number from 0.0 to inf, not -1', train { stop = { loss = -1 } })
end

local function layers(list, activation)
  return synrl.model('mlp', { layers = list, activation = activation })
end

function test.shapes()
  refused('model "mlp": layers begins with 3 inputs: the data has 2, so it must be 2',
    train { model = layers { 3, 3, 1 } })
  refused('model "mlp" has 2 outputs, and dataset "boundary" has 1 targets per sample: the numbers must be equal',
    train { model = layers { 2, 3, 2 } })
  refused('rule "gd": model "mlp": activation "step" has no derivative',
    train { rule = 'gd', model = layers({ 2, 3, 1 }, 'step') })
end

function test.evaluate()
  refused('evaluate: model is missing; give a model, or the weights of a run', function() synrl.evaluate {} end)
  refused('evaluate: weights must be the result of synrl.train or synrl.load, or the path of a run ' ..
    'or of a file, not 3', function()
    synrl.evaluate { weights = 3 }
  end)
end

local function schedule(steps)
  return function() synrl.schedule(steps) end
end

function test.schedules()
  refused('schedule: must be a list such as {{0, 1e-4}, {60000, 5e-5}}, not 3', schedule(3))
  refused("a schedule's first step is at iteration 1: must be 0", schedule { { 1, 2 } })
  refused('schedule: iterations is missing: must be as in {from = 1e-2, to = 1e-4, iterations = 300}',
    schedule { from = 1, to = 0.5 })
  refused('schedule: unknown key "form", did you mean "from"?', schedule { form = 1, to = 0.5 })
  refused('schedule: from must be a number from 0.0 to 1000000000.0, not the string "1"', schedule { from = '1' })
  refused('a schedule from 0.5 to 1: must fall, by at most 63 halvings, to more than 0',
    schedule { from = 0.5, to = 1, iterations = 9 })
  refused('a schedule from 1 to 0: must fall, by at most 63 halvings, to more than 0',
    schedule { from = 1, to = 0, iterations = 9 })
  refused('a schedule from 1 to 1e-20: must fall, by at most 63 halvings, to more than 0',
    schedule { from = 1, to = 1e-20, iterations = 999 })
  refused('a schedule from 1 to 0.2 over 2 iterations: must be at least 3, one for each of its values',
    schedule { from = 1, to = 0.2, iterations = 2 })
  refused('schedule: step 1: the value must be a finite number, not NaN', schedule { { 0, 0 / 0 } })
  refused('schedule: step 2: the iteration must be an integer of at least 0, not -3',
    schedule { { 0, 1 }, { -3, 1 } })
end

function test.policies()
  refused('policy.new: memory must be an integer from 0 to 5, not 6', function()
    synrl.policy.new { memory = 6 }
  end)
  refused('policy.new: give memory, or both n_actions and n_rewards', function()
    synrl.policy.new { n_actions = 2 }
  end)
  refused('a policy of 3 actions, 3 rewards and 3 features: must be at most 5 rewards, and 5 actions ' ..
    'and features together', function()
    synrl.policy.new { memory = 3, n_features = 3 }
  end)
  refused('policy.new: features must be a list of names, not the string "credit"', function()
    synrl.policy.new { memory = 1, features = 'credit' }
  end)
  refused('policy.new: features[2] must be a name, not 3', function()
    synrl.policy.new { memory = 1, features = { 'a', 3 } }
  end)
  refused('a feature named "A": must be [a-z][a-z0-9_]*, at most 31 characters, and not begin with ' ..
    'r_, a_ or q_', function()
    synrl.policy.new { memory = 1, features = { 'A' } }
  end)
  refused('policy.new: n_features is 2 and features names 1: must be equal', function()
    synrl.policy.new { memory = 1, n_features = 2, features = { 'a' } }
  end)
  refused('state: the list features must have length 1, one per feature, not 0', function()
    synrl.policy.new({ memory = 1, n_features = 1 }):greedy { actions = { 1 }, rewards = { 1 } }
  end)
  refused("attempt to index a nil value (field 'x') (in policy.from)", function()
    synrl.policy.from(function(s) return s.x.y end, { memory = 0 })
  end)
  local p = synrl.policy.new { memory = 1 }
  refused('state: the list rewards must have length 1, the policy\'s memory, not 0', function()
    p:greedy { actions = { 1 } }
  end)
  refused('state: actions[1] must be an integer from -1 to 1, not 2', function()
    p:greedy { actions = { 2 }, rewards = { 1 } }
  end)
  refused('none.csv: cannot open it: No such file or directory', function() synrl.policy.load('none.csv') end)
  refused('none/x.csv: cannot write it: No such file or directory', function() p:save('none/x.csv') end)
end

local function returns(value)
  local function f() return value end
  local info = debug.getinfo(f, 'S')
  return ('policy.from: the function at %s:%d returned '):format(info.short_src, info.linedefined), function()
    synrl.policy.from(f, { memory = 0 })
  end
end

function test.answers_of_a_policys_function()
  local must = '; must be an action -1, 0 or 1, or three numbers {q_dec, q_null, q_inc}'
  local begins, from = returns(2)
  refused(begins .. '2' .. must, from)
  begins, from = returns { 1, 0 / 0, 1 }
  refused(begins .. 'NaN' .. must, from)
end

function test.options()
  refused('options: hidden must be a number, string, boolean or a list of them, not a function', function()
    synrl.options { hidden = print }
  end)
  refused('options: meanings: unknown key "b"', function() synrl.options({ a = 1 }, { b = 'x' }) end)
  local o = synrl.options { hidden = 3 }
  refused('the script has no option "hiden", did you mean "hidden"?', function() return o.hiden end)
  refused('options: must be called only once in a script', function() synrl.options {} end)
end

-- None of them leaves the folder of a run.
for name, run in pairs(test) do
  test[name] = function()
    run()
    expect.equal(io.open('runs'), nil)
  end
end

expect.run(test)
