-- SPDX-License-Identifier: MIT
-- What a synapse has to remember: 0 to 4 actions times 0 to 4 rewards, with the policy learned during
-- training, and frozen on a new task.
--
--   synrl run --no-record scripts/ablation_state.lua picture=state.png
--   synrl run --no-record scripts/ablation_state.lua task=ocr seeds=3
local synrl = require "synrl"
local ablation = require "lib.ablation"

local o = ablation.options { most = 4, alpha_q = 0.001, epsilon = 0.25 }

local memories = {}
for memory = 0, o.most do
   memories[#memories + 1] = memory
end

local sweep = synrl.sweep {
   grid = { n_actions = memories, n_rewards = memories }, seeds = o.seeds, jobs = o.jobs,
   run = function(p)
      local adaptive, learned = ablation.train(o, "adaptive", synrl.rule("qlearning", {
         n_actions = p.n_actions, n_rewards = p.n_rewards, epsilon = o.epsilon, alpha_s = ablation.alpha(o),
         alpha_q = o.alpha_q, sweep = "synchronous",
      }), p.seed)
      local frozen = ablation.train(o, "frozen", synrl.rule("static", {
         policy = learned, epsilon = o.epsilon, alpha_s = ablation.alpha(o),
      }), p.seed + 1000)
      return { adaptive = adaptive.accuracy, frozen = frozen.accuracy }
   end,
}

ablation.print(sweep, { "n_actions", "n_rewards" }, { "adaptive", "frozen" })
if o.picture ~= "" then
   local function panel(metric)
      return { title = metric .. ", " .. o.task, x = "n_rewards", y = "accuracy",
         lines = ablation.lines(sweep, metric, "n_rewards", "n_actions") }
   end
   synrl.plot { path = o.picture, panels = { panel("adaptive"), panel("frozen") } }
end
return { failed = sweep.failed, missing = sweep.missing }
