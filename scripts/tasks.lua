-- SPDX-License-Identifier: MIT
-- The guessing gate: tasks of memory by an Elman network, under a rule and under random weights with the
-- same number of passes over the data. A task is marked guessable where the median of guessing, at the
-- best of its ranges, needs no more than `times` the passes of the rule, and unsolved where neither solves
-- it in half of the runs.
--
--   synrl run --quiet --no-record scripts/tasks.lua
--   synrl run --quiet --no-record scripts/tasks.lua tasks=parity steps=12 rule=win_stay passes=100000
local synrl = require "synrl"
local tasks = require "lib.tasks"

local o = synrl.options {
   tasks = "xor,parity,copy,adding,match,flip_flop,order",
   steps = 0,             -- of a sequence; 0: the task's own
   samples = 200,
   hidden = 5,
   rule = "three_factor", -- or another of those below
   output = "identity",   -- activation of the last layer
   draws = 1,             -- answers of each sample per iteration of three_factor
   alpha_s = 0.0,         -- at the start, falling to a tenth; 0: the rule's own
   falls = 0,             -- in so many iterations; 0: as many as there are passes
   passes = 10000,        -- of the data, at most; forward and backward count alike
   first = 1,
   trials = 5,
   ranges = { 1.0, 10.0, 100.0 }, -- of guesses
   times = 3.0,
}

-- A task is solved by a share of right answers, or below a mean squared error.
local list = {
   { name = "xor", steps = 4, accuracy = 0.99 },
   { name = "parity", steps = 5, accuracy = 0.99 },
   { name = "copy", steps = 5, own = { symbols = 2, length = 2 }, loss = 0.05 },
   { name = "adding", steps = 10, loss = 0.01 },
   { name = "match", steps = 6, accuracy = 0.99 },
   { name = "flip_flop", steps = 8, own = { channels = 2 }, loss = 0.1 },
   { name = "order", steps = 10, accuracy = 0.99 },
}

local function falling(from)
   from = o.alpha_s > 0 and o.alpha_s or from
   return synrl.schedule { from = from, to = from / 10, iterations = o.falls > 0 and o.falls or o.passes }
end

local rules = {
   three_factor = function()
      return synrl.rule("three_factor", { pay = "graded", sigma = 0.1, momentum = 0.5, draws = o.draws,
         alpha_s = falling(1e-2) })
   end,
   win_stay = function() return synrl.rule("win_stay", { alpha_s = falling(3e-3) }) end,
   node_perturb = function() return synrl.rule("node_perturb", { alpha = falling(3e-2) }) end,
   gd = function() return synrl.rule("gd", { alpha = falling(1e-1) }) end,
   open_es = function() return synrl.rule("open_es", { pairs = 10, alpha = falling(3e-2) }) end,
}
if not rules[o.rule] then
   error('rule "' .. o.rule .. '": the script knows three_factor, win_stay, node_perturb, open_es and gd', 0)
end

local function dataset(task, seed)
   local parameters = { task = task.name, steps = o.steps > 0 and o.steps or task.steps, samples = o.samples,
      seed = seed }
   for name, value in pairs(task.own or {}) do
      parameters[name] = value
   end
   return synrl.dataset("temporal", parameters)
end

-- Passes until the task is solved; math.huge: it was not.
local function solve(task, rule, seed)
   local data = dataset(task, seed)
   local layers = { synrl.layer("elman", { units = o.hidden, activation = "tanh" }),
      synrl.layer("dense", { activation = o.output }) }
   local solved
   synrl.train {
      data = data, model = synrl.model("sequential", { layers = layers, seed = seed }), rule = rule, seed = seed,
      loss = task.name == "order" and "cross_entropy" or "mse", iterations = o.passes, record_every = 1,
      reward = o.rule == "three_factor" and "sample" or "batch",
      stop = function(metrics)
         local passes = (metrics.sample_forwards + metrics.sample_backwards) / #data
         local is_solved = task.accuracy and metrics.accuracy >= task.accuracy or
            task.loss and metrics.loss <= task.loss
         solved = is_solved and passes or nil
         return is_solved and "solved" or passes >= o.passes and "no passes left" or nil
      end,
   }
   return solved or math.huge
end

local function median(task, rule)
   local passes, n_solved = {}, 0
   for trial = 1, o.trials do
      passes[trial] = solve(task, rule(), o.first + trial - 1)
      n_solved = n_solved + (passes[trial] < math.huge and 1 or 0)
   end
   return tasks.statistics(passes).median, n_solved
end

-- The range of guesses with the least median, and of those with the same the one that solves most.
local function guess(task)
   local least, most, best = math.huge, 0, "-"
   for _, range in ipairs(o.ranges) do
      local passes, n_solved = median(task, function() return synrl.rule("guess", { range = range }) end)
      if passes < least or passes == least and n_solved > most then
         least, most, best = passes, n_solved, ("%g"):format(range)
      end
   end
   return least, most, best
end

local function shown(passes)
   return passes < math.huge and ("%.0f"):format(passes) or (">%d"):format(o.passes)
end

local known, chosen, results = {}, {}, {}
for _, task in ipairs(list) do
   known[task.name] = task
end
for name in o.tasks:gmatch "[^,]+" do
   chosen[#chosen + 1] = known[name] or error(('no task "%s"'):format(name), 0)
end
print(("median of passes until solved (runs that solved it), seeds %d to %d"):format(o.first, o.first + o.trials - 1))
print(("%-10s %5s  %-16s %-16s %s"):format("task", "steps", o.rule, "guess", "range"))
for _, task in ipairs(chosen) do
   local passes, n_solved = median(task, rules[o.rule])
   local guessed, n_guessed, range = guess(task)
   local verdict = guessed < math.huge and guessed <= o.times * passes and "guessable" or
      passes < math.huge and "passed" or "unsolved"
   print(("%-10s %5d  %-16s %-16s %-5s %s"):format(task.name, o.steps > 0 and o.steps or task.steps,
      ("%s (%d)"):format(shown(passes), n_solved), ("%s (%d)"):format(shown(guessed), n_guessed), range,
      verdict))
   results[task.name] = verdict
end
return results
