-- SPDX-License-Identifier: MIT
-- Activations and losses of Lua functions: as what computes the same in C, and what is refused.
local synrl = require 'synrl'
local expect = require 'expect'
local equal, refused = expect.equal, expect.error
local test = {}

local data = synrl.dataset('boundary', { samples = 50 })
local blobs = synrl.data { -- three classes
  samples = 40, inputs = function(i) return { i % 3 + i / 80, i * 7 % 11 / 5 } end,
  labels = function(i) return ({ 'a', 'b', 'c' })[i % 3 + 1] end,
}

local function train(options)
  local set = options.data or data
  return synrl.train { data = set, record = false, iterations = options.iterations or 60,
    rule = options.rule or 'win_stay', loss = options.loss or 'mse',
    batch = options.batch or { size = 20, every = 10 },
    model = synrl.model('mlp', { layers = { 2, 5, set == data and 1 or 3 },
      activation = options.activation or 'tanh', output = options.output }) }
end

local function hash(options)
  return train(options).summary.weights_hash
end

-- max(x, leak x), and one written in C with the same steps.
local function leaky(more)
  local fields = {
    name = 'my_leaky', parameters = { leak = { 0.25, min = 0, max = 1 } },
    apply = function(x, p) return x:max(x * p.leak) end,
    derivative = function(x, _, p) return x:greater(0):where(1, p.leak) end,
  }
  for key, value in pairs(more or {}) do fields[key] = value end
  return synrl.activation(fields)
end
local leaky_in_c = synrl.activation.c {
  name = 'leaky_in_c', parameters = { leak = 0.25 },
  apply = 'for (size_t i = 0; i < n; i++) y[i] = (double)x[i] > x[i] * leak ? x[i] : (float)(x[i] * leak);',
  derivative = 'for (size_t i = 0; i < n; i++) dydx[i] = x[i] > 0 ? 1 : (float)leak;',
}

function test.an_activation()
  local mine = leaky()
  equal(mine.kind .. mine.id, 'activationmy_leaky')
  local descent = synrl.rule('gd', { alpha = 0.01 })
  for _, rule in ipairs { 'win_stay', descent, 'three_factor', synrl.rule('dfa', { alpha = 0.01 }) } do
    equal(hash { activation = mine, rule = rule }, hash { activation = leaky_in_c, rule = rule })
  end
  equal(hash { activation = mine { leak = 0.5 } }, hash { activation = leaky_in_c { leak = 0.5 } })
  equal(hash { output = mine, data = blobs, loss = 'cross_entropy' },
    hash { output = leaky_in_c, data = blobs, loss = 'cross_entropy' })
  assert(hash { activation = mine { leak = 0.5 } } ~= hash { activation = mine })
end

-- As mse, by its equation in the precision of a double, where the products of floats are exact.
local function squares()
  return synrl.loss {
    name = 'squares',
    terms = function(outputs, targets)
      local sum = 0
      for o = 1, #outputs do
        local error = outputs[o] - targets[o]
        sum = error * error + sum
      end
      return sum
    end,
    gradient = function(outputs, targets, sum, n)
      assert(sum > 0 and n == 20)
      local slopes = {}
      for o = 1, #outputs do slopes[o] = (outputs[o] - targets[o]) * (2 / n) end
      return #slopes == 1 and slopes[1] or slopes
    end,
  }
end
local squares_in_c = synrl.loss.c {
  name = 'squares_in_c',
  terms = [[
    for (size_t s = 0; s < SYNRL_LANES; s++) {
      double total = 0;
      for (size_t o = 0; o < block->n_outputs; o++) {
        const size_t i = o * SYNRL_LANES + s;
        const double error = (double)block->outputs[i] - (double)block->targets[i];
        total = error * error + total;
      }
      terms[s] = (float)total;
    }]],
  gradient = [[
    for (size_t i = 0; i < block->n_outputs * SYNRL_LANES; i++) {
      slope[i] = (float)(((double)block->outputs[i] - (double)block->targets[i]) * (2 / (double)n_samples));
    }]],
}

function test.a_loss_of_vectors()
  local mine, descent = squares(), synrl.rule('gd', { alpha = 0.01 })
  equal(mine.kind .. mine.id, 'losssquares')
  for _, rule in ipairs { 'win_stay', descent } do
    for _, set in ipairs { data, blobs } do
      equal(hash { loss = mine, rule = rule, data = set }, hash { loss = squares_in_c, rule = rule, data = set })
    end
  end
end

-- Classes count from 1. The loss is the share of samples whose class does not have the largest output.
function test.a_loss_of_labels()
  local seen = {}
  local wrong = synrl.loss {
    name = 'wrong', targets = 'labels', parameters = { weight = 4 },
    terms = function(outputs, classes, p)
      equal(#outputs, 3)
      equal(#outputs[1], 16)
      local terms = {}
      for s = 1, 16 do
        seen[classes[s]] = true
        local best = 1
        for o = 2, 3 do best = outputs[o][s] > outputs[best][s] and o or best end
        terms[s] = best == classes[s] and 0 or p.weight
      end
      return synrl.array(terms)
    end,
    finish = function(sum, n, n_outputs, p)
      equal(n_outputs, 3)
      return sum / (n * p.weight)
    end,
  }
  local summary = train { loss = wrong, data = blobs, batch = { size = 40, every = 1000 } }.summary
  assert(seen[1] and seen[2] and seen[3] and not seen[0])
  equal(summary.loss, (40 - math.floor(summary.accuracy * 40 + 0.5)) / 40)
end

function test.a_loss_of_logits_gives_probabilities()
  local function loss(logits)
    return synrl.loss { name = 'first', targets = 'labels', logits = logits,
      terms = function(outputs) return outputs[1]:abs() end }
  end
  assert(train { loss = loss(true), data = blobs }:predict(blobs).probabilities)
  equal(train { loss = loss(false), data = blobs }:predict(blobs).probabilities, nil)
end

-- What fails names the function, and leaves what comes after it as it was.
function test.errors_name_the_function()
  local before = hash { activation = leaky_in_c }
  local calls = 0
  local function failing(f) return leaky { apply = function(x, p)
    calls = calls + 1
    if calls > 40 then return f(x, p) end
    return x:max(x * p.leak)
  end } end
  local function trained(f)
    calls = 0
    local activation = failing(f)
    return function() train { activation = activation } end
  end
  local f = function(x) return x.odd end
  refused('an array has no method called the string "odd" (in apply of activation "my_leaky")', trained(f), f)
  local _, short = pcall(trained(function() return synrl.array(3) end))
  assert(short:find('what it returns has 3 elements: must have 80 (in apply of activation "my_leaky")', 1, true), short)
  local _, none = pcall(trained(function() end))
  assert(none:find('what it returns must be an array, not nothing (in apply of activation', 1, true), none)
  local _, nested = pcall(trained(function() train {} end))
  assert(nested:find('synrl.train: called by a function of an activation or a loss', 1, true), nested)
  equal(hash { activation = leaky_in_c }, before)
end

function test.errors_of_a_loss()
  local function loss(fields)
    local rule = fields.rule
    fields.rule, fields.name = nil, 'mine'
    fields.terms = fields.terms or function(outputs) return outputs[1]:abs() end
    return function() train { loss = synrl.loss(fields), rule = rule, data = blobs } end
  end
  local function says(text, fields)
    local good, found = pcall(loss(fields))
    assert(not good and found:find(text, 1, true), found)
  end
  says('what it returns must be an array, not 1 (in terms of loss "mine")', { terms = function() return 1 end })
  says('what it returns must be a number, not the string "x" (in finish of loss "mine")',
    { finish = function() return 'x' end })
  says('what it returns must be a list of 3 arrays, one per output, not', { rule = 'gd',
    gradient = function(outputs) return outputs[1] end })
  says('a slope must be an array, not', { rule = 'gd', gradient = function() return { 1, 2, 3 } end })
  says('loss "mine" has no derivative', { rule = 'gd' })
end

-- What the host tries of every activation it tries of these.
function test.an_activation_is_tried()
  local sums = function() leaky { apply = function(x) return x * 0 + x:sum() end } end
  local _, message = pcall(sums)
  assert(message:find('activation "my_leaky": apply', 1, true), message)
  local _, slope = pcall(leaky, { derivative = function(x) return x:sum() * x end })
  assert(slope:find('activation "my_leaky": derivative', 1, true), slope)
end

function test.what_is_refused()
  local function with(make, fields) return function() make(fields) end end
  local apply = function(x) return x end
  refused('activation "lua": it has no apply: function(x, parameters)', with(synrl.activation, {}), with)
  refused('loss "x": it has no terms: function(outputs, targets, parameters)', with(synrl.loss, { name = 'x' }), with)
  refused('synrl.activation: unknown key "apply_", did you mean "apply"?',
    with(synrl.activation, { apply_ = apply }), with)
  refused('activation "x": apply must be a function (of C, synrl.activation.c), not the string "x"',
    with(synrl.activation, { name = 'x', apply = 'x' }), with)
  refused('loss "x": targets must be "vectors" or "labels", not "words"',
    with(synrl.loss, { name = 'x', terms = apply, targets = 'words' }), with)
  refused('loss "x": logits must be true or false, not 1',
    with(synrl.loss, { name = 'x', terms = apply, logits = 1 }), with)
  refused('activation "x": the default of parameter a must be a finite number, not the string "b"',
    with(synrl.activation, { name = 'x', apply = apply, parameters = { a = 'b' } }), with)
end

expect.run(test)
