-- SPDX-License-Identifier: MIT
-- Fig. 1 over many seeds, to complement a single run of scripts/boundary.lua. Each seed has the same
-- boundaries, initial weights and action streams as `scripts/boundary.lua seed=N`.
--
--   synrl run --quiet scripts/fig1.lua seeds=10 authors=PATH/authors_golden.csv
local synrl = require "synrl"
local tasks = require "lib.tasks"

local o = tasks.options({ first = 1, seeds = 10, golden = tasks.golden, authors = "" },
   tasks.boundary_defaults)

local function frozen(path)
   local policy = synrl.policy.load(path)
   return function()
      return tasks.frozen(o, policy)
   end
end

local methods = {
   { "adaptive", 0, function() return tasks.learned(o) end },
   { "golden", 100, frozen(o.golden) },
}
if o.authors ~= "" then
   methods[#methods + 1] = { "authors", 100, frozen(o.authors) }
end

local result = {}
print(string.format("%-10s %8s %8s %8s %8s %9s %8s", "", "median", "mean", "min", "max", "loss", "seconds"))
for _, method in ipairs(methods) do
   local name, offset, rule = table.unpack(method)
   local accuracies, losses, seconds = {}, {}, {}
   for seed = o.first, o.first + o.seeds - 1 do
      local summary = synrl.train {
         name = "fig1-" .. name, data = tasks.boundary(o, seed + offset),
         model = tasks.boundary_net(o, seed + offset + 1), loss = "euclidean",
         iterations = o.iterations, rule = rule(), seed = seed, record = false,
      }.summary
      accuracies[#accuracies + 1] = 100 * summary.accuracy
      losses[#losses + 1] = summary.loss
      seconds[#seconds + 1] = summary.seconds
   end
   local accuracy = tasks.statistics(accuracies)
   print(string.format("%-10s %7.2f%% %7.2f%% %7.2f%% %7.2f%% %9.6f %8.2f", name, accuracy.median,
      accuracy.mean, accuracy.min, accuracy.max, tasks.statistics(losses).mean,
      tasks.statistics(seconds).mean))
   result[name] = { accuracy = accuracy, accuracies = accuracies, losses = losses }
end
return result
