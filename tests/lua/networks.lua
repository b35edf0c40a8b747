-- SPDX-License-Identifier: MIT
-- Weights in and out: training from given ones, keeping the best, files, predictions.
local synrl = require 'synrl'
local expect = require 'expect'
local small = require 'small'
local data, model, train = small.data, small.model, small.train
local test = {}

local function all(result)
  local values = {}
  for name, tensor in pairs(result:weights()) do
    for i, value in ipairs(tensor) do values[name .. i] = value end
  end
  return values
end

local function same(left, right)
  for name, value in pairs(left) do expect.equal(right[name], value) end
  for name in pairs(right) do assert(left[name]) end
end

local function with_file(ending, f)
  local name = os.tmpname()
  local path = name .. ending
  local good, message = pcall(f, path)
  os.remove(name) os.remove(path)
  if not good then error(message, 0) end
end

-- Gradient descent on all of the data knows nothing but the weights.
function test.training_in_two_parts_is_training_in_one()
  local rule = synrl.rule('gd', { alpha = 0.05 })
  local whole = train(40, { rule = rule })
  local first = train(15, { rule = rule })
  local second = train(25, { rule = rule, weights = first })
  expect.equal(second.summary.weights_hash, whole.summary.weights_hash)
  assert(first.summary.weights_hash ~= whole.summary.weights_hash)
end

function test.a_file_gives_the_same_weights()
  local first = train(15)
  for _, ending in ipairs { '.npz', '.safetensors' } do
    with_file(ending, function(path)
      first:save(path)
      same(all(first), all(synrl.load(path)))
      local a, b = train(10, { weights = first }), train(10, { weights = path })
      expect.equal(a.summary.weights_hash, b.summary.weights_hash)
      expect.equal(train(10, { weights = synrl.load(path) }).summary.weights_hash, b.summary.weights_hash)
      expect.equal(synrl.evaluate { weights = path, model = model, data = data, loss = 'mse' }.loss,
        first:evaluate(data).loss)
    end)
  end
end

function test.the_best_weights_are_kept()
  local losses, best = {}, nil
  local r = train(60, { rule = synrl.rule('win_stay', { alpha_s = 0.3 }), record_every = 1, keep = 'loss',
    on_evaluate = function(m) losses[m.iteration] = m.loss end })
  for i = 0, 60 do
    if best == nil or losses[i] < losses[best] then best = i end
  end
  assert(best < 60, 'the last is the best: nothing is tested')
  expect.equal(r.summary.best.metric, 'loss')
  expect.equal(r.summary.best.iteration, best)
  expect.equal(r.summary.best.value, losses[best])
  expect.equal(r:evaluate(data).loss, losses[best])
  expect.equal(train(60, { rule = synrl.rule('win_stay', { alpha_s = 0.3 }) }).summary.weights_hash,
    r.summary.weights_hash)
  local worst = train(60, { rule = synrl.rule('win_stay', { alpha_s = 0.3 }), record_every = 1,
    keep = { highest = 'loss' } })
  for i = 0, 60 do assert(losses[i] <= worst.summary.best.value) end
end

function test.best_is_by_validation_accuracy_where_there_are_classes()
  expect.equal(train(5, { keep = 'best' }).summary.best.metric, 'accuracy')
  expect.equal(train(5, { keep = 'best', valid = data }).summary.best.metric, 'valid_accuracy')
  expect.equal(train(5, { keep = 'last' }).summary.best, nil)
end

function test.an_early_stop_keeps_the_best_too()
  local r = train(60, { rule = synrl.rule('win_stay', { alpha_s = 0.3 }), record_every = 1, keep = 'loss',
    stop = function(m) return m.iteration == 20 end })
  assert(r.summary.iterations == 20 and r.summary.best.iteration <= 20)
end

function test.wrong_weights_are_refused_by_name()
  local other = synrl.model('mlp', { layers = { 2, 6, 1 }, seed = 2 })
  expect.error('weights: tensor "layer1.weight" is [5][2]: the network\'s is [6][2], [to][from]',
    function() train(1, { model = other, weights = train(1) }) end, train)
  local deeper = synrl.model('mlp', { layers = { 2, 5, 1, 1 }, seed = 2 })
  expect.error('weights: has no tensor "layer3.weight"; it has layer1.weight, layer1.bias, layer2.weight, ' ..
    'layer2.bias', function() train(1, { model = deeper, weights = train(1) }) end, train)
  expect.error('weights: has a tensor "layer3.weight", which the network has not',
    function() train(1, { weights = train(1, { model = deeper }) }) end, train)
  expect.error('train: weights must be the result of synrl.train or synrl.load, or the path of a run or of a ' ..
    'file, not 3', function() train(1, { weights = 3 }) end, train)
end

function test.what_cannot_be_kept_is_refused()
  local function keeps(keep) return function() train(1, { keep = keep }) end end
  expect.error('keep: unknown metric "los", did you mean "loss"?', keeps 'los', train)
  expect.error('keep: valid_loss needs valid, a validation set', keeps 'valid_loss', train)
  expect.error('keep: is more or less of alpha_s better? write { highest = "alpha_s" } or { lowest = "alpha_s" }',
    keeps 'alpha_s', train)
  expect.error('train: keep: write { highest = METRIC } or { lowest = METRIC }', keeps {}, train)
  expect.error('train: keep: write { highest = METRIC } or { lowest = METRIC }',
    keeps { highest = 'loss', lowest = 'loss' }, train)
  expect.error('train: keep must be "last", "best" or the name of a metric, not true', keeps(true), train)
end

function test.predictions_are_those_that_evaluation_counts()
  local r = train(30)
  local p = r:predict(data)
  local e = synrl.evaluate { weights = r, data = data, outputs = true }
  assert(p.samples == 50 and #p.outputs == 50 and #p.predicted == 50 and #p.classes == 50)
  for i = 1, 50 do
    expect.equal(p.outputs[i][1], e.outputs[i][1])
    expect.equal(p.predicted[i], e.predicted[i])
    expect.equal(p.predicted[i], p.outputs[i][1] > 0 and 2 or 1)
  end
  assert(p.probabilities == nil)
end

function test.probabilities_are_the_softmax_of_the_outputs()
  local letters = synrl.dataset('glyphs', {})
  local r = synrl.train { data = letters, model = synrl.model('mlp', { layers = { 784, 10 } }), record = false,
    loss = 'cross_entropy', rule = synrl.rule('gd', { alpha = 0.1 }), iterations = 3 }
  local p, names = r:predict(letters), letters:info().class_names
  for i = 1, #letters do
    local sum = 0
    for _, z in ipairs(p.outputs[i]) do sum = sum + math.exp(z) end
    for o, z in ipairs(p.outputs[i]) do assert(math.abs(p.probabilities[i][o] - math.exp(z) / sum) < 1e-12) end
    expect.equal(p.classes[i], names[p.predicted[i]])
  end
end

function test.a_file_of_weights_is_no_network()
  with_file('.npz', function(path)
    train(1):save(path)
    local w = synrl.load(path)
    expect.equal(tostring(w), '21 weights in 4 tensors')
    expect.error('predict: a file of weights has no model: call synrl.evaluate { model = ..., weights = ... }',
      function() w:predict(data) end)
    expect.error('evaluate: model is missing; give a model, or the weights of a run',
      function() synrl.evaluate { weights = w, data = data } end)
  end)
  expect.error('x.pt: weights are saved as NPZ or safetensors: the name must end with .npz or .safetensors',
    function() train(1):save('x.pt') end)
end

-- Typos -----------------------------------------------------------------------------------------

function test.a_field_that_cannot_be_there_is_a_mistake()
  local r = train(1)
  expect.error('the module synrl has no field "trin", did you mean "train"?', function() return synrl.trin end)
  expect.error('a synrl.result has no field "summry", did you mean "summary"?', function() return r.summry end)
  expect.error('the summary of a run has no field "weight_hash", did you mean "weights_hash"?',
    function() return r.summary.weight_hash end)
  expect.error('a synrl.dataset has no field "spli", did you mean "split"?', function() return data.spli end)
  assert(r.summary.valid_loss == nil and r.summary.stopped == nil and r.summary.run == nil)
end

function test.a_result_says_what_it_is()
  local r = train(7)
  local s = r.summary
  expect.equal(tostring(r), ('result "run": 7 iterations, loss %.6g, accuracy %.6g'):format(s.loss, s.accuracy))
end

expect.run(test)
