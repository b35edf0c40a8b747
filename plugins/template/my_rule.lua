-- SPDX-License-Identifier: MIT
-- Trains with KIND "my_rule". With it, check the plugin as it is used:
--
--     SYNRL_PLUGIN_PATH=. synrl check KIND my_rule my_rule.lua
local synrl = require "synrl"
local o = synrl.options { seed = 1, iterations = 300 }

local data = synrl.dataset("boundary", { samples = 200, seed = o.seed })
local model = synrl.model("mlp", { layers = { 2, 20, 1 }, activation = "tanh", output = "tanh", seed = o.seed })
local loss, rule = synrl.loss "mse", synrl.rule "win_stay"

return synrl.train {
   name = "my_rule", data = data, model = model, loss = loss, rule = rule, iterations = o.iterations,
}.summary
