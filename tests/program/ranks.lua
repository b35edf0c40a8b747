-- SPDX-License-Identifier: MIT
-- Rules of each kind on letters (bytes) and a boundary (floats), a conv net, probes shared by
-- direction, a script that decides, a sweep. Prints weights hashes and the lines of metrics.
local synrl = require 'synrl'
local o = synrl.options { letters = '', plots = '', golden = '' }

local all = synrl.dataset('idx', { images = o.letters .. '/images-idx3-ubyte.gz',
  labels = o.letters .. '/labels-idx1-ubyte.gz', classes = 'ABCDEFGHIJ' })
local letters, rest = all:split(0.02, 1)
local valid = rest:split(0.01, 1)

local function train(rule, model, iterations, batch)
  return synrl.train { data = letters, valid = valid, loss = 'cross_entropy', reward = 'sample',
    iterations = iterations or 10, rule = rule, record_every = 5, evaluate_every = 5, batch = batch,
    model = model or synrl.model('mlp', { layers = { 784, 9, 10 }, activation = 'relu', init = 0.1 }),
    on_evaluate = function(m) m.twice = 2 * m.loss end }
end

local convolution = synrl.model('conv', {})
local layers = synrl.model('sequential', { layers = { synrl.layer('conv2d', { filters = 2, kernel = 5, stride = 3 }),
  synrl.layer('maxpool', { kernel = 2 }), synrl.layer('dropout', { rate = 0.2 }), synrl.layer('dense') } })
local results = {
  train('win_stay'), train(synrl.rule('static', { policy = synrl.policy.load(o.golden) })),
  train(synrl.rule('three_factor', { pay = 'bit' }), layers, 5), train('qlearning', nil, 20, { size = 150, every = 4 }),
  train(synrl.rule('three_factor', { pay = 'trit', draws = 2, where = 'moved', balanced = true }), nil, 5),
  train(synrl.rule('three_factor', { pay = 'graded' }), convolution, 5),
  train(synrl.rule('anp', { momentum = 0.5 }), nil, 5),
  train(synrl.rule('open_es', { pairs = 2 }), nil, 5), -- as many probes as each of 3 ranks has, and more
  train('rank1', convolution), train('gd'),
  train('reinforce', synrl.model('mlp', { layers = { 784, 9, 10 }, activation = 'sigmoid', output = 'sigmoid' }), 5),
}
for _, result in ipairs(results) do
  print(result.summary.weights_hash)
  for line in io.lines(result.summary.run .. '/metrics.csv') do print(line) end
  print(#result.history.loss, result.history.twice[1])
end
results[1]:save(o.plots .. '.npz')
local net = synrl.model('mlp', { layers = { 784, 9, 10 }, activation = 'relu' })
print(synrl.train { data = letters, loss = 'mse', rule = 'win_stay', iterations = 3, model = net,
  weights = o.plots .. '.npz' }.summary.weights_hash)
