-- SPDX-License-Identifier: MIT
-- The paper's Fig. 1: match a random decision boundary in the plane with a 2-100-1 network.
--   adaptive  Fig. 1a: network and policy learn together
--   static    Fig. 1b: the policy just learned, frozen, on a new boundary. At the paper's alpha_q this
--             is a lottery: about seven in ten such policies fail on some boundary
--   golden    Fig. 1b again, with the shipped policy, selected from many (scripts/golden.lua); or with
--             golden=datasets/policies/local.csv, one that sees its credit
-- The last two run on the same boundary from the same start.
local synrl = require "synrl"
local tasks = require "lib.tasks"

local o = tasks.options({ seed = 1, golden = tasks.golden }, tasks.boundary_defaults)

local function train(name, seed, rule, reward)
   return synrl.train {
      name = "boundary-" .. name,
      data = tasks.boundary(o, seed),
      model = tasks.boundary_net(o, seed + 1),
      loss = "euclidean",
      iterations = o.iterations,
      rule = rule,
      reward = reward,
      seed = o.seed,
   }
end

local adaptive = train("adaptive", o.seed, tasks.learned(o))
local static = train("static", o.seed + 100, tasks.frozen(o, adaptive.policy))
local policy = synrl.policy.load(o.golden)
local golden = train("golden", o.seed + 100, tasks.frozen(o, policy), tasks.reward(policy))

print(string.format("%-40s %9s %10s", "", "accuracy", "loss"))
for _, row in ipairs {
   { "Fig. 1a  adaptive, learning its policy", adaptive },
   { "Fig. 1b  static, the policy just learned", static },
   { "Fig. 1b  static, the golden policy", golden },
} do
   local summary = row[2].summary
   print(string.format("%-40s %8.2f%% %10.6f", row[1], 100 * summary.accuracy, summary.loss))
end

return { adaptive = adaptive.summary, static = static.summary, golden = golden.summary }
