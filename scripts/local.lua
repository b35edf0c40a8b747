-- SPDX-License-Identifier: MIT
-- What the shipped policy that sees its credit does, frozen, on boundaries and letters that had no part
-- in finding it (scripts/golden.lua) or its settings:
--
--   synrl run --quiet --no-record scripts/local.lua
--   synrl run --quiet --no-record scripts/local.lua images=PATH labels=PATH
local synrl = require "synrl"
local tasks = require "lib.tasks"
local ocr = require "lib.ocr"

local o = tasks.options({
   policy = tasks.folder .. "/../datasets/policies/local.csv",
   boundaries = 10,          -- of seeds 2001, 2011, ...
   boundary_iterations = 1000,
   epsilon = 0.01,           -- on a boundary, with alpha_s falling ...
   from = 2e-2,
   to = 2e-4,
   first = 1,                -- split of the letters
   splits = 10,
   hidden = 32,
   iterations = 300,
   images = ocr.defaults.images,
   labels = ocr.defaults.labels,
}, tasks.boundary_defaults)
local policy = synrl.policy.load(o.policy)

local function boundary(seed)
   return synrl.train {
      name = "local-boundary", data = tasks.boundary(o, seed), model = tasks.boundary_net(o, seed + 1),
      loss = "euclidean", reward = tasks.reward(policy), rule = synrl.rule("static", { policy = policy,
         epsilon = o.epsilon, alpha_s = ocr.falling(o.from, o.to, o.boundary_iterations, 16),
         pay = "graded", momentum = 0.5 }),
      iterations = o.boundary_iterations, seed = seed, record_every = o.boundary_iterations,
   }.summary
end

local data = ocr.data(o)
local function letters(seed)
   local train, valid = data:split(0.75, seed)
   local summary = synrl.train {
      name = "local-letters", data = train, valid = valid, model = ocr.local_net(o.hidden, seed),
      loss = "cross_entropy", rule = ocr.local_rule(policy, o.iterations), reward = tasks.reward(policy),
      iterations = o.iterations, seed = seed, record_every = o.iterations,
   }.summary
   return { accuracy = summary.valid_accuracy, seconds = summary.seconds }
end

-- One task with each of n seeds; returns the accuracies in percent.
local function over(title, n, first, step, task)
   local accuracies, seconds, texts = {}, {}, {}
   for k = 1, n do
      local summary = task(first + (k - 1) * step)
      accuracies[k], seconds[k] = 100 * summary.accuracy, summary.seconds
      texts[k] = string.format("%.2f", accuracies[k])
   end
   local s = tasks.statistics(accuracies)
   print(string.format("%s: %s\n   median %.2f%%, mean %.2f%% +- %.2f, %.2f s per run", title,
      table.concat(texts, " "), s.median, s.mean, s.stdev, tasks.statistics(seconds).median))
   return accuracies
end

print(policy)
return {
   boundaries = over(string.format("boundaries, %d iterations", o.boundary_iterations), o.boundaries, 2001, 10,
      boundary),
   letters = over(string.format("letters, %d hidden units, %d iterations", o.hidden, o.iterations), o.splits,
      o.first, 1, letters),
}
