-- SPDX-License-Identifier: MIT
-- A small run for tests that need one: 50 points in the plane, a 2-5-1 network, nothing recorded.
local synrl = require 'synrl'
local small = {
  data = synrl.dataset('boundary', { samples = 50, seed = 1 }),
  model = synrl.model('mlp', { layers = { 2, 5, 1 }, seed = 2 }),
}

-- Trains for so many iterations, with what is given on top.
function small.train(iterations, more)
  local run = { data = small.data, model = small.model, loss = 'mse', rule = 'win_stay',
    iterations = iterations, record = false }
  for key, value in pairs(more or {}) do run[key] = value end
  return synrl.train(run)
end

return small
