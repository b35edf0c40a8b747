-- SPDX-License-Identifier: MIT
-- The second of two sweeps trains, and depends on the first; one of its cells is cut short by the
-- signal that the file `signal` names.
local synrl = require 'synrl'
local o = synrl.options { seed = 3, samples = 100, iterations = 400 }
local first = synrl.sweep { grid = { half = { 4 } }, run = function(p) return 2 * p.half end }
local data = synrl.dataset('boundary', { samples = o.samples, seed = o.seed })

local function train(p)
  local run = synrl.train { name = 'n' .. p.n, data = data, valid = data, loss = 'mse', rule = 'win_stay',
    model = synrl.model('mlp', { layers = { 2, p.n + first.cells[1].result, 1 } }),
    iterations = o.iterations, evaluate_every = 10, checkpoint = { every = 50 },
    on_evaluate = function(m)
      local file = p.n == 2 and m.iteration > 200 and io.open('signal')
      if file then
        os.remove('signal')
        os.execute('kill -' .. file:read() .. ' $PPID')
      end
    end }
  return { n = p.n, hash = run.summary.weights_hash }
end

local second = synrl.sweep { grid = { n = { 1, 2 } }, run = train }
return second.cells[2].result or {}
