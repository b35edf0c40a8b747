-- SPDX-License-Identifier: MIT
-- Finds a golden policy. Freezing a learned policy is a lottery. Therefore: learn `policies` of them,
-- each on its own boundary; try each, frozen, on `tests` boundaries that it has not seen; keep the
-- `finalists` whose worst accuracy is best, try those on `finals` further boundaries, and save the best.
--
--   synrl run --quiet scripts/golden.lua save=datasets/policies/golden.csv
local synrl = require "synrl"
local tasks = require "lib.tasks"

local o = tasks.options({
   seed = 1000,
   policies = 20,
   tests = 4,
   finalists = 5,
   finals = 12,
   alpha_q = 0.001,
   save = "",
}, tasks.boundary_defaults)

local function train(name, seed, rule)
   return synrl.train {
      name = name, data = tasks.boundary(o, seed), model = tasks.boundary_net(o, seed + 1),
      loss = "euclidean", iterations = o.iterations, rule = rule, seed = seed, record = false,
   }
end

local function learn(number)
   local seed = o.seed + 10 * number
   local result = train("learn", seed, tasks.learned(o))
   return { number = number, seed = seed, policy = result.policy,
      own = result.summary.accuracy, scores = {} }
end

-- Tries a policy, frozen, on boundaries first .. first + n - 1 of those reserved for trials.
local function try(candidate, first, n)
   for task = first, first + n - 1 do
      local result = train("try", o.seed + 100000 + 10 * task, tasks.frozen(o, candidate.policy))
      candidate.scores[#candidate.scores + 1] = result.summary.accuracy
   end
   candidate.statistics = tasks.statistics(candidate.scores)
end

local function better(a, b)
   if a.statistics.min ~= b.statistics.min then
      return a.statistics.min > b.statistics.min
   end
   return a.number < b.number
end

local function show(title, candidates)
   print(title)
   print(string.format("%8s %8s %9s %9s %9s %9s", "policy", "seed", "own run", "min", "median", "max"))
   for _, c in ipairs(candidates) do
      print(string.format("%8d %8d %8.2f%% %8.2f%% %8.2f%% %8.2f%%", c.number, c.seed, 100 * c.own,
         100 * c.statistics.min, 100 * c.statistics.median, 100 * c.statistics.max))
   end
end

local candidates = {}
for number = 1, o.policies do
   candidates[number] = learn(number)
   try(candidates[number], 1, o.tests)
end
table.sort(candidates, better)
show(string.format("each policy, frozen, on %d boundaries it has not seen", o.tests), candidates)

local finalists = table.move(candidates, 1, math.min(o.finalists, #candidates), 1, {})
for _, finalist in ipairs(finalists) do
   try(finalist, 1 + o.tests, o.finals)
end
table.sort(finalists, better)
show(string.format("the best %d on %d", #finalists, o.tests + o.finals), finalists)

local best = finalists[1]
print(best.policy)
if o.save ~= "" then
   best.policy:save(o.save)
   print("saved as " .. o.save)
end
return { seed = best.seed, own = best.own, statistics = best.statistics, hash = best.policy.hash }
