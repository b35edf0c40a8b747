-- SPDX-License-Identifier: MIT
-- A policy learned on tanh networks (the golden policy, frozen) on networks with other activations,
-- compared with win_stay.
--
--   synrl run --no-record scripts/ablation_activation.lua picture=activation.png
--   synrl run --no-record scripts/ablation_activation.lua task=ocr hidden=32 seeds=3
local synrl = require "synrl"
local ablation = require "lib.ablation"

local o = ablation.options { epsilon = 0.25, hidden = 32 }
local activations = { "identity", "relu", "sigmoid", "sin", "step", "tanh" }
local golden = synrl.policy.load(o.golden)

local sweep = synrl.sweep {
   grid = { activation = activations }, seeds = o.seeds, jobs = o.jobs,
   run = function(p)
      local change = { activation = p.activation }
      local golden_rule = synrl.rule("static", { policy = golden, epsilon = o.epsilon, alpha_s = ablation.alpha(o) })
      local win_stay = synrl.rule("win_stay", { epsilon = o.epsilon, alpha_s = ablation.alpha(o) })
      return {
         golden = ablation.train(o, "golden", golden_rule, p.seed, change).accuracy,
         win_stay = ablation.train(o, "win_stay", win_stay, p.seed, change).accuracy,
      }
   end,
}

ablation.print(sweep, { "activation" }, { "golden", "win_stay" })
if o.picture ~= "" then
   local lines = {}
   for _, metric in ipairs { "golden", "win_stay" } do
      local line = { name = metric, x = {}, y = {} }
      for place, group in ipairs(sweep.groups) do
         line.x[place], line.y[place] = place, group.mean[metric]
      end
      lines[#lines + 1] = line
   end
   synrl.plot { path = o.picture, panels = { {
      title = "golden policy and win_stay, " .. o.task, y = "accuracy", lines = lines,
      x = "activation: 1 identity, 2 relu, 3 sigmoid, 4 sin, 5 step, 6 tanh",
   } } }
end
return { failed = sweep.failed, missing = sweep.missing }
