-- SPDX-License-Identifier: MIT
-- three_factor with `balanced`: steps move no unit in the mean, and the network learns as one whose inputs
-- have no mean.
local synrl = require 'synrl'
local expect = require 'expect'
local test = {}

-- Eight samples of whole numbers far from 0, so that means, and sums of them, are exact.
local rows = { { 100, 31, 7 }, { 120, 33, 0 }, { 90, 30, 3 }, { 101, 38, 5 }, { 110, 29, 9 }, { 95, 35, 4 },
  { 104, 36, 8 }, { 80, 40, 4 } }
local labels = { 'a', 'b', 'a', 'b', 'b', 'a', 'b', 'a' }

local function means(first, last)
  local mean = {}
  for i = 1, 3 do
    local sum = 0
    for s = first or 1, last or 8 do sum = sum + rows[s][i] end
    mean[i] = sum / ((last or 8) - (first or 1) + 1)
  end
  return mean
end

local function dataset(take)
  return synrl.data { samples = 8, labels = labels, classes = { 'a', 'b' }, inputs = function(s)
    local row = {}
    for i = 1, 3 do row[i] = rows[s][i] - (take and take[i] or 0) end
    return row
  end }
end

local function train(layers, iterations, parameters, change)
  parameters.alpha_s, parameters.where = 2 ^ -6, 'all' -- weights of 0 make outputs of 0
  local run = { data = dataset(), loss = 'cross_entropy', reward = 'sample', iterations = iterations, record = false,
    model = synrl.model('mlp', { layers = layers, init = 0, seed = 3 }), seed = 5,
    rule = synrl.rule('three_factor', parameters) }
  for key, value in pairs(change or {}) do run[key] = value end
  return synrl.train(run):weights()
end

-- What unit j's sum is at the mean input.
local function at_mean(weights, mean, j)
  local sum = weights['layer1.bias'][j]
  for i = 1, 3 do sum = sum + weights['layer1.weight'][(j - 1) * 3 + i] * mean[i] end
  return sum
end

-- There a unit moves by its own bias's actions alone: by whole steps, at most one an iteration.
local function own_steps(layers, iterations, balanced, change)
  local mean, most, uneven = means(), 0, 0
  local weights = train(layers, iterations, { balanced = balanced }, change)
  for j = 1, layers[2] do
    local steps = at_mean(weights, mean, j) * 2 ^ 6
    most = math.max(most, math.abs(steps))
    uneven = math.max(uneven, math.abs(steps - math.floor(steps + 0.5)))
  end
  return most, uneven
end

function test.the_mean_input_moves_no_unit()
  for _, layers in ipairs { { 3, 2 }, { 3, 4, 2 } } do
    for _, iterations in ipairs { 1, 9 } do
      local most, uneven = own_steps(layers, iterations, true)
      assert(most <= iterations + 1e-3 and uneven < 1e-3, most)
    end
  end
  assert(own_steps({ 3, 2 }, 1, false) > 20)
end

-- To the bit, where nothing is rounded.
function test.it_learns_as_if_inputs_had_no_mean()
  local mean = means()
  local raw = train({ 3, 2 }, 12, { balanced = true, pay = 'graded' })
  local centred = train({ 3, 2 }, 12, { pay = 'graded' }, { data = dataset(mean) })
  local plain = train({ 3, 2 }, 12, { pay = 'graded' })
  local other = 0
  for i = 1, 6 do
    expect.equal(raw['layer1.weight'][i], centred['layer1.weight'][i])
    other = other + math.abs(plain['layer1.weight'][i] - centred['layer1.weight'][i])
  end
  for j = 1, 2 do
    expect.equal(at_mean(raw, mean, j), centred['layer1.bias'][j])
  end
  assert(other > 0)
end

-- Half of the samples for one iteration each: every batch has a mean of its own.
function test.each_batch_has_its_mean()
  local batch = { batch = { size = 4, every = 1 } }
  local once = train({ 3, 2 }, 1, { balanced = true }, batch)
  local twice = train({ 3, 2 }, 2, { balanced = true }, batch)
  local by_batch = {}
  for a = 1, 5 do -- what four samples have for a mean, of all choices of four
    for b = a + 1, 6 do
      for c = b + 1, 7 do
        for d = c + 1, 8 do
          local mean = {}
          for i = 1, 3 do mean[i] = (rows[a][i] + rows[b][i] + rows[c][i] + rows[d][i]) / 4 end
          by_batch[#by_batch + 1] = mean
        end
      end
    end
  end
  local function fits(before, after)
    for k, mean in ipairs(by_batch) do
      local good = true
      for j = 1, 2 do
        local steps = (at_mean(after, mean, j) - (before and at_mean(before, mean, j) or 0)) * 2 ^ 6
        good = good and math.abs(steps) <= 1 and steps == math.floor(steps)
      end
      if good then return k end
    end
  end
  local first, second = fits(nil, once), fits(once, twice)
  assert(first and second and first ~= second)
end

function test.units_without_a_bias_cannot_be_balanced()
  local function run(balanced)
    return function()
      train({ 3, 2 }, 1, { balanced = balanced }, { model = synrl.model('mlp', { layers = { 3, 2 }, bias = false }) })
    end
  end
  run(false)()
  local good, message = pcall(run(true))
  assert(not good and tostring(message):find('balanced: tensor "layer1.weight" reads the inputs: ' ..
    'its units must have a bias', 1, true), message)
end

expect.run(test)
