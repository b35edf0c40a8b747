-- SPDX-License-Identifier: MIT
-- Letters with and without hidden units, a boundary, local rewards, rank one, and votes. Prints
-- each run's weights hash and, with metrics=true, every line of its metrics; 100 iterations and more,
-- so that rates change on the way.
local synrl = require 'synrl'
local o = synrl.options { part = 2, iterations = 100, metrics = true, letters = '' }

local all = synrl.dataset('idx', { images = o.letters .. 'images-idx3-ubyte',
  labels = o.letters .. 'labels-idx1-ubyte', classes = 'ABCDEFGHIJ' })
local letters, rest = all:split(0.1 / o.part, 1)
local valid = rest:split(0.05 / o.part, 1)
local steps = synrl.schedule { { 0, 1e-3 }, { 50, 5e-4 } }
local halved = synrl.schedule { { 0, 0.02 }, { 6, 0.01 }, { 7, 0.0025 }, { 12, 0.002 } }

local function train(layers, rule, iterations, unit)
  return synrl.train { data = letters, valid = valid, loss = 'cross_entropy', reward = 'sample',
    iterations = iterations or o.iterations,
    model = synrl.model('mlp', { layers = layers, activation = unit or 'relu', output = unit, init = 0.1 }),
    rule = rule or synrl.rule('win_stay', { alpha_s = steps }),
    batch = { size = 1000 // o.part, every = 40 } }
end

local runs = {
  train { 784, 10 }, train { 784, 9, 10 },
  synrl.train { data = synrl.dataset('boundary', { samples = 300, seed = 3 }), loss = 'euclidean',
    model = synrl.model('mlp', { layers = { 2, 30, 1 }, output = 'tanh', seed = 4 }), rule = 'qlearning',
    iterations = 3 * o.iterations },
  train({ 784, 9, 10 }, synrl.rule('three_factor', { pay = 'trit', gate = 1, momentum = 0.5, alpha_s = halved,
    balanced = true, output_scale = 0.25 }), 20),
  train({ 784, 10 }, synrl.rule('three_factor', { pay = 'graded', draws = 3, where = 'moved' }), 10),
  train({ 784, 9, 10 }, synrl.rule('qlearning', { n_actions = 0, n_rewards = 1, alpha_s = 1e-2,
    features = { 'credit', 'pre', 'post' }, sweep = 'synchronous' }), 20),
  train({ 784, 9, 10 }, synrl.rule('rank1', { alpha_s = steps })),
  train({ 784, 9, 10 }, synrl.rule('egg_vote', { pairs = 3, threshold = 1 }), 10),
  train({ 784, 9, 10 }, synrl.rule('anp', { momentum = 0.5 }), 5),
  train({ 784, 9, 10 }, synrl.rule('reinforce', { centred = true }), 5, 'sigmoid'),
}
for _, run in ipairs(runs) do
  print(run.summary.weights_hash)
  if o.metrics then
    for line in io.lines(run.summary.run .. '/metrics.csv') do print(line) end
  end
end
