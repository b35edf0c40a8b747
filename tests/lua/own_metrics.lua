-- SPDX-License-Identifier: MIT
-- Metrics that a script adds to those of a run: in its rows, its summary, its stop and what it keeps.
local synrl = require 'synrl'
local expect = require 'expect'
local small = require 'small'
local test = {}

local function run(on_evaluate, more)
  local options = { record_every = 10, on_evaluate = on_evaluate }
  for key, value in pairs(more or {}) do options[key] = value end
  return small.train(50, options)
end

local function squares(metrics)
  metrics.square = metrics.iteration ^ 2
  metrics.half = metrics.loss / 2
end

function test.they_are_in_history_and_summary()
  local result = run(squares)
  expect.equal(table.concat(result.history.square, ' '), '0.0 100.0 400.0 900.0 1600.0 2500.0')
  for i, loss in ipairs(result.history.loss) do expect.equal(result.history.half[i], loss / 2) end
  expect.equal(result.summary.square, 2500.0)
  expect.error('the summary of a run has no field "squere", did you mean "square"?',
    function() return result.summary.squere end)
end

function test.they_are_columns_in_the_order_of_the_alphabet()
  local result = run(function(metrics) metrics.z_1, metrics.b, metrics.a = 1, 2, 3 end, { record = true })
  local lines = {}
  for line in io.lines(result.summary.run .. '/metrics.csv') do lines[#lines + 1] = line end
  assert(lines[1]:find(',sample_backwards,a,b,z_1$'), lines[1])
  for i = 2, 7 do assert(lines[i]:find(',3,2,1$'), lines[i]) end
  expect.equal(synrl.load(result.summary.run).summary.a, 3.0)
  expect.equal(synrl.load(result.summary.run).history.z_1[6], 1.0)
end

-- The callbacks see what was measured; on_evaluate not what was set before, stop what was set now.
function test.they_are_not_seen_in_the_next_call()
  run(function(metrics)
    expect.equal(metrics.square, nil)
    squares(metrics)
  end, { stop = function(metrics)
    expect.equal(metrics.square, metrics.iteration ^ 2)
    expect.equal(metrics.added, nil)
    metrics.added = 1
  end })
end

function test.a_stop_function_may_set_them_too()
  local result = small.train(50, { record_every = 10, stop = function(metrics)
    metrics.left = 50 - metrics.iteration
    return metrics.iteration == 30
  end })
  expect.equal(table.concat(result.history.left, ' '), '50.0 40.0 30.0 20.0')
  expect.equal(result.summary.left, 20.0)
end

function test.one_that_is_missing_is_not_known()
  local result = run(function(metrics)
    if metrics.iteration ~= 20 then metrics.some = 5 end
    metrics.never = 0 / 0
  end)
  local some = result.history.some
  assert(some[3] ~= some[3] and #some == 6 and some[4] == 5)
  expect.equal(result.history.never, nil)
  expect.equal(result.summary.never, nil)
  run(function(metrics) metrics.great = math.huge end)
end

function test.without_a_call_a_row_has_none()
  local result = run(squares, { valid = small.data, evaluate_every = 20 })
  local square = result.history.square
  for i, iteration in ipairs(result.history.iteration) do
    local is_asked = iteration % 20 == 0 or iteration == 50
    expect.equal(square[i] == square[i] and square[i] or nil, is_asked and iteration ^ 2 or nil)
  end
end

-- Beside the rule's own.
function test.with_those_of_the_rule_they_are_told_apart()
  local rule = synrl.rule { parameters = { alpha_s = 1e-3 }, state = { n = 0 }, metrics = { n = 'steps' },
    step = function(self, env)
      self.n = self.n + 1
      env:step(synrl.array(env.n_synapses, 1), self.alpha_s)
    end }
  local result = run(function(metrics) metrics.m = 2 * metrics.n end, { rule = rule })
  expect.equal(table.concat(result.history.m, ' '), '0.0 20.0 40.0 60.0 80.0 100.0')
  expect.equal(result.summary.n, 50.0)
  expect.error('metrics.n is measured, and cannot be set (in on_evaluate at iteration 0)', function()
    run(function(metrics) metrics.n = 3 end, { rule = rule })
  end, small.train)
end

-- What may name them ----------------------------------------------------------------------------

function test.the_best_weights_are_kept_by_one()
  local hashes = {}
  local function distance(metrics) metrics.distance = math.abs(metrics.iteration - 30) end
  local result = run(distance, { keep = { lowest = 'distance' } })
  expect.equal(result.summary.best.iteration, 30)
  expect.equal(result.summary.best.value, 0.0)
  expect.equal(result.summary.best.metric, 'distance')
  for _, n in ipairs { 30, 50 } do hashes[n] = small.train(n, { record_every = 10 }).summary.weights_hash end
  expect.equal(result.summary.best.weights_hash, hashes[30])
  expect.equal(run(distance, { keep = { highest = 'distance' } }).summary.best.iteration, 0)
  expect.equal(run(distance).summary.weights_hash, hashes[50])
end

function test.what_is_kept_must_be_there()
  local function keep(what) return function() run(squares, { keep = what }) end end
  expect.error('keep: unknown metric "squere", did you mean "square"?', keep { highest = 'squere' }, small.train)
  expect.error('keep: is more or less of square better? write { highest = "square" } or { lowest = "square" }',
    keep 'square', small.train)
  expect.error('keep: unknown metric "los", did you mean "loss"?', keep 'los', small.train)
  expect.error('keep: unknown metric "Square"', keep { highest = 'Square' }, small.train)
end

function test.a_target_stops_at_one()
  local function stopped(stop) return run(squares, { stop = stop }).summary.stopped end
  expect.equal(stopped { square = { above = 900 } }, 'square 900 reached the target 900')
  expect.equal(stopped { half = { below = -1 } }, nil)
  local both = run(squares, { stop = { square = { above = 900 }, loss = { below = 1e9 } } }).summary
  expect.equal(both.iterations, 30)
  assert(both.stopped:find('^loss .* reached the target 1e%+09$'), both.stopped)
  expect.equal(stopped { epsilon = { above = 0.1 } }, 'epsilon 0.1 reached the target 0.1')
  expect.equal(stopped { iteration = { above = 20 } }, 'iteration 20 reached the target 20')
end

function test.targets_are_checked()
  local function stop(what) return function() run(squares, { stop = what }) end end
  local function refused(text, what) expect.error('train: stop: ' .. text, stop(what), small.train) end
  refused('unknown key "square"; of a metric of the rule or the script write square = { above = X } or { below = X }',
     { square = 3 })
  refused('unknown metric "squere", did you mean "square"?', { squere = { above = 3 } })
  refused('square: write { above = X } or { below = X }', { square = { above = 3, below = 4 } })
  refused('square: write { above = X } or { below = X }', { square = {} })
  refused('square: unknown key "over"', { square = { over = 3 } })
  refused('square must be a number from -inf to inf, not the string "x"', { square = { above = 'x' } })
  refused('accuracy must be a number from 0.0 to 1.0, not 95', { accuracy = { above = 95 } })
  refused('is more or less of epsilon the target? write epsilon = { above = X } or { below = X }', { epsilon = 0.1 })
  refused('the target valid_loss needs valid, a validation set', { valid_loss = { below = 1 } })
end

-- Refusals --------------------------------------------------------------------------------------

local function refused(text, set)
  expect.error(text, function() run(set) end, small.train)
end

function test.what_is_not_a_metric_is_refused()
  local first = ' (in on_evaluate at iteration 0)'
  local name = ": a metric's name must begin with a lower-case letter, and have at most 31 of those, digits and _"
  refused('metrics.text must be a number, not the string "3"' .. first, function(m) m.text = '3' end)
  refused('metrics.flag must be a number, not true' .. first, function(m) m.flag = true end)
  refused('metrics.list must be a number, not a table' .. first, function(m) m.list = {} end)
  refused('metrics: a value without a name at [1]; write name = value' .. first, function(m) m[1] = 2 end)
  refused('metrics.Mine' .. name .. first, function(m) m.Mine = 2 end)
  refused('metrics.a-b' .. name .. first, function(m) m['a-b'] = 2 end)
  refused('metrics.' .. ('x'):rep(32) .. name .. first, function(m) m[('x'):rep(32)] = 2 end)
  run(function(m) m[('x'):rep(31)] = 2 end)
  refused('metrics.loss is measured, and cannot be set' .. first, function(m) m.loss = m.loss + 1 end)
  refused('metrics.iteration is measured, and cannot be set' .. first, function(m) m.iteration = m.iteration + 0.0 end)
  refused('metrics.valid_loss is measured, and cannot be set' .. first, function(m) m.valid_loss = 1 end)
  refused('metrics.best: a field of summaries has that name' .. first, function(m) m.best = 1 end)
  refused('metrics.seconds: a field of summaries has that name' .. first, function(m) m.seconds = 1 end)
end

function test.there_is_room_for_sixteen()
  local function set(n) return function(metrics) for i = 1, n do metrics['x' .. i] = i end end end
  expect.equal(run(set(16)).summary.x16, 16.0)
  refused('metrics.x9: more than 16 metrics of the script (in on_evaluate at iteration 0)', set(17))
  local rule = synrl.rule { parameters = { alpha_s = 1e-3 }, state = { n = 0 }, metrics = { n = 'steps' },
    step = function(self, env) env:step(synrl.array(env.n_synapses, 1), self.alpha_s) end }
  expect.equal(run(set(15), { rule = rule }).summary.x15, 15.0)
  expect.error('train: metrics.x9: there is room for 15 metrics of a script beside those of the rule',
    function() run(set(16), { rule = rule }) end, small.train)
end

function test.one_that_comes_late_is_refused()
  refused('train: metrics.late comes only at iteration 20: a metric must be set in the first call, to 0/0 while it is '
    .. 'not known', function(m) if m.iteration == 20 then m.late = 1 end end)
  refused('train: metrics.squire comes only at iteration 10: a metric must be set in the first call, to 0/0 while it '
    .. 'is not known, did you mean "square"?', function(m)
      squares(m)
      if m.iteration == 10 then m.squire = 1 end
    end)
end

expect.run(test)
