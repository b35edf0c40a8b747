-- SPDX-License-Identifier: MIT
-- Two runs that differ in their seed, and one of a classifier, of few iterations.
local synrl = require 'synrl'
local o = synrl.options { name = 'some' }

for seed = 1, 2 do
  synrl.train { name = o.name, loss = 'mse', rule = 'win_stay', seed = seed, iterations = 40,
    data = synrl.dataset('boundary', { samples = 50 }),
    model = synrl.model('mlp', { layers = { 2, 5, 1 } }) }
end

local f = assert(io.open('d.csv', 'w'))
for i = 1, 30 do f:write(i, ',', i % 3, '\n') end
f:close()
synrl.train { name = 'classes', loss = 'cross_entropy', rule = 'qlearning', iterations = 40,
  data = synrl.dataset('csv', { path = 'd.csv', label = '2' }),
  model = synrl.model('mlp', { layers = { 1, 5, 3 } }) }
