-- SPDX-License-Identifier: MIT
-- Two short runs with all that a run may have: batches, validation, checkpoints, a function as a
-- schedule, a script that remembers. It sends itself a signal after iteration `at` of the second.
local synrl = require 'synrl'
local o = synrl.options { at = -1 }
local data = synrl.dataset('boundary', { samples = 60 })
local train, valid = data:split(0.75, 1)
local told = {}

local function run(name, rule)
  return synrl.train { name = name, data = train, valid = valid, loss = 'mse', rule = rule,
    model = synrl.model('mlp', { layers = { 2, 4, 1 } }), iterations = 30, record_every = 1,
    evaluate_every = 1, checkpoint = { every = 7, keep = 2 }, batch = { size = 20, every = 4 },
    on_evaluate = function(m)
      told[#told + 1] = name .. m.iteration
      if name == 'second' and m.iteration == o.at and not io.open('sent') then
        io.open('sent', 'w'):close()
        os.execute('kill $PPID')
      end
    end }
end

local first = run('first', synrl.rule('qlearning', { epsilon = function(i) return 1 / (i + 2) end }))
local second = run('second', 'win_stay')
return { first = first.summary.weights_hash, second = second.summary.weights_hash,
  told = table.concat(told, ' ') }
