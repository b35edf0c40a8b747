-- SPDX-License-Identifier: MIT
-- Policies that see their credit: learned, frozen, saved and loaded; and the rule that they come to.
local synrl = require 'synrl'
local expect = require 'expect'
local test = {}

local function train(rule, iterations, change)
  local run = { data = synrl.dataset('boundary', { samples = 201, hidden = 20, seed = 5 }),
    model = synrl.model('mlp', { layers = { 2, 20, 1 }, output = 'tanh', seed = 6 }),
    loss = 'euclidean', rule = rule, iterations = iterations, seed = 7, reward = 'sample', record = false }
  for key, value in pairs(change or {}) do run[key] = value end
  return synrl.train(run)
end

local function table_of(minus, zero, plus)
  local actions = { [-1] = minus, [0] = zero, [1] = plus }
  return synrl.policy.from(function(s) return actions[s.features[1]] end,
    { memory = 0, features = { 'credit' } })
end

-- "Do as your credit says", without exploration, is three_factor, bit for bit: of whatever pay.
function test.a_table_of_the_credit_is_three_factor()
  local pays = { bit = { momentum = 0 }, trit = { gate = 0.001 }, graded = { momentum = 0.5 } }
  for pay, parameters in pairs(pays) do
    parameters.pay, parameters.sigma, parameters.alpha_s = pay, 0.1, 0.01
    local wanted = train(synrl.rule('three_factor', parameters), 40).summary
    parameters.policy, parameters.epsilon = table_of(-1, 0, 1), 0
    local is = train(synrl.rule('static', parameters), 40).summary
    assert(is.weights_hash == wanted.weights_hash, pay)
    parameters.policy = table_of(1, 0, -1)
    assert(train(synrl.rule('static', parameters), 40).summary.weights_hash ~= wanted.weights_hash)
  end
end

-- What the table says of no credit matters only where there is none: not where samples are odd in number,
-- each pays, and no unit is ever off.
function test.no_credit_is_rare()
  local function hash(policy)
    return train(synrl.rule('static', { policy = policy, epsilon = 0, sigma = 0.1, alpha_s = 0.01 }), 40)
      .summary.weights_hash
  end
  assert(hash(table_of(-1, -1, 1)) == hash(table_of(-1, 0, 1)))
end

function test.states_of_every_size_are_learned()
  local sizes = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 1, 1 }, { 2, 2 } }
  for _, size in ipairs(sizes) do
    for _, sweep in ipairs { 'synchronous', 'sequential' } do
      local result = train(synrl.rule('qlearning', { n_actions = size[1], n_rewards = size[2], sweep = sweep,
        features = { 'post', 'credit' }, alpha_s = 0.02, sigma = 0.1 }), 30)
      local policy = result.policy
      assert(policy.n_actions == size[1] and policy.n_rewards == size[2])
      assert(policy.n_features == 2 and policy.features[1] == 'post' and policy.features[2] == 'credit')
      policy:save('learned.csv')
      local again = synrl.policy.load('learned.csv')
      assert(again == policy and again.hash == policy.hash and again.features[2] == 'credit')
      local frozen = { policy = policy, alpha_s = 0.02 }
      local hash = train(synrl.rule('static', frozen), 10).summary.weights_hash
      frozen.policy = again
      assert(train(synrl.rule('static', frozen), 10).summary.weights_hash == hash)
    end
  end
end

-- The smallest state, in its file and as text.
function test.a_table_without_memory_in_its_file()
  local policy = table_of(-1, -1, 1)
  policy:save('small.csv')
  local lines = {}
  for line in io.lines('small.csv') do lines[#lines + 1] = line end
  assert(table.concat(lines, ' ') == 'credit,q_dec,q_null,q_inc -1,1,0,0 0,1,0,0 1,0,0,1')
  assert(tostring(policy):match('^features: credit\n'))
  assert(policy:greedy { features = { 1 } } == 1)
end

expect.run(test)
