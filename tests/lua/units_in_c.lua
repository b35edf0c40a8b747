-- SPDX-License-Identifier: MIT
-- Activations and losses in C within a script: as the plugins that compute the same.
local synrl = require 'synrl'
local expect = require 'expect'
local equal, refused = expect.equal, expect.error
local test = {}

local data = synrl.dataset('boundary', { samples = 50 })

local function hash(options)
  return synrl.train { data = data, record = false, iterations = 60, rule = options.rule or 'win_stay',
    loss = options.loss or 'mse', batch = { size = 20, every = 10 },
    model = synrl.model('mlp', { layers = { 2, 5, 1 }, activation = options.activation or 'tanh', output = 'tanh' }),
  }.summary.weights_hash
end

local function relu(more)
  local fields = {
    name = 'my_relu', parameters = { leak = 0 },
    apply = 'for (size_t i = 0; i < n; i++) y[i] = x[i] > 0 ? x[i] : (float)leak * x[i];',
    derivative = 'for (size_t i = 0; i < n; i++) dydx[i] = x[i] > 0 ? 1 : (float)leak;',
  }
  for key, value in pairs(more or {}) do fields[key] = value end
  return synrl.activation.c(fields)
end

function test.an_activation()
  local mine = relu()
  equal(mine.kind .. mine.id, 'activationmy_relu')
  equal(hash { activation = mine }, hash { activation = 'relu' })
  equal(hash { activation = 'my_relu', rule = 'gd' }, hash { activation = 'relu', rule = 'gd' })
  assert(hash { activation = mine { leak = 0.5 } } ~= hash { activation = mine })
end

function test.a_loss()
  -- As mse, of one output, by its equation.
  local mine = synrl.loss.c {
    name = 'my_mse',
    terms = [[
      for (size_t s = 0; s < SYNRL_LANES; s++) {
        const float difference = block->outputs[s] - block->targets[s];
        terms[s] = difference * difference;
      }]],
    gradient = [[
      for (size_t s = 0; s < SYNRL_LANES; s++) {
        slope[s] = (block->outputs[s] - block->targets[s]) * (float)(2.0 / (double)n_samples);
      }]],
  }
  equal(mine.kind .. mine.id, 'lossmy_mse')
  equal(hash { loss = mine }, hash { loss = 'mse' })
  equal(hash { loss = mine, rule = 'gd' }, hash { loss = 'mse', rule = 'gd' })
  local scaled = synrl.loss.c {
    name = 'scaled', targets = 'vectors', parameters = { scale = 3 },
    functions = 'static float one(void) { return 1; }',
    terms = 'for (size_t s = 0; s < SYNRL_LANES; s++) terms[s] = one();',
    finish = 'return scale * sum / (double)(n_samples * n_outputs);',
  }
  local run = synrl.train { data = data, record = false, iterations = 2, rule = 'win_stay', loss = scaled,
    model = synrl.model('mlp', { layers = { 2, 5, 1 } }) }
  equal(run.summary.loss, 3)
end

function test.refused()
  local function with(make, fields)
    return function() make(fields) end
  end
  refused('activation "x": it has no apply: what it does with one block, in C',
    with(synrl.activation.c, { name = 'x' }), with)
  refused('loss "x": it has no terms: what it does with one block, in C', with(synrl.loss.c, { name = 'x' }), with)
  refused('synrl.loss.c: unknown key "term", did you mean "terms"?', with(synrl.loss.c, { term = '' }), with)
  refused('loss "x": targets must be "vectors" or "labels", not "words"',
    with(synrl.loss.c, { name = 'x', terms = '', targets = 'words' }), with)
  refused('activation "x": a parameter cannot be called y: apply has a variable of that name',
    with(synrl.activation.c, { name = 'x', apply = '', parameters = { y = 1 } }), with)
end

expect.run(test)
