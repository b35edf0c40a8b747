-- SPDX-License-Identifier: MIT
-- Rules in C within a script: what the table may say, what it gives, and what is refused.
local synrl = require 'synrl'
local expect = require 'expect'
local refused = expect.error
local test = {}

local data = synrl.dataset('boundary', { samples = 20 })
local model = synrl.model('mlp', { layers = { 2, 3, 1 } })

local function train(rule, iterations)
  return synrl.train { data = data, model = model, rule = rule, loss = 'mse', record = false,
    iterations = iterations or 3 }
end

-- Takes one step of +1 everywhere, so that all is told by its metrics.
local function all(more)
  local fields = {
    name = 'all',
    parameters = { rate = 0.5, on = true, count = { 7, type = 'integer' }, word = 'it\'s "a" \\ ?\n',
      bound = { 1, min = 0, max = 2, meaning = 'a bound' } },
    state = { seen = 3.5, actions = 'int8_t[n_synapses]', few = 'int32_t[4]', one = 'uint64_t' },
    metrics = { seen = 'what was seen' },
    create = 'memset(self->actions, 1, n_synapses); self->few[3] = 5;',
    functions = 'static double twice(double x) { return 2 * x; }',
    step = [[
      self->seen += twice(rate) + on + (double)count + (double)strlen(word) + self->few[3];
      return env->step(env, self->actions, bound, 1, &outcome);]],
  }
  for key, value in pairs(more or {}) do fields[key] = value end
  return synrl.rule.c(fields)
end

function test.parameters_and_state()
  local rule = all()
  expect.equal(rule.id .. rule.kind, 'allrule')
  -- strlen(word) is 13: 1 + 1 + 7 + 13 + 5 in each iteration
  expect.equal(train(rule).summary.seen, 3.5 + 3 * 27)
  expect.equal(train(rule { rate = 1, on = false, count = 1, word = '' }).summary.seen, 3.5 + 3 * 8)
  expect.equal(train(synrl.rule('all', { word = 'x' })).summary.seen, 3.5 + 3 * 15)
  local rising = rule { rate = function(iteration) return iteration end, word = '' }
  expect.equal(train(rising).summary.seen, 3.5 + 3 * 13 + 2 * (0 + 1 + 2))
end

function test.components_can_be_called()
  local slow = synrl.rule 'win_stay' { alpha_s = 1e-4 }
  expect.equal(train(slow, 20).summary.weights_hash,
    train(synrl.rule('win_stay', { alpha_s = 1e-4 }), 20).summary.weights_hash)
  refused('rule "win_stay": unknown parameter "beta"; it has epsilon, alpha_s, bias_scale', function()
    slow { beta = 1 }
  end)
  refused('rule "win_stay": parameters must be a table, not 3', function() slow(3) end)
end

function test.two_rules_of_a_name()
  local first = all()
  local second = all {
    functions = '', step = 'self->seen = 1; return env->step(env, self->actions, bound, 1, &outcome);',
  }
  expect.equal(train(first).summary.seen, 84.5)
  expect.equal(train(second).summary.seen, 1)
end

function test.parameters_refused()
  refused('rule "all": bound = 3: must be 0 .. 2', function() all() { bound = 3 } end)
  local function with(parameters)
    return function() synrl.rule.c { name = 'x', step = '', parameters = parameters } end
  end
  refused('rule "x": parameters must be a table, not 3', with(3), with)
  refused('rule "x": parameters: a value without a name at [1]; write name = value', with { 3 }, with)
  refused('rule "x": parameters: "Rate" cannot be a variable in C: must be lower-case letters, digits and _, '
    .. 'and no word of C', with { Rate = 3 }, with)
  refused('rule "x": parameters: "int" cannot be a variable in C: must be lower-case letters, digits and _, '
    .. 'and no word of C', with { int = 3 }, with)
  refused('rule "x": a parameter cannot be called env: step has a variable of that name', with { env = 3 }, with)
  refused('rule "x": the default of parameter a must be a finite number, a boolean or a string, not NaN',
    with { a = 0 / 0 }, with)
  refused('rule "x": the default of parameter a must be a finite number, a boolean or a string, not nothing',
    with { a = {} }, with)
  refused('rule "x": parameter a: must be a default, or { default, min =, max =, meaning =, type = }',
    with { a = { 1, least = 0 } }, with)
  refused('rule "x": the type of parameter a must be "number" or, with an integer, "integer", as its default is, '
    .. 'not the string "integer"', with { a = { 1.5, type = 'integer' } }, with)
  refused('rule "x": parameter a = 3: must be at least 4', with { a = { 3, min = 4 } }, with)
  refused('rule "x": max of parameter a must be a finite number, not the string "4"',
    with { a = { 3, max = '4' } }, with)
  refused('rule "x": the meaning of parameter a must be a string, not 4', with { a = { 3, meaning = 4 } }, with)
end

function test.state_refused()
  local function with(state, metrics)
    return function() synrl.rule.c { name = 'x', step = '', state = state, metrics = metrics } end
  end
  local wanted = ' must be a number to begin with, or a type of C such as "int64_t", "int8_t[n_synapses]" or '
    .. '"double[10]", not '
  for _, wrong in ipairs { 'int8_t[n_samples]', 'char', 'int8_t *', 'int8_t[0]', 'int8_t[70000]', 'int8_t[2',
      'double; int x', '', 'int8_t[1][2]' } do
    refused('rule "x": state a' .. wanted .. 'the string "' .. wrong .. '"', with { a = wrong }, with)
  end
  refused('rule "x": state a' .. wanted .. 'true', with { a = true }, with)
  refused('rule "x": metric b must be a number of its state', with({ a = 1 }, { b = 'b' }), with)
  refused('rule "x": metric a must be a number of its state', with({ a = 'double[2]' }, { a = 'a' }), with)
  refused('rule "x": metric a must be its meaning, a string, not true', with({ a = 1 }, { a = true }), with)
  refused('rule "x": metrics is empty', with({ a = 1 }, {}), with)
end

function test.fields_refused()
  local function with(fields)
    return function() synrl.rule.c(fields) end
  end
  refused('synrl.rule.c: must be a table of named values, not nothing', with(nil), with)
  refused('synrl.rule.c: name must be a string, not nothing', with {}, with)
  refused('synrl.rule.c: unknown key "steps", did you mean "step"?', with { name = 'x', steps = '' }, with)
  local names = { 'X', '../x', 'a-b', '', 'int', 'x\0y', ('x'):rep(64), 'a"b', 'a\nb' }
  for _, name in ipairs(names) do
    refused(('synrl.rule.c: name "%s": must be lower-case letters, digits and _, at most 63, and no word of C')
      :format(name:match('^%Z*')), with { name = name, step = '' }, with)
  end
  refused('rule "x": it has no step: what it does in one iteration, in C', with { name = 'x' }, with)
  refused('rule "x": step must be a string, not 3', with { name = 'x', step = 3 }, with)
  refused('rule "x": step has a zero byte in it', with { name = 'x', step = 'int x;\0' }, with)
  refused('rule "x": source has a zero byte in it', with { name = 'x', step = '', source = '\0' }, with)
  refused('rule "x": reads must be "rewards", "losses" or "more", not the string "loss"',
    with { name = 'x', step = '', reads = 'loss' }, with)
end

function test.it_is_held_to_what_it_reads()
  local step = 'double loss; return env->loss(env, &loss);'
  refused('rule "x": env->loss needs the trait SYNRL_RULE_READS_LOSS', function()
    train(synrl.rule.c { name = 'x', step = step })
  end, train)
end

expect.run(test)
