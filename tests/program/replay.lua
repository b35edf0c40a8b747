-- SPDX-License-Identifier: MIT
-- Sixty samples of data that are deleted after the run; changing batches, alpha and epsilon.
local synrl = require 'synrl'
local o = synrl.options { seed = 3, iterations = 500, rule = 'qlearning', batch = 30, bad = 0.0,
  lua_alpha = false, alpha = 1e-3, features = false }

local f = assert(io.open('data.csv', 'w'))
f:write('a,b,label\n')
for i = 1, 60 do
  f:write(('%g,%g,%d\n'):format(i % 7 - 3, i % 5 - 2 + (i == 60 and o.bad or 0), i * i % 2))
end
f:close()
local data = synrl.dataset('csv', { path = 'data.csv', label = 'label' })

local alpha = o.lua_alpha and function() return 1e-3 end or
  synrl.schedule { { 0, o.alpha }, { 123, 7e-4 }, { 300, 3.5e-4 } }
local parameters = o.rule == 'gd' and {} or
  { alpha_s = alpha, epsilon = synrl.schedule { { 0, 0.3 }, { 50, 0.2 } } }
if o.rule == 'static' and o.features then
  parameters.policy = synrl.policy.from(function(s) return s.features[1] end,
    { memory = 1, features = { 'credit' } })
elseif o.rule == 'static' then
  parameters.policy = synrl.policy.from(function(s)
    return s.rewards[1] >= 0 and s.actions[1] or -s.actions[1]
  end, { memory = 2 })
end

local result = synrl.train { name = o.rule, data = data, loss = 'mse',
  model = synrl.model('mlp', { layers = { 2, 6, 3, 1 }, activation = synrl.activation('tanh'),
    output = 'tanh', seed = o.seed }),
  rule = synrl.rule(o.rule, parameters), iterations = o.iterations,
  batch = { size = o.batch, every = 70 } }
return { hash = result.summary.weights_hash }
