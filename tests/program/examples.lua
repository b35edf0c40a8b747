-- SPDX-License-Identifier: MIT
-- A short run of one plugin, of the kind that is named by its folder.
local synrl = require 'synrl'
local o = synrl.options { kind = '', id = '' }
local t = { name = 'example', iterations = 15, loss = 'cross_entropy',
  data = synrl.dataset('pixels', { samples = 100, inputs = 64, width = 8, classes = 4 }),
  model = synrl.model('mlp', { layers = { 64, 9, 4 } }), rule = synrl.rule('win_stay', {}) }
if o.kind == 'rules' then
  t.rule = synrl.rule(o.id, {})
elseif o.kind == 'models' then
  t.model = synrl.model(o.id, {})
elseif o.kind == 'layers' then
  t.model = synrl.model('sequential', { layers = { o.id, o.id, 'dense' } })
elseif o.kind == 'activations' then
  t.model = synrl.model('mlp', { layers = { 64, 9, 4 }, activation = o.id })
else
  t.loss = o.kind == 'losses' and o.id or 'mse'
  t.data = o.kind == 'datasets' and synrl.dataset(o.id, {}) or
    synrl.dataset('boundary', { samples = 100, targets = 'class' })
  t.model = synrl.model('mlp', { layers = { 2, 9, 1 } })
end
return synrl.train(t).summary
