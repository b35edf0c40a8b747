-- SPDX-License-Identifier: MIT
-- One run per epsilon, one that stops early and one that fails.
local synrl = require 'synrl'
local data = synrl.dataset('boundary', { samples = 50 })

local function train(name, epsilon, iterations, more)
  local t = { name = name, loss = 'mse', data = data, iterations = iterations,
    rule = synrl.rule('win_stay', { epsilon = epsilon }),
    model = synrl.model('mlp', { layers = { 2, 5, 1 } }) }
  for k, v in pairs(more or {}) do t[k] = v end
  return synrl.train(t)
end

train('calm', 0.1, 30)
train('wild', 0.5, 20)
train('early', 0.25, 40, { valid = data, evaluate_every = 5,
  stop = function(m) return m.iteration >= 10 and 'enough' end })
pcall(train, 'broken', 0.25, 10, { valid = data, evaluate_every = 5,
  on_evaluate = function() error('on purpose') end })
