-- SPDX-License-Identifier: MIT
-- Finds a golden policy. Freezing a learned policy is a lottery. Therefore: learn `policies` of them,
-- each on its own boundary; try each, frozen, on `tests` boundaries that it has not seen; keep the
-- `finalists` whose worst accuracy is best, try those on `finals` further boundaries, and save the best.
--
--   synrl run --quiet scripts/golden.lua save=datasets/policies/golden.csv
--
-- With local features, each sample pays its own reward, and hundreds of iterations suffice. Then states
-- of several sizes compete, and each policy is tried on splits of the letters too:
--
--   synrl run --quiet --no-record scripts/golden.lua features=credit policies=8 tests=1 finalists=5 finals=3 \
--      letters=1 save=datasets/policies/local.csv
local synrl = require "synrl"
local tasks = require "lib.tasks"
local ocr = require "lib.ocr"

local o = tasks.options({
   seed = 1000,
   policies = 20,     -- of each size of state
   tests = 4,
   finalists = 5,
   finals = 12,
   alpha_q = 0.001,
   features = "",     -- such as credit, or credit,pre,post
   states = "",       -- past actions x past rewards, such as 0x0,1x1; "": as memory, or with features three
   iterations = 0,    -- of a trial; 0: 10,000, or with features 1,000
   learning = 0,      -- iterations in which a policy is learned; 0: as many, or with features 300
   letters = 2,       -- splits of the letters that a policy with features is tried on
   steps = 100,       -- iterations on letters
   images = ocr.defaults.images,
   labels = ocr.defaults.labels,
   save = "",
}, tasks.boundary_defaults)

local is_local = o.features ~= ""
local letters = is_local and ocr.data(o)
local features = {}
for name in o.features:gmatch("[^,]+") do
   features[#features + 1] = name
end
local function default(name, value)
   o[name] = o[name] == 0 and value or o[name]
end
default("iterations", is_local and 1000 or 10000)
default("learning", is_local and 300 or o.iterations)
if o.states == "" then
   o.states = is_local and "0x0,0x1,1x1" or o.memory .. "x" .. o.memory
end

local function train(name, seed, rule, iterations)
   return synrl.train {
      name = name, data = tasks.boundary(o, seed), model = tasks.boundary_net(o, seed + 1),
      loss = "euclidean", iterations = iterations, rule = rule, seed = seed, record = false,
      reward = is_local and "sample" or "batch",
   }
end

local function learn(number, state)
   local seed = o.seed + 10 * number
   local n_actions, n_rewards = state:match("^(%d)x(%d)$")
   local rule = tasks.learned(o, { n_actions = tonumber(n_actions), n_rewards = tonumber(n_rewards),
      features = features })
   local result = train("learn", seed, rule, o.learning)
   return { number = number, state = state, seed = seed, policy = result.policy,
      own = result.summary.accuracy, scores = {} }
end

-- Tries a policy, frozen, on boundaries first .. first + n - 1 of those reserved for trials.
local function try(candidate, first, n)
   for task = first, first + n - 1 do
      local result = train("try", o.seed + 100000 + 10 * task, tasks.frozen(o, candidate.policy), o.iterations)
      candidate.scores[#candidate.scores + 1] = result.summary.accuracy
   end
   candidate.statistics = tasks.statistics(candidate.scores)
end

-- The same on a part of the letters.
local function try_letters(candidate)
   for seed = o.seed + 1, o.seed + o.letters do
      local part, rest = letters:split(0.4, seed)
      local result = synrl.train {
         name = "letters", data = part, valid = rest:split(0.2, seed), model = ocr.local_net(32, seed),
         loss = "cross_entropy", iterations = o.steps, seed = seed, record = false, record_every = o.steps,
         rule = ocr.local_rule(candidate.policy, o.steps), reward = "sample",
      }
      candidate.scores[#candidate.scores + 1] = result.summary.valid_accuracy
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
   print(string.format("%8s %8s %8s %9s %9s %9s %9s", "policy", "state", "seed", "own run", "min", "median", "max"))
   for _, c in ipairs(candidates) do
      print(string.format("%8d %8s %8d %8.2f%% %8.2f%% %8.2f%% %8.2f%%", c.number, c.state, c.seed, 100 * c.own,
         100 * c.statistics.min, 100 * c.statistics.median, 100 * c.statistics.max))
   end
end

local candidates = {}
for state in o.states:gmatch("[^,]+") do
   for _ = 1, o.policies do
      local candidate = learn(#candidates + 1, state)
      try(candidate, 1, o.tests)
      candidates[#candidates + 1] = candidate
   end
end
table.sort(candidates, better)
show(string.format("each policy, frozen, on %d boundaries it has not seen", o.tests), candidates)

local finalists = table.move(candidates, 1, math.min(o.finalists, #candidates), 1, {})
for _, finalist in ipairs(finalists) do
   try(finalist, 1 + o.tests, o.finals)
   if is_local then
      try_letters(finalist)
   end
end
table.sort(finalists, better)
show(string.format("the best %d on %d%s", #finalists, o.tests + o.finals,
   is_local and string.format(", and %d splits of the letters", o.letters) or ""), finalists)

local best = finalists[1]
print(best.policy)
if o.save ~= "" then
   best.policy:save(o.save)
   print("saved as " .. o.save)
end
return { seed = best.seed, own = best.own, statistics = best.statistics, hash = best.policy.hash }
