-- SPDX-License-Identifier: MIT
-- Two runs, so that the second has to wait for the result of the first; batches that change, a script
-- that remembers, and checkpoints so often that most moments fall in one. It dies where there is a file
-- `die`, and where there is a file `wait` it waits, in calls of the C library, since only there the
-- thread sanitizer lets a signal in.
local synrl = require 'synrl'
local o = synrl.options { seed = 3, iterations = 1750, rule = 'qlearning', every = 250, features = false }
local data = synrl.dataset('boundary', { samples = 400, seed = o.seed })
local train, valid = data:split(0.75, 1)
local asked, best = 0, 0
-- Halved shortly before checkpoints, and after the batch has changed.
local falling = synrl.schedule { { 0, 1e-3 }, { 995, 5e-4 }, { 1235, 2.5e-4 }, { 1480, 6.25e-5 } }

local function on_evaluate(m)
  asked = asked + 1
  best = math.max(best, m.valid_loss)
  if m.iteration > 1000 and os.remove('die') then os.execute('kill -9 $PPID') end
  if m.iteration > 1000 and os.remove('wait') then
    while true do os.time() end
  end
end

local function run(name, rule)
  return synrl.train { name = name, data = train, valid = valid, loss = 'euclidean',
    model = synrl.model('mlp', { layers = { 2, 9, 1 }, output = 'tanh', seed = o.seed }),
    rule = rule, reward = (o.features or o.rule == 'three_factor') and 'sample' or 'batch', iterations = o.iterations,
    evaluate_every = 37, record_every = 11,
    checkpoint = { every = o.every, keep = 2 }, batch = { size = 150, every = 70 },
    on_evaluate = on_evaluate }
end

local rule = o.rule
if rule == 'qlearning' then
  rule = synrl.rule(rule, { alpha_s = falling, memory = o.features and 1 or 2, momentum = 0.5,
    features = o.features and { 'post', 'credit' } or {} })
elseif rule == 'three_factor' then
  rule = synrl.rule(rule, { alpha_s = falling, balanced = true, draws = 2 })
end
local first = run('first', rule)
local second = run('second', first.policy and
  synrl.rule('static', { policy = first.policy, epsilon = 0.2, alpha_s = falling }) or 'gd')
return { first = first.summary.weights_hash, second = second.summary.weights_hash,
  asked = asked, best = best }
