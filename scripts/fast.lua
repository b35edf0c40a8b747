-- SPDX-License-Identifier: MIT
-- The paper's Table 1 in seconds: each sample pays its own bit, trit or number (three_factor), with
-- and without hidden units, beside gradient descent on the same splits; and units that step, which have
-- no derivative.
--
--   synrl run --quiet --no-record scripts/fast.lua
--   synrl run --quiet --no-record scripts/fast.lua images=PATH labels=PATH first=101 trials=10
local synrl = require "synrl"
local tasks = require "lib.tasks"
local ocr = require "lib.ocr"

local o = ocr.options {
   first = 1,
   trials = 5,
   rows = "all",       -- or names of rows: bit32,gd32
   iterations = 300,
   draws = 0,          -- answers of each sample per iteration; 0: the row's own
   steps = 0,          -- values of alpha_s, from `from` to `to` in equal ratios; 0: by halvings
   from = 0.0,         -- 0: the row's own, as for the next ones
   to = 0.0,
   sigma = 0.0,
   momentum = -1.0,
   gate = -1.0,
   scale = 0.0,        -- sigma of outputs, in units of sigma
   init = 0.0,
}

local function option(name, default, none)
   return o[name] ~= (none or 0) and o[name] or default
end

local function falling(from, to, iterations)
   if o.steps > 0 then
      return ocr.falling(from, to, iterations, o.steps)
   end
   return synrl.schedule { from = from, to = to, iterations = iterations }
end

local function three_factor(pay, own)
   return synrl.rule("three_factor", {
      pay = pay, draws = option("draws", own.draws or 1), balanced = own.balanced or false,
      output_scale = option("scale", own.scale or 1.0), sigma = option("sigma", own.sigma),
      momentum = option("momentum", own.momentum, -1), gate = option("gate", own.gate or 0.05, -1),
      alpha_s = falling(option("from", own.from), option("to", own.to), own.iterations or o.iterations),
   })
end

local function net(hidden, activation, width)
   return function(seed)
      return synrl.model("mlp", { layers = ocr.layers(hidden), activation = activation, seed = seed,
         init = option("init", width) })
   end
end

-- Noise wide enough for a unit of large weights to step: only samples count in which it could.
local function stepping(pay, iterations)
   return synrl.rule("three_factor", { pay = pay, gate = option("gate", 0.1, -1), where = "moved", draws = 7,
      centred = false, sigma = option("sigma", 4.0), momentum = option("momentum", 0.0, -1),
      alpha_s = ocr.falling(option("from", 2e-2), option("to", 1e-3), iterations, option("steps", 16)) })
end

local rows = {
   { name = "bit32", title = "bit per sample, 32 HU", paper = 88.45, net = net(32, "relu", 0.05),
     rule = function() return three_factor("bit", { sigma = 0.03, momentum = 0.0, from = 4e-2, to = 4e-4 }) end },
   { name = "trit32", title = "trit per sample, 32 HU", paper = 88.45, net = net(32, "relu", 0.05),
     rule = function() return three_factor("trit", { sigma = 0.03, momentum = 0.0, from = 4e-2, to = 4e-4 }) end },
   { name = "graded32", title = "number per sample, 32 HU", paper = 88.45, net = net(32, "relu", 0.05),
     rule = function() return three_factor("graded", { sigma = 0.03, momentum = 0.0, from = 2e-2, to = 2e-4 }) end },
   -- As well as gradient descent that is tuned: biases balance steps, and outputs are moved less.
   { name = "balanced32", title = "trit per sample, balanced", paper = 88.45, net = net(32, "relu", 0.05),
     iterations = 150,
     rule = function()
        return three_factor("trit", { sigma = 0.03, momentum = 0.0, from = 4e-2, to = 4e-4, draws = 8, scale = 0.2,
           balanced = true, iterations = 150 })
     end },
   { name = "gd32", title = "gradient descent, 32 HU", paper = 89.56, iterations = 500,
     net = function(seed)
        return synrl.model("mlp", { layers = ocr.layers(32), activation = "relu",
           distribution = "glorot_published", seed = seed })
     end,
     rule = function() return synrl.rule("gd", { alpha = 0.1 }) end },
   { name = "step_bit32", title = "bit per sample, 32 that step", paper = 88.45, net = net(32, "step", 0.5),
     iterations = 600, batch = 2000, rule = function() return stepping("bit", 600) end },
   { name = "step_trit32", title = "trit per sample, 32 that step", paper = 88.45, net = net(32, "step", 0.5),
     iterations = 600, batch = 2000, rule = function() return stepping("trit", 600) end },
   { name = "bit0", title = "bit per sample, no HU", paper = 88.28, net = net(0, "relu", 0.01),
     rule = function() return three_factor("bit", { sigma = 0.03, momentum = 0.0, from = 1e-2, to = 1e-4 }) end },
   { name = "graded0", title = "number per sample, no HU", paper = 88.28, net = net(0, "relu", 0.01),
     rule = function() return three_factor("graded", { sigma = 0.03, momentum = 0.0, from = 1e-2, to = 1e-4 }) end },
}

local data = ocr.data(o)
local results = {}
print(string.format("%-32s %14s %7s %9s %7s", "", "accuracy", "paper", "loss", "seconds"))
for _, row in ipairs(rows) do
   if o.rows == "all" or ("," .. o.rows .. ","):find("," .. row.name .. ",", 1, true) then
      local accuracies, losses, seconds = {}, {}, {}
      for seed = o.first, o.first + o.trials - 1 do
         local train, valid = data:split(0.75, seed)
         local iterations = row.iterations or o.iterations
         local s = synrl.train {
            name = "fast-" .. row.name, data = train, valid = valid, model = row.net(seed),
            loss = "cross_entropy", rule = row.rule(), reward = "sample", iterations = iterations,
            batch = row.batch and ocr.batch(train, row.batch, 1),
            record_every = iterations, evaluate_every = iterations, seed = seed,
         }.summary
         accuracies[#accuracies + 1] = 100 * s.valid_accuracy
         losses[#losses + 1] = s.valid_loss
         seconds[#seconds + 1] = s.seconds
      end
      local accuracy = tasks.statistics(accuracies)
      print(string.format("%-32s %6.2f +- %4.2f %8s %9.4f %7.2f", row.title, accuracy.mean, accuracy.stdev,
         row.paper and string.format("%.2f", row.paper) or "-", tasks.statistics(losses).mean,
         tasks.statistics(seconds).mean))
      results[row.name] = { accuracies = accuracies, losses = losses, seconds = seconds }
   end
end
return results
