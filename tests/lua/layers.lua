-- SPDX-License-Identifier: MIT
-- Layers and the model "sequential": chains of dense layers as the perceptron, records, refusals.
local synrl = require 'synrl'
local expect = require 'expect'
local equal, refused = expect.equal, expect.error
local test = {}

local layer = synrl.layer
local data = synrl.dataset('boundary', { samples = 50 })
local pictures = synrl.data { -- 4 x 6, of three classes
  samples = 40, pixels = { 4, 6 }, classes = { 'a', 'b', 'c' },
  inputs = function(i)
    local x = {}
    for p = 1, 24 do x[p] = (i * 31 + p * (i % 3 + 1) * 17) % 256 end
    return x
  end,
  labels = function(i) return ({ 'a', 'b', 'c' })[i % 3 + 1] end,
}

local function train(model, rule, set, more)
  local options = { data = set or data, record = false, iterations = 40, rule = rule or 'win_stay',
    loss = set and 'cross_entropy' or 'mse', batch = { size = 20, every = 10 }, model = model }
  for key, value in pairs(more or {}) do options[key] = value end
  return synrl.train(options)
end

local function hash(...)
  return train(...).summary.weights_hash
end

local function chain(layers, more)
  local parameters = { layers = layers }
  for key, value in pairs(more or {}) do parameters[key] = value end
  return synrl.model('sequential', parameters)
end

local function dense(units, activation, more)
  local parameters = { units = units, activation = activation }
  for key, value in pairs(more or {}) do parameters[key] = value end
  return layer('dense', parameters)
end

local policy = synrl.policy.from(function(s) return s.rewards[1] * s.actions[1] end, { n_actions = 1, n_rewards = 1 })
local rules = { 'win_stay', synrl.rule('static', { policy = policy }), 'three_factor', 'qlearning', 'rank1',
  'egg_vote', 'anp', 'open_es', synrl.rule('dfa', { alpha = 0.01 }),
  synrl.rule('three_factor', { where = 'moved', balanced = true, output_scale = 0.25 }) }

-- Whatever a rule does with them, and on floats as on bytes.
function test.dense_layers_are_the_perceptron()
  for i, rule in ipairs(rules) do
    equal(hash(chain({ dense(7, 'tanh'), dense(5, 'relu'), dense(1, 'tanh') }, { seed = i }), rule),
      hash(synrl.model('mlp', { layers = { 2, 7, 5, 1 }, activation = { 'tanh', 'relu' }, output = 'tanh',
        seed = i }), rule))
    equal(hash(chain { 'flatten', dense(6, 'tanh'), 'flatten', 'dense' }, rule, pictures),
      hash(synrl.model('mlp', { layers = { 24, 6, 3 } }), rule, pictures))
  end
end

function test.initial_weights_are_those_of_the_perceptron()
  for _, how in ipairs { { distribution = 'glorot' }, { distribution = 'glorot_published', bias_init = 0.5 },
      { init = 0.25, bias_init = 2 }, { bias = false }, { distribution = 'fan_in', init = 3 } } do
    local model = { layers = { 2, 4, 1 }, output = 'tanh', seed = 5 }
    for key, value in pairs(how) do model[key] = value end
    equal(hash(chain({ dense(4, 'tanh', how), dense(1, 'tanh', how) }, { seed = 5 })),
      hash(synrl.model('mlp', model)))
  end
end

-- By hand: sqrt(16) = 4, so what is drawn in +-1 is a quarter of that.
function test.fan_in()
  local wide = synrl.data { samples = 2,
    inputs = function() return { 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6 } end,
    targets = function() return { 1 } end }
  local function first(distribution)
    local model = synrl.model('mlp', { layers = { 16, 1 }, distribution = distribution })
    return train(model, synrl.rule('win_stay', { alpha_s = 1e-30 }), nil,
      { data = wide, batch = { size = 2 }, iterations = 1 }):weights()['layer1.weight']
  end
  local uniform, scaled = first('uniform'), first('fan_in')
  for i = 1, 16 do equal(scaled[i], uniform[i] / 4) end
end

-- The gradient of gradient descent is another order of sums than OpenBLAS's: near, not equal.
function test.descent_is_near()
  local rule = synrl.rule('gd', { alpha = 0.05 })
  for _, which in ipairs { rule, synrl.rule('fa', { alpha = 0.05 }) } do
    local a = train(chain { dense(7, 'tanh'), dense(1, 'tanh') }, which).summary.loss
    local b = train(synrl.model('mlp', { layers = { 2, 7, 1 }, output = 'tanh' }), which).summary.loss
    assert(math.abs(a - b) < 1e-5 and a ~= 0, a .. ' ' .. b)
  end
end

function test.objects()
  local a = dense(4, 'tanh')
  equal(a.kind .. a.id, 'layerdense')
  equal(tostring(a), 'layer "dense"')
  assert(a.help:find('units'))
  equal(hash(chain { a, 'dense' }),
    hash(chain { layer 'dense' { units = 4, activation = synrl.activation 'tanh' }, layer 'dense' }))
  assert(hash(chain { a, 'dense' }) ~= hash(chain { a { units = 4 }, 'dense' }))
  -- One object at two places, with weights of its own at each.
  local twice = train(chain { a, a, 'dense' }, nil, nil, { iterations = 1 }):weights()
    assert(twice['layer1.weight'][1] ~= twice['layer2.weight'][1])
end

function test.input_is_checked()
  for _, input in ipairs { 24, { 24 }, { 1, 4, 6 }, { 6, 4 }, { 24, 1 } } do
    equal(hash(chain({ 'dense' }, { input = input }), nil, pictures), hash(chain { 'dense' }, nil, pictures))
  end
  equal(hash(chain({ 'dense' }, { input = { 2, 1, 1 } })), hash(chain { 'dense' }))
  local function with(input)
    return function() train(chain({ 'dense' }, { input = input }), nil, pictures) end
  end
  refused('model "sequential": input is 1 x 6 x 4: the data\'s samples are 1 x 4 x 6', with { 1, 6, 4 }, train)
  refused('model "sequential": input is 3 x 4 x 6: the data\'s samples are 1 x 4 x 6', with { 3, 4, 6 }, train)
  refused('model "sequential": input is 23: the data\'s samples are 1 x 4 x 6', with(23), train)
  refused('model "sequential": input is 6 steps of 5: the data\'s samples are 1 x 4 x 6', with { 6, 5 }, train)
  refused('model "sequential": input has 4 sizes: must be {values}, {steps, features} or {channels, height, width}',
    with { 1, 4, 3, 2 }, train)
  refused('model "sequential": input has 0 sizes: must be {values}, {steps, features} or {channels, height, width}',
    with {}, train)
  refused('model "sequential": input = 0: must be 1 .. 2147483647', with { 0, 24 }, chain)
end

function test.refusals()
  refused('model "sequential": layers must be given: in their order: { synrl.layer("conv2d", { filters = 8 }), ' ..
    '"maxpool", "dense" }', function() synrl.model('sequential') end)
  refused('model "sequential": layers is empty: must have at least one', function() train(chain {}) end, train)
  refused('model "sequential": layers = 3: must be a layer or a list of them', function() chain { 3 } end, chain)
  refused('model "sequential": layers = activation "tanh": must be a layer or a list of them',
    function() chain { synrl.activation 'tanh' } end, chain)
  refused('model "sequential": layers: no layer "dence", did you mean "dense"?',
    function() chain { 'dence' } end, chain)
  refused('model "sequential" has 3 outputs, and dataset "boundary" has 1 targets per sample: ' ..
    'the numbers must be equal',
    function() train(chain { dense(3) }) end, train)
  refused('model "sequential": has no tensors: its create must add them',
    function() train(chain { 'flatten' }) end, train)
  refused('layer "dense": units = 0: must be 1 .. 16777216', function() dense(0) end, dense)
  refused('rule "gd": layer 1 (dense): activation "step" has no derivative',
    function() train(chain { dense(3, 'step'), 'dense' }, 'gd') end, train)
end

-- Each names the layer's number, its windows and what comes in.
function test.shapes_that_do_not_fit()
  local function with(...)
    local layers = { ... }
    return function() train(chain(layers), nil, pictures) end
  end
  local function conv(t) return layer('conv2d', t) end
  refused('layer 1 (conv2d): windows of 5 x 5 over 1 x 4 x 6 (channels, height, width), padded by 0 x 0: ' ..
    'must lie inside',
    with(conv { filters = 2, kernel = 5 }), train)
  refused('layer 2 (maxpool): windows of 3 x 2 over 4 x 2 x 4 (channels, height, width), padded by 0 x 0: ' ..
    'must lie inside',
    with(conv { filters = 4 }, layer('maxpool', { kernel = { 3, 2 } }), 'dense'), train)
  refused('layer 3 (conv2d): windows of 3 x 3 over 5 x 1 x 1 (channels, height, width), padded by 0 x 0: ' ..
    'must lie inside',
    with(dense(5), 'normalise', conv { filters = 2 }), train)
  refused('layer 2 (avgpool): windows of 2 x 2 over 24 x 1 x 1 (channels, height, width), padded by 0 x 0: must lie ' ..
    'inside', with('flatten', 'avgpool'), train)
  refused('layer 1 (conv2d): kernel has 3 numbers: must be one, or {height, width}',
    with(conv { filters = 2, kernel = { 3, 3, 1 } }), train)
  refused('layer 1 (maxpool): stride has 0 numbers: must be one, or {height, width}',
    with(layer('maxpool', { stride = {} })), train)
  refused('layer "conv2d": filters must be given: channels that go out', function() conv {} end, conv)
  refused('layer "conv2d": kernel = 0: must be 1 .. 65536',
    function() conv { filters = 1, kernel = { 3, 0 } } end, conv)
  refused('model "sequential" has 6 outputs, and dataset "data" has 3 classes: there must be one output per class',
    with(conv { filters = 2, kernel = { 2, 6 } }), train)
end

-- The steps of a sequence are the rows of a picture, and what is in a row its features.
function test.a_sequence_is_a_picture()
  local function as(input, first)
    return hash(chain({ first, 'dense' }, { input = input }), 'three_factor', pictures)
  end
  for _, first in ipairs { layer('elman', { units = 4 }), layer('gru', { units = 3, sequence = true }),
      layer('spike_readout') } do
    equal(as({ 4, 6 }, first), as({ 1, 4, 6 }, first))
  end
  equal(as({ 4, 6 }, layer('conv2d', { filters = 3, kernel = { 3, 1 } })),
    as({ 1, 4, 6 }, layer('conv2d', { filters = 3, kernel = { 3, 6 } })))
  equal(as({ 4, 6 }, layer('conv2d', { filters = 3, kernel = { 3, 1 }, padding = { 1, 0 } })),
    as({ 1, 4, 6 }, layer('conv2d', { filters = 3, kernel = { 3, 6 }, padding = { 1, 0 } })))
  local spikes = layer('lif', { units = 5, init = 3 }) -- a picture is the same in every step
  assert(as({ 4, 6 }, spikes) ~= as({ 1, 4, 6 }, spikes))
end

-- Every rule moves the weights of each layer.
function test.every_rule_trains_every_layer()
  local chains = {
    { layer('conv2d', { filters = 3, kernel = 2, activation = 'tanh' }), 'maxpool', 'dropout',
      layer('conv2d', { filters = 2, kernel = 2, padding = { 1, 0 }, activation = 'sigmoid' }), 'normalise', 'dense' },
    { layer('elman', { units = 4, sequence = true }), layer('gru', { units = 3 }), 'dense' },
    { layer('lif', { units = 9, init = 3, threshold = 0.5 }),
      layer('lif', { units = 6, init = 3, output = 'potential' }), layer('spike_readout', { take = 'largest' }),
      'dense' },
  }
  local still = synrl.rule('win_stay', { alpha_s = 1e-30 })
  for _, layers in ipairs(chains) do
    local first = train(chain(layers), still, pictures, { iterations = 1 }):weights()
    for _, rule in ipairs(rules) do
      if layers[1].id ~= 'lif' or rule.id ~= 'dfa' then -- which needs derivatives
        local last = train(chain(layers), rule, pictures):weights()
        for name, tensor in pairs(first) do
          local n_moved = 0
          for i, w in ipairs(tensor) do n_moved = n_moved + (last[name][i] ~= w and 1 or 0) end
          assert(n_moved > 0, name)
        end
      end
    end
  end
end

expect.run(test)
