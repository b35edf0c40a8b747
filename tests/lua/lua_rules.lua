-- SPDX-License-Identifier: MIT
-- Rules whose iteration is a Lua function: what they get, what they remember, and what is refused.
local synrl = require 'synrl'
local expect = require 'expect'
local equal, refused = expect.equal, expect.error
local test = {}

local data = synrl.dataset('boundary', { samples = 40 })
local model = synrl.model('mlp', { layers = { 2, 3, 1 }, output = 'tanh' })

local function train(rule, more)
  local options = { data = data, model = model, rule = rule, loss = 'mse', record = false, iterations = 5 }
  for key, value in pairs(more or {}) do options[key] = value end
  return synrl.train(options)
end

local function rule(step, more)
  local fields = { name = 'mine', step = step }
  for key, value in pairs(more or {}) do fields[key] = value end
  return synrl.rule(fields)
end

-- Win-stay, lose-reverse without exploration: what win_stay does with epsilon 0, but from +1.
function test.as_c_does_it()
  local of_lua = rule(function(self, env)
    self.actions = self.started > 0 and self.actions * self.reward or self.actions + 1
    self.started = 1
    self.reward = env:step(self.actions, self.alpha_s)
  end, { parameters = { alpha_s = 0.01 }, state = { actions = '[n_synapses]', reward = 0, started = 0 } })
  local of_c = synrl.rule.c {
    name = 'mine', parameters = { alpha_s = 0.01 }, state = { actions = 'int8_t[n_synapses]', reward = 0 },
    step = [[
      for (size_t i = 0; i < n_synapses; i++) {
        self->actions[i] = self->reward != 0 ? (int8_t)(self->actions[i] * self->reward) : 1;
      }
      SYNRL_TRY(env->step(env, self->actions, alpha_s, 1, &outcome));
      self->reward = outcome->reward;]],
  }
  local halved = synrl.schedule { { 0, 0.02 }, { 50, 0.01 } }
  for _, more in ipairs { {}, { batch = { size = 20, every = 7 } } } do
    more.iterations = 100
    equal(train(of_lua, more).summary.weights_hash, train(of_c, more).summary.weights_hash)
    equal(train(of_lua { alpha_s = halved }, more).summary.weights_hash,
      train(of_c { alpha_s = halved }, more).summary.weights_hash)
  end
end

function test.what_it_gets()
  local n, seen = 0, {}
  train(rule(function(self, env)
    equal(env.iteration, n)
    equal(env.n_synapses, 13)
    equal(env.n_samples, 40)
    equal(env.batch, 0)
    equal(self.rate, 0.5 + n)
    equal(#self.few, 4)
    local one, other = env:uniform(), env:uniform(-1, 1)
    equal(#one, 13)
    assert(one:less(0):sum() == 0 and one:less(1):sum() == 13 and other:less(0):sum() > 0)
    for i = 1, 13 do
      assert(not seen[one[i]] and not seen[other[i]])
      seen[one[i]], seen[other[i]] = true, true
    end
    assert(math.abs(env:normal():mean()) < 2)
    local reward, before, after = env:step(one:less(0.5) * 2 - 1, 0.01)
    assert(reward == (after < before and 1 or -1))
    equal(env:loss(), after)
    n = n + 1
  end, { reads = 'losses', parameters = { rate = { 3, min = 0, meaning = 'a rate' } }, state = { few = '[4]' } }) {
    rate = function(iteration) return 0.5 + iteration end,
  })
  equal(n, 5)
end

-- Gradient descent, by the gradient and by what `shift` and `set_weights` do.
function test.what_reads_more()
  local shifting = rule(function(self, env)
    local gradient, loss = env:gradient()
    equal(loss, env:loss())
    self.first = self.first == 0 and loss or self.first
    local direction = gradient / math.sqrt(gradient:dot(gradient))
    local slope = (env:probe(direction, 1e-3) - env:probe(direction, -1e-3)) / 2e-3
    assert(math.abs(slope - gradient:dot(direction)) < 1e-2 * math.abs(slope))
    env:shift(gradient * -0.1)
    local weights = env:weights()
    env:set_weights(weights + 0)
    equal((env:weights() - weights):abs():sum(), 0)
  end, { reads = 'more', state = { first = 0 } })
  local result = train(shifting, { iterations = 30 })
  assert(result.summary.loss < 0.9 * train(shifting, { iterations = 1 }).summary.loss)
end

function test.metrics_and_create()
  local result = train(rule(function(self, env)
    self.total = self.total + self.step_size * env.iteration
    env:step(synrl.array(13, 1), 0.1)
  end, {
    parameters = { step_size = 2 }, state = { total = 1 }, metrics = { total = 'a sum' },
    create = function(self, env)
      self.total = self.total + 10 * self.step_size + env.iteration
    end,
  }))
  equal(result.summary.total, 1 + 20 + 2 * (0 + 1 + 2 + 3 + 4))
end

function test.the_same_for_any_run()
  local random = rule(function(_, env) env:step((env:uniform(0, 3)):floor() - 1, 0.01) end)
  local first = train(random, { seed = 3 }).summary.weights_hash
  equal(train(random, { seed = 3 }).summary.weights_hash, first)
  assert(train(random, { seed = 4 }).summary.weights_hash ~= first)
end

-- The message of a run of a rule with this step, without its place.
local function message_of(step, more)
  local good, message = pcall(train, rule(step, more))
  assert(not good, 'no error')
  return tostring(message):match('^[^:]*:%d+: (.*)$')
end

function test.errors_name_the_function()
  equal(message_of(function() error('no') end), 'no (in step of rule "mine" at iteration 0)')
  equal(message_of(function() end, { create = function() error('no') end }), 'no (in create of rule "mine")')
  equal(message_of(function(self) return self.actoins end),
    'self.actoins: must be one of its parameters and its state (in step of rule "mine" at iteration 0)')
  equal(message_of(function(self) self.more = 1 end),
    'self.more: must be one of its parameters and its state (in step of rule "mine" at iteration 0)')
  equal(message_of(function(self) self.x = synrl.array(3) end, { state = { x = '[2]' } }),
    'state x is an array of 3: must be an array of 2 (in step of rule "mine" at iteration 0)')
  equal(message_of(function(self) self.x = nil end, { state = { x = 1 } }),
    'state x is nothing: must be a number (in step of rule "mine" at iteration 0)')
  equal(message_of(function(_, env) env:step(synrl.array(13, 0.5), 1) end),
    'env:step: action 1 is 0.5: must be -1, 0 or 1 (in step of rule "mine" at iteration 0)')
  equal(message_of(function(_, env) env:step(synrl.array(12), 1) end),
    'env:step: actions has 12 elements: must have 13 (in step of rule "mine" at iteration 0)')
  equal(message_of(function(_, env) env:step({ 1 }, 1) end),
    'env:step: actions must be an array, not a table (in step of rule "mine" at iteration 0)')
  equal(message_of(function(_, env) env:step(synrl.array(13), 'x') end),
    'env:step: alpha must be a number, not the string "x" (in step of rule "mine" at iteration 0)')
  equal(message_of(function(_, env) env:loss() end),
    'rule "mine": env->loss needs the trait SYNRL_RULE_READS_LOSS (in step of rule "mine" at iteration 0)')
  -- A failed call is the run's error, even where the script catches it.
  local caught = message_of(function(_, env)
    env:step(synrl.array(13), 1)
    pcall(env.step, env, synrl.array(13), 1)
  end)
  assert(caught:find('second step', 1, true), caught)
  local kept
  train(rule(function(_, env)
    kept = env
    env:step(synrl.array(13, 1), 1)
  end))
  refused('the environment is there only within create and step', function() return kept.iteration end)
end

function test.definitions_refused()
  local function with(fields)
    return function() synrl.rule(fields) end
  end
  local function step() end
  refused('rule "lua": it has no step: what it does in one iteration, function(self, env)', with {}, with)
  refused('rule "lua": step must be a function (of C, synrl.rule.c), not the string "x"', with { step = 'x' }, with)
  refused('synrl.rule: unknown key "stepp", did you mean "step"?', with { stepp = 1 }, with)
  refused('synrl.rule: name "A b": must be lower-case letters, digits and _, at most 63',
    with { name = 'A b', step = step }, with)
  refused('rule "lua": state must be a table, not 3', with { step = step, state = 3 }, with)
  refused('rule "lua": state x must be a number to begin with, or an array of zeros, "[n_synapses]" or "[10]", '
    .. 'not the string "n_synapses"', with { step = step, state = { x = 'n_synapses' } }, with)
  refused('rule "lua": x is a parameter and state', with { step = step, state = { x = 1 },
    parameters = { x = 1 } }, with)
  refused('rule "lua": the default of parameter x must be a finite number, not true',
    with { step = step, parameters = { x = true } }, with)
  refused('rule "lua": parameter x = 3: must be at least 4',
    with { step = step, parameters = { x = { 3, min = 4 } } }, with)
  refused('rule "lua": min of parameter x must be a finite number, not true',
    with { step = step, parameters = { x = { 3, min = true } } }, with)
  refused('rule "lua": parameters: "X": must be lower-case letters, digits and _',
    with { step = step, parameters = { X = 3 } }, with)
  refused('rule "lua": metric x must be a number of its state', with { step = step, metrics = { x = 'x' } }, with)
  refused('rule "lua": metric x must be its meaning, a string, not 1',
    with { step = step, state = { x = 1 }, metrics = { x = 1 } }, with)
  refused('rule "lua": reads must be "rewards", "losses" or "more", not "all"',
    with { step = step, reads = 'all' }, with)
end

expect.run(test)
