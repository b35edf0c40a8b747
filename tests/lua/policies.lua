-- SPDX-License-Identifier: MIT
-- Policies from a script's side.
local synrl = require 'synrl'
local expect = require 'expect'
local test = {}

function test.from_function_asks_every_state_once()
  local seen, n = {}, 0
  local p = synrl.policy.from(function(s)
    assert(#s.actions == 2 and #s.rewards == 1)
    local key = s.actions[1] .. ',' .. s.actions[2] .. ',' .. s.rewards[1]
    assert(not seen[key])
    seen[key] = true
    n = n + 1
    return s.actions[1]
  end, { n_actions = 2, n_rewards = 1 })
  expect.equal(n, 27)
  assert(p.n_actions == 2 and p.n_rewards == 1)
  for _, last in ipairs { -1, 0, 1 } do
    for _, before in ipairs { -1, 0, 1 } do
      for _, reward in ipairs { -1, 0, 1 } do
        local state = { actions = { last, before }, rewards = { reward } }
        expect.equal(p:greedy(state), last)
        local q = { p:q(state) }
        for a = -1, 1 do expect.equal(q[a + 2], a == last and 1 or 0) end
      end
    end
  end
end

function test.values_ties_and_equality()
  local f = function(s) return { s.rewards[1], 2.5, 2.5 } end
  local p = synrl.policy.from(f, { n_actions = 0, n_rewards = 1 })
  expect.equal(p:greedy { rewards = { 1 } }, 0) -- of equals the first
  expect.equal(select(1, p:q { rewards = { -1 } }), -1)
  assert(p == synrl.policy.from(f, { n_actions = 0, n_rewards = 1 }))
  assert(p == p:freeze() and p.hash == p:freeze().hash and #p.hash == 16)
  assert(p ~= synrl.policy.new { n_actions = 0, n_rewards = 1 })
  assert(p ~= synrl.policy.new { n_actions = 1, n_rewards = 0 })
  assert(p.hash ~= synrl.policy.new { n_actions = 1, n_rewards = 0 }.hash)
  assert(p ~= 3)
  expect.error('a synrl.policy has no field "n_action", did you mean "n_actions"?', function() return p.n_action end)
end

function test.a_file_holds_the_same_policy()
  local x = 0.1
  local p = synrl.policy.from(function()
    x = x * 1.37
    return { x, -x / 3, 0 }
  end, { memory = 2 })
  p:save('p.csv')
  local lines = {}
  for line in io.lines('p.csv') do lines[#lines + 1] = line end
  expect.equal(lines[1], 'r_t2,r_t1,a_t2,a_t1,q_dec,q_null,q_inc')
  expect.equal(#lines, 82)
  local q = synrl.policy.load('p.csv')
  assert(p == q and p.hash == q.hash)
  assert(#tostring(p) > 100 and tostring(p) == tostring(q))
  for line in tostring(p):gmatch('[^\n]*') do assert(#line < 100) end
end

function test.closed_objects_are_refused()
  local kept
  do
    local rule <close> = synrl.rule('win_stay')
    kept = rule
  end
  assert(tostring(kept) == 'closed component' and kept.id == nil)
  local good, message = pcall(synrl.train, { data = kept })
  assert(not good and message:match('must be a data set'), message)
  expect.equal(getmetatable(synrl.rule('win_stay')), 'locked')
  local p
  do
    local policy <close> = synrl.policy.new { memory = 1 }
    p = policy
  end
  assert(not pcall(tostring, p) and not pcall(function() return p.hash end))
end

-- Features are a list in the state, the first first; 3 * 3 * 9 states.
function test.policies_with_features()
  local seen, n = {}, 0
  local p = synrl.policy.from(function(s)
    assert(#s.actions == 1 and #s.rewards == 1 and #s.features == 2)
    local key = s.actions[1] .. s.rewards[1] .. s.features[1] .. s.features[2]
    assert(not seen[key])
    seen[key] = true
    n = n + 1
    return { s.features[1], 2 * s.features[2], s.actions[1] }
  end, { memory = 1, features = { 'credit', 'activity' } })
  assert(n == 81 and p.n_features == 2)
  assert(p.features[1] == 'credit' and p.features[2] == 'activity')
  local state = { actions = { 0 }, rewards = { 1 }, features = { -1, 1 } }
  local d, z, i = p:q(state)
  assert(d == -1 and z == 2 and i == 0 and p:greedy(state) == 0)
  p:save 'features.csv'
  local q = synrl.policy.load 'features.csv'
  assert(io.lines('features.csv')() == 'r_t1,a_t1,credit,activity,q_dec,q_null,q_inc')
  assert(p == q and p.hash == q.hash and q.features[2] == 'activity')
  assert(p == p:freeze() and tostring(p):match '^features: credit, activity\n')
  local zero = synrl.policy.new { memory = 1, n_features = 2 }
  assert(zero.features[2] == 'feature2' and zero ~= p)
  assert(zero ~= synrl.policy.new { n_actions = 3, n_rewards = 1 })
  assert(synrl.policy.new({ memory = 1 }).n_features == 0)
  assert(#synrl.policy.new({ memory = 1 }).features == 0)
end

expect.run(test)
