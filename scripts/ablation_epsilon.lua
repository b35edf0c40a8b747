-- SPDX-License-Identifier: MIT
-- How much exploration helps: epsilon from 0 to 1 for a learned policy, a frozen one, and win_stay.
--
--   synrl run --no-record scripts/ablation_epsilon.lua picture=epsilon.png
--   synrl run --no-record scripts/ablation_epsilon.lua task=ocr seeds=3
local synrl = require "synrl"
local ablation = require "lib.ablation"

local o = ablation.options { epsilons = { 0.0, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0 } }
local golden = synrl.policy.load(o.golden)

local rules = {
   golden = function(epsilon)
      return synrl.rule("static", { policy = golden, epsilon = epsilon, alpha_s = ablation.alpha(o) })
   end,
   qlearning = function(epsilon)
      return synrl.rule("qlearning", { epsilon = epsilon, alpha_s = ablation.alpha(o), sweep = "synchronous" })
   end,
   win_stay = function(epsilon)
      return synrl.rule("win_stay", { epsilon = epsilon, alpha_s = ablation.alpha(o) })
   end,
}

local sweep = synrl.sweep {
   grid = { epsilon = o.epsilons, rule = { "golden", "qlearning", "win_stay" } }, seeds = o.seeds, jobs = o.jobs,
   run = function(p)
      return ablation.train(o, p.rule, rules[p.rule](p.epsilon), p.seed)
   end,
}

ablation.print(sweep, { "rule", "epsilon" }, { "accuracy" })
if o.picture ~= "" then
   synrl.plot { path = o.picture, panels = { {
      title = "accuracy, " .. o.task, x = "epsilon", y = "accuracy",
      lines = ablation.lines(sweep, "accuracy", "epsilon", "rule"),
   } } }
end
return { failed = sweep.failed, missing = sweep.missing }
