-- SPDX-License-Identifier: MIT
-- result.history: the rows of metrics.csv as lists, of recorded runs, of others, and of loaded ones.
local synrl = require 'synrl'
local expect = require 'expect'
local small = require 'small'
local test = {}

-- A run with validation in every third row, and what its callbacks and its result say.
local function run(more)
  local options = { valid = small.data, record_every = 10, evaluate_every = 30,
    rule = synrl.rule('win_stay', { alpha_s = synrl.schedule { { 0, 1e-3 }, { 50, 5e-4 } } }) }
  for key, value in pairs(more or {}) do options[key] = value end
  local asked = {}
  options.on_evaluate = function(metrics) asked[#asked + 1] = metrics end
  local result = small.train(100, options)
  return result, asked
end

local function check(history, asked)
  expect.equal(table.concat(history.iteration, ' '), '0 10 20 30 40 50 60 70 80 90 100')
  local n = 0
  for i, iteration in ipairs(history.iteration) do
    local is_asked = iteration % 30 == 0 or iteration == 100
    expect.equal(history.valid_loss[i] == history.valid_loss[i], is_asked)
    expect.equal(history.alpha_s[i], iteration <= 50 and 1e-3 or 5e-4)
    if is_asked then
      n = n + 1
      for name, value in pairs(asked[n]) do expect.equal(history[name][i], value) end
    end
  end
  expect.equal(n, #asked)
  for _, column in pairs(history) do expect.equal(#column, 11) end
  expect.equal(math.type(history.sample_forwards[11]), 'integer')
  assert(history.reward_rate[1] ~= history.reward_rate[1]) -- NaN
end

function test.a_run_that_is_not_recorded_has_its_rows()
  local result, asked = run()
  check(result.history, asked)
  assert(result.history == result.history)
end

function test.recorded_and_loaded_runs_have_them_from_their_file()
  local result, asked = run { record = true }
  local text = assert(io.open(result.summary.run .. '/metrics.csv')):read 'a'
  expect.equal(select(2, text:gsub('\n', '')), 12)
  check(result.history, asked)
  local loaded = synrl.load(result.summary.run)
  check(loaded.history, asked)
  -- Read once, when it was asked for.
  local other = synrl.load(result.summary.run)
  assert(os.remove(result.summary.run .. '/metrics.csv'))
  check(loaded.history, asked)
  local good, message = pcall(function() return other.history end)
  assert(not good and message:find('metrics.csv: cannot ', 1, true), message)
end

function test.what_is_never_known_is_no_column()
  local result = small.train(20, { data = synrl.data { samples = 4, inputs = function(i) return { i, -i } end,
    targets = function(i) return { i / 4 } end } })
  expect.equal(result.history.accuracy, nil)
  expect.equal(result.history.valid_loss, nil)
  expect.equal(#result.history.loss, 21)
end

function test.what_the_rule_reports_is_there()
  local rule = synrl.rule { parameters = { alpha_s = 1e-3 }, state = { n = 0 }, metrics = { n = 'steps' },
    step = function(self, env)
      self.n = self.n + 1
      env:step(synrl.array(env.n_synapses, 1), self.alpha_s)
    end }
  expect.equal(table.concat(small.train(5, { rule = rule }).history.n, ' '), '0.0 1.0 2.0 3.0 4.0 5.0')
end

function test.a_run_that_was_stopped_ends_with_its_last_row()
  local result = small.train(100, { stop = function(metrics) return metrics.iteration == 7 end })
  expect.equal(#result.history.iteration, 8)
  expect.equal(result.history.loss[8], result.summary.loss)
end

function test.typos_are_errors()
  local result = small.train(3)
  expect.error('the history of a run has no field "los", did you mean "loss"?',
    function() return result.history.los end)
  expect.error('a synrl.result has no field "hystory", did you mean "history"?', function() return result.hystory end)
end

function test.a_file_of_weights_has_none()
  local name = os.tmpname()
  small.train(3):save(name .. '.npz')
  expect.equal(synrl.load(name .. '.npz').history, nil)
  os.remove(name) os.remove(name .. '.npz')
end

expect.run(test)
