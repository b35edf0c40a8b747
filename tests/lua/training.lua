-- SPDX-License-Identifier: MIT
-- synrl.train and what it returns, from a script's side.
local synrl = require 'synrl'
local expect = require 'expect'
local small = require 'small'
local data, model, train = small.data, small.model, small.train
local test = {}

local function with_alpha(alpha)
  return { rule = synrl.rule('win_stay', { alpha_s = alpha }) }
end

function test.schedules_step_and_functions_are_asked()
  local s = synrl.schedule { { 0, 1 }, { 5, 2 }, { 7, 0.5 } }
  assert(s(0) == 1 and s(4) == 1 and s(5) == 2 and s(6) == 2 and s(7) == 0.5)
  expect.equal(s(10 ^ 6 // 1), 0.5)
  local by_steps = train(20, with_alpha(synrl.schedule { { 0, 0.01 }, { 10, 0.001 } }))
  local by_function = train(20, with_alpha(function(i) return i < 10 and 0.01 or 0.001 end))
  local constant = train(20, with_alpha(0.01))
  expect.equal(by_steps.summary.weights_hash, by_function.summary.weights_hash)
  assert(by_steps.summary.weights_hash ~= constant.summary.weights_hash)
end

function test.halvings_are_spread_over_the_iterations()
  local s = synrl.schedule { from = 1, to = 0.2, iterations = 10 }
  for i, value in ipairs { 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25 } do
    assert(s(i - 1) == value)
  end
  assert(synrl.schedule { from = 3, to = 3, iterations = 1 } (7) == 3)
  assert(synrl.schedule { from = 8, to = 2, iterations = 3 } (2) == 2)
  local by_halvings = train(20, with_alpha(synrl.schedule { from = 0.01, to = 0.004, iterations = 20 }))
  local by_steps = train(20, with_alpha(synrl.schedule { { 0, 0.01 }, { 10, 0.005 } }))
  expect.equal(by_halvings.summary.weights_hash, by_steps.summary.weights_hash)
end

local function with_epsilon(f)
  return { rule = synrl.rule('win_stay', { epsilon = f }) }
end

function test.errors_of_callbacks_are_errors_of_the_script()
  expect.error("attempt to index a number value (local 'i') (in a schedule at iteration 5)", function()
    train(9, with_epsilon(function(i) return i < 5 and 0.1 or i.x end))
  end)
  expect.error('this function of the iteration returned nothing at iteration 5; must be a number', function()
    train(9, with_epsilon(function(i) if i < 5 then return 0.1 end end))
  end)
  expect.error('rule "win_stay": epsilon = 2 at iteration 5: must be 0 .. 1', function()
    train(9, with_epsilon(function(i) return i < 5 and 0.1 or 2 end))
  end, train)
  expect.error('no (in on_evaluate at iteration 3)', function()
    train(9, { on_evaluate = function(m) if m.iteration == 3 then error('no') end end })
  end)
  expect.error("attempt to call a nil value (field 'x') (in stop at iteration 0)", function()
    train(9, { stop = function(m) m.x() end })
  end)
  local object = {}
  expect.error('train: stop must return true, false or a reason, not 42 (in stop at iteration 0)', function()
    train(9, { stop = function() return 42 end })
  end, train)
  local good, message = pcall(train, 9, { stop = function() error(object) end })
  assert(not good and message == object)
  good, message = pcall(train, 9, { on_evaluate = coroutine.yield })
  assert(not good and message == 'attempt to yield from outside a coroutine (in on_evaluate at iteration 0)')
  expect.equal(train(9).summary.iterations, 9) -- and training works afterwards
end

-- Innermost first; of more than eight frames the others are left out.
function test.errors_of_callbacks_have_their_frames()
  local here = debug.getinfo(1, 'S').short_src
  local function at(offset) return ('%s:%d'):format(here, debug.getinfo(1, 'S').linedefined + offset) end
  local function deep(x) return x.y.z end -- line + 1
  local function helper(x) -- + 2
    deep(x)
    return 1
  end
  local _, message = pcall(train, 9, { on_evaluate = function() helper({}) end }) -- + 6
  expect.equal(message, ("%s: attempt to index a nil value (field 'y') (in on_evaluate at iteration 0: "
    .. '%s in deep, %s in helper, %s)'):format(at(1), at(1), at(3), at(6)))
  local function recurse(n)
    if n == 0 then error('too deep', 0) end
    return 1 + recurse(n - 1)
  end
  _, message = pcall(train, 9, { stop = function() return recurse(20) > 0 end })
  assert(message:find('^too deep %(in stop at iteration 0: '))
  expect.equal(select(2, message:gsub(' in recurse', '')), 8)
  assert(message:find(', %.%.%.%)$'), message)
  -- One in the other.
  _, message = pcall(train, 9, { on_evaluate = function()
    train(5, { stop = function() error('inner', 0) end })
  end })
  assert(message:find('^inner %(in stop at iteration 0: .*%) %(in on_evaluate at iteration 0: .*%)$'), message)
end

function test.callbacks_see_metrics_and_may_train()
  local plain, seen = train(20), {}
  local watched = train(20, { record_every = 5, on_evaluate = function(m)
    seen[#seen + 1] = m.iteration
    assert(m.loss > 0 and m.accuracy >= 0 and m.accuracy <= 1 and m.valid_loss == nil)
    assert(m.sample_forwards == 50 * (m.iteration + 1) or m.sample_forwards == 50 * m.iteration)
    assert(m.iteration == 0 and m.reward_rate == nil or m.reward_rate <= 1)
    collectgarbage()
    local inner = train(7, { on_evaluate = function() train(1) end })
    assert(inner.summary.iterations == 7 and not pcall(synrl.rule, 'none'))
    coroutine.wrap(function() train(3) end)()
    collectgarbage()
  end })
  expect.equal(table.concat(seen, ' '), '0 5 10 15 20')
  expect.equal(watched.summary.weights_hash, plain.summary.weights_hash)
  coroutine.wrap(function() watched = train(20, { on_evaluate = function() end }) end)()
  expect.equal(watched.summary.weights_hash, plain.summary.weights_hash)
end

function test.a_function_stops_a_run()
  local s = train(20, { stop = function(m) return m.iteration >= 4 end }).summary
  expect.equal(s.iterations, 4)
  expect.equal(s.stopped, "the script's stop function")
  s = train(20, { stop = function(m) return m.iteration >= 4 and 'because' end }).summary
  expect.equal(s.iterations, 4)
  expect.equal(s.stopped, 'because')
end

function test.a_target_stops_a_run()
  local s = train(20, { stop = { loss = 1e9 } }).summary
  assert(s.iterations == 0 and s.stopped:match('^loss .* reached the target 1e%+09$'), s.stopped)
  s = train(20, { stop = { loss = 1e9, valid_loss = 0 }, valid = data }).summary
  assert(s.iterations == 20 and s.stopped == nil)
  s = train(20, { stop = { accuracy = 0 }, valid = data, evaluate_every = 7 }).summary
  assert(s.iterations == 0 and s.valid_loss == s.loss)
end

function test.a_result_has_summary_weights_and_policy()
  local r = train(10, { name = 'x', seed = 5, valid = data })
  local s = r.summary
  assert(s.name == 'x' and s.iterations == 10 and s.seed == 5 and s.run == nil)
  assert(math.type(s.sample_forwards) == 'integer' and s.sample_backwards == 0)
  assert(s.loss == s.valid_loss and s.accuracy == s.valid_accuracy and s.seconds > 0)
  assert(#s.weights_hash == 16 and s.iteration == nil and s.stopped == nil)
  local n = 0
  for name, tensor in pairs(r:weights()) do
    assert(type(name) == 'string' and #tensor == tensor.rows * tensor.columns)
    n = n + #tensor
  end
  expect.equal(n, 2 * 5 + 5 + 5 + 1)
  local e = r:evaluate(data)
  assert(e.loss == s.loss and e.accuracy == s.accuracy and e.samples == 50)
  local q = train(10, { rule = synrl.rule('qlearning', { memory = 1 }) })
  assert(q.policy.n_actions == 1 and q.policy ~= synrl.policy.new { memory = 1 })
  expect.equal(train(1, { rule = 'gd' }).policy, nil)
  expect.equal(train(2, { rule = 'gd' }).summary.sample_backwards, 100)
end

function test.evaluation_counts_what_it_predicts()
  local e = synrl.evaluate { model = model, data = data, outputs = true }
  assert(e.loss == nil and #e.outputs == 50 and #e.outputs[1] == 1 and #e.predicted == 50)
  local right, total, said_second = 0, 0, 0
  for actual = 1, 2 do
    for predicted = 1, 2 do total = total + e.confusion[actual][predicted] end
    right = right + e.confusion[actual][actual]
    said_second = said_second + e.confusion[actual][2]
  end
  assert(total == 50 and right / 50 == e.accuracy)
  local positive = 0
  for s = 1, 50 do
    expect.equal(e.predicted[s], e.outputs[s][1] > 0 and 2 or 1)
    positive = positive + (e.predicted[s] - 1)
  end
  expect.equal(positive, said_second)
  local first
  train(1, { on_evaluate = function(m) first = first or m.loss end })
  expect.equal(synrl.evaluate { model = model, data = data, loss = 'mse' }.loss, first)
end

function test.data_splits_and_describes_itself()
  local a, b = data:split(0.3, 9)
  assert(#data == 50 and #a == 15 and #b == 35)
  local i = data:info()
  assert(i.id == 'boundary' and i.samples == 50 and i.inputs == 2)
  assert(i.format == 'floats' and i.classes == 2 and i.height == nil)
  expect.equal(a:info().samples, 15)
  expect.equal(tostring(a), 'dataset "boundary": 15 samples of 2 inputs')
end

expect.run(test)
