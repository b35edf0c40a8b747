-- SPDX-License-Identifier: MIT
-- A small run with one plugin that is not as it should be.
local synrl = require "synrl"
local o = synrl.options {
   seed = 1, data = "boundary", fault = "", model = "", activation = "tanh", loss = "mse",
   rule = "win_stay", iterations = 100, checkpoint = 0, hidden = 8, valid = 0,
}
local data = o.data == "boundary" and synrl.dataset("boundary", { samples = 100 })
   or synrl.dataset(o.data, o.fault ~= "" and { fault = o.fault:gsub("-", " ") } or {})
local info = data:info()
local layers = { info.inputs, o.hidden, info.targets and info.targets > 0 and info.targets or info.classes }
local model = o.model ~= "" and o.model
   or synrl.model("mlp", { layers = layers, activation = o.activation })
local result = synrl.train {
   data = data, model = model, loss = o.loss, rule = o.rule, iterations = o.iterations,
   valid = o.valid > 0 and synrl.dataset("boundary", { samples = o.valid }) or nil,
   checkpoint = o.checkpoint > 0 and { every = o.checkpoint } or nil,
}
return { loss = result.summary.loss, weights_hash = result.summary.weights_hash }
