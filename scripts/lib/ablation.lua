-- SPDX-License-Identifier: MIT
-- Shared by the ablations: one training on either task, and the table and plot of a sweep.
local synrl = require "synrl"
local tasks = require "lib.tasks"
local ocr = require "lib.ocr"

local ablation = {}

-- Options of every ablation, in addition to its own.
function ablation.options(own)
   own.task = own.task or "boundary" -- boundary, or ocr: the letters of datasets/glyphs or of `images`
   own.iterations = own.iterations or 10000
   own.seeds = own.seeds or 5
   own.jobs = own.jobs or 2
   own.picture = own.picture or ""
   own.hidden = own.hidden or 0 -- units, on letters
   local o = ocr.options(own)
   assert(o.task == "boundary" or o.task == "ocr", "task must be boundary or ocr")
   return o
end

-- alpha_s for the task: the paper's on a boundary; on letters it falls, as in scripts/ocr.lua.
function ablation.alpha(o)
   return o.task == "boundary" and 0.001 or ocr.falling(2e-3, 2e-4, o.iterations, 50)
end

-- One run. change: fields of synrl.model to override, or nil. Returns the policy too.
function ablation.train(o, name, rule, seed, change)
   local run = { name = name, rule = rule, iterations = o.iterations, seed = seed, record = false }
   local model
   if o.task == "boundary" then
      run.data = tasks.boundary({ samples = 2000, hidden = 100 }, seed)
      run.loss = "euclidean"
      model = { layers = { 2, 100, 1 }, activation = "tanh", output = "tanh", init = 1.0, seed = seed + 1 }
   else
      run.data, run.valid = ocr.data(o):split(0.75, seed)
      run.loss = "cross_entropy"
      model = { layers = ocr.layers(o.hidden), activation = "relu", init = 0.1, seed = seed }
   end
   for field, value in pairs(change or {}) do
      model[field] = value
   end
   run.model = synrl.model("mlp", model)
   local result = synrl.train(run)
   local s = result.summary
   return { accuracy = s.valid_accuracy or s.accuracy, loss = s.valid_loss or s.loss }, result.policy
end

-- Prints a table: one line per group, with its parameters, the mean and half of its 95% confidence
-- interval.
function ablation.print(sweep, parameters, metrics)
   local line = {}
   for _, name in ipairs(parameters) do
      line[#line + 1] = string.format("%-12s", name)
   end
   for _, name in ipairs(metrics) do
      line[#line + 1] = string.format("%-18s", name)
   end
   print(table.concat(line) .. "n  failed")
   for _, group in ipairs(sweep.groups) do
      line = {}
      for _, name in ipairs(parameters) do
         line[#line + 1] = string.format("%-12s", tostring(group.parameters[name]))
      end
      for _, name in ipairs(metrics) do
         local mean, ci = group.mean[name], group.ci95[name]
         line[#line + 1] = string.format("%-18s", mean and
            (ci and string.format("%6.2f +- %.2f", 100 * mean, 100 * ci) or string.format("%6.2f", 100 * mean)) or "-")
      end
      print(table.concat(line) .. string.format("%d  %d", group.n, group.failed))
   end
   print("percent of accuracy: mean over seeds, and half of its 95% confidence interval")
end

-- Lines of a metric over one parameter, one line per value of another.
function ablation.lines(sweep, metric, over, of)
   local lines, by_value = {}, {}
   for _, group in ipairs(sweep.groups) do
      local value = tostring(group.parameters[of])
      if group.mean[metric] then
         if not by_value[value] then
            by_value[value] = { name = of .. " " .. value, x = {}, y = {} }
            lines[#lines + 1] = by_value[value]
         end
         table.insert(by_value[value].x, group.parameters[over])
         table.insert(by_value[value].y, group.mean[metric])
      end
   end
   return lines
end

return ablation
