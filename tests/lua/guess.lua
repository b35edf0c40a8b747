-- SPDX-License-Identifier: MIT
-- guess in a run: what it costs, what it records, and that the network has the best of all guesses.
local synrl = require 'synrl'
local expect = require 'expect'
local test = {}

local function train(rule)
  return synrl.train { data = synrl.dataset('temporal', { task = 'xor', steps = 2 }), loss = 'mse', record = false,
    model = synrl.model('mlp', { layers = { 2, 3, 1 }, output = 'tanh' }), iterations = 300, record_every = 1,
    rule = rule, seed = 3 }
end

-- The losses of all guesses, by a rule that keeps none; env:uniform draws from the same stream.
local function all_losses(range)
  local losses = {}
  train(synrl.rule { name = 'watch', reads = 'more', step = function(_, env)
    env:set_weights(env:uniform(-range, range))
    losses[#losses + 1] = env:loss()
  end })
  return losses
end

-- Four samples, and one evaluation per iteration; the first row is of the initial weights.
function test.the_network_has_the_best_of_all_guesses()
  local losses, least = all_losses(3.0), math.huge
  local history = train(synrl.rule('guess', { range = 3 })).history
  expect.equal(#losses, 300)
  for t = 1, 300 do
    least = math.min(least, losses[t])
    expect.equal(history.best_loss[t + 1], least)
    expect.equal(history.loss[t + 1], least)
    expect.equal(history.sample_forwards[t + 1], 4 * t)
  end
  assert(least < losses[1])
end

expect.run(test)
