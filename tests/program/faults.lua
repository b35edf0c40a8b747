-- SPDX-License-Identifier: MIT
-- A run that reads a file and writes all that a run can write, in a hundredth of a second; it dies at
-- iteration 45 where there is a file `die`.
local synrl = require 'synrl'
local o = synrl.options { seed = 3, rule = 'qlearning' }
local data = synrl.dataset('csv', { path = 'points.csv', label = 'kind' })
local asked = 0
local run = synrl.train { name = 'a', data = data, valid = data, loss = 'euclidean',
  model = synrl.model('mlp', { layers = { 2, 4, 2 }, output = 'tanh', seed = o.seed }),
  rule = o.rule, iterations = 60, evaluate_every = 9, record_every = 3,
  checkpoint = { every = 20, keep = 2 }, batch = { size = 15, every = 9 },
  on_evaluate = function(m)
    asked = asked + 1
    if m.iteration == 45 and os.remove('die') then os.execute('kill -9 $PPID') end
  end }
return { hash = run.summary.weights_hash, asked = asked }
