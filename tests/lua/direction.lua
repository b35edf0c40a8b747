-- SPDX-License-Identifier: MIT
-- scripts/lib/direction.lua: moves beside the gradient, and what theory expects of them beside what
-- rules do.
package.path = os.getenv('SOURCE') .. '/scripts/?.lua;' .. package.path
local synrl = require 'synrl'
local expect = require 'expect'
local direction = require 'lib.direction'
local test = {}

local function near(found, wanted, within)
  if math.abs(found - wanted) > within then
    error(('%g: must be within %g of %g'):format(found, within, wanted), 2)
  end
end

local function boundary(layers, loss)
  return { data = synrl.dataset('boundary', { samples = 400, seed = 3 }), loss = loss, seed = 1,
    model = synrl.model('mlp', { layers = layers, activation = 'tanh', seed = 2 }) }
end

-- 784-10 and a part of the shipped letters.
local function letters()
  local folder = os.getenv('SOURCE') .. '/datasets/glyphs/'
  local all = synrl.dataset('idx', { images = folder .. 'images-idx3-ubyte.gz',
    labels = folder .. 'labels-idx1-ubyte.gz', classes = 'ABCDEFGHIJ' })
  local data = all:split(0.1, 1)
  return { data = data, loss = 'cross_entropy', seed = 1,
    model = synrl.model('mlp', { layers = { 784, 10 }, init = 0.05, seed = 1 }) }
end

-- A small step against it lowers the loss by its squared length times the rate.
function test.the_gradient_is_that_of_the_loss()
  local run, rate = boundary({ 2, 5, 1 }, 'mse'), 1e-3
  local start = direction.start(run)
  local gradient = direction.gradient(run, start)
  local result = synrl.train { data = run.data, model = run.model, loss = 'mse', seed = 1, iterations = 1,
    record = false, rule = synrl.rule('gd', { alpha = rate }) }
  local before = synrl.evaluate { data = run.data, model = run.model, loss = 'mse' }.loss
  local slope = (before - result:evaluate(run.data).loss) / rate
  near(slope / direction.dot(gradient, gradient), 1, 0.02)
end

function test.gradient_descent_goes_straight_down()
  local run = boundary({ 2, 5, 1 }, 'mse')
  local start = direction.start(run)
  local gradient = direction.gradient(run, start)
  near(direction.cosine(direction.first_moves(run, start, synrl.rule('gd', { alpha = 0.01 })), gradient), 1, 1e-4)
end

-- With one unit no other disturbs: signs are those of the gradient, and the cosine is
-- sum |g| / (|g| sqrt(n)).
function test.one_unit_alone_is_sure()
  local run = boundary({ 2, 1 }, 'mse')
  run.reward = 'sample'
  local start = direction.start(run)
  local gradient, sum = direction.gradient(run, start), 0
  for _, g in ipairs(gradient) do
    sum = sum + math.abs(g)
  end
  local wanted = sum / math.sqrt(direction.dot(gradient, gradient) * #gradient)
  local samples = direction.samples(run, start, 20)
  near(direction.expected(samples, gradient, { n = 400, group = 1, pay = 'graded' }), wanted, 1e-6)
  local rule = synrl.rule('three_factor', { pay = 'graded', centred = false, alpha_s = 2 ^ -10 })
  near(direction.cosine(direction.first_moves(run, start, rule), gradient), wanted, 1e-3)
end

local function mean_cosine(run, start, gradient, how, draws)
  local sum = 0
  run.reward = how.group == 1 and 'sample' or { group = how.group }
  for draw = 1, draws do
    run.seed = draw
    sum = sum + direction.cosine(direction.first_moves(run, start, synrl.rule('three_factor',
      { pay = how.pay, centred = how.centred, alpha_s = 2 ^ -10 })), gradient)
  end
  return sum / draws
end

-- Ten units, slopes that differ, samples that disagree: measured and expected, far from what equal slopes
-- would give (0.79 for a bit of each sample).
function test.theory_expects_what_rules_do()
  local run = letters()
  local start = direction.start(run)
  local gradient = direction.gradient(run, start)
  local samples = direction.samples(run, start, 100)
  for _, case in ipairs { { 'bit', 1, true }, { 'bit', 10, true }, { 'graded', 1, false }, { 'graded', 10, true } } do
    local how = { n = #run.data, pay = case[1], group = case[2], centred = case[3] }
    near(mean_cosine(run, start, gradient, how, 8), direction.expected(samples, gradient, how), 0.04)
  end
end

function test.agreement_is_1_where_all_samples_are_the_same()
  local run = letters()
  run.data = run.data:split(1 / #run.data, 1)
  local start = direction.start(run)
  local samples = direction.samples(run, start, 3)
  near(direction.agreement(samples, direction.gradient(run, start)), 1, 1e-3)
end

-- It repeats its first, random step or takes it back, and so never goes against the gradient; along it,
-- by what is left of a random direction in as many dimensions.
function test.win_stay_answers_to_its_first_reward()
  local run, sum = boundary({ 2, 5, 1 }, 'mse'), 0
  local gradient = direction.gradient(run, direction.start(run))
  local rule = synrl.rule('win_stay', { alpha_s = 2 ^ -14,
    epsilon = function(iteration) return iteration == 0 and 1 or 0 end })
  for seed = 1, 20 do
    run.seed = seed
    local cosine = direction.cosine(direction.second_moves(run, rule), gradient)
    assert(cosine > -0.01, cosine)
    sum = sum + cosine / 20
  end
  near(sum, math.sqrt(2 / math.pi / #gradient), 0.1)
end

expect.run(test)
