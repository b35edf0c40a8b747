-- SPDX-License-Identifier: MIT
-- MNIST, or any set in its format, without a derivative: each sample pays a bit, a trit or a number for
-- its own loss (three_factor), or the whole batch pays one bit (rank1); by dense networks, a convolution
-- (conv), or spiking neurons that are integers from the current on (lif). The test set is read where
-- its accuracy is to be reported; `tune=true` holds out a sixth of the training set instead.
-- Without options: Fashion-MNIST, where Debian's dataset-fashion-mnist is installed.
--
--   synrl run --quiet --no-record scripts/mnist.lua folder=PATH
--   synrl run --quiet --no-record scripts/mnist.lua folder=PATH rows=trit tune=true gate=0.02
--   synrl run --quiet --no-record scripts/mnist.lua folder=PATH rows=lif,conv
--   synrl run --quiet --no-record scripts/mnist.lua folder=PATH rows=batch
local synrl = require "synrl"
local tasks = require "lib.tasks"
local ocr = require "lib.ocr"
local pooled = require "lib.pooled"

local o = tasks.options({
   folder = "/usr/share/datasets/fashion-mnist", -- of the four files, by their names
   rows = "bit,trit,graded", -- or lif, conv, batch, which take longer
   first = 1,         -- seed; it draws weights, batches and noise
   trials = 5,
   tune = false,
   report = 1,        -- how often to validate on the way
   hidden = -1,       -- -1: the row's own, as for the next ones
   batch = -1,        -- 0: all of the data
   every = -1,        -- iterations with a batch
   iterations = -1,
   from = -1.0,       -- alpha_s, to ...
   to = -1.0,
   steps = -1,        -- ... in so many
   init = -1.0,
   draws = -1,
   sigma = -1.0,
   momentum = -1.0,
   gate = -1.0,
   epsilon = -1.0,
   frame = -1,        -- pixels cut off at each edge
   pool = -1,         -- pixels per side that become one
}, {})

local function sample_row(name, title, own)
   local row = { name = name, title = title, reward = "sample", rule = "three_factor", pay = name:match("^%a+"),
      hidden = 128, batch = 2000, every = 1, steps = 40, init = 0.05, draws = 15, sigma = 0.03, momentum = 0.0,
      gate = 0.05, frame = 0, pool = 1 }
   for key, value in pairs(own) do
      row[key] = value
   end
   return row
end

local function option(row, name)
   return o[name] >= 0 and o[name] or row[name]
end

local function dense(row, data, seed)
   return synrl.model("mlp", { layers = { data:info().inputs, option(row, "hidden"), 10 }, activation = "relu",
      init = option(row, "init"), seed = seed })
end

-- evosax's network of this shape: 5 x 5 windows, means of 2 x 2, twice.
local function convolution(_, _, seed)
   local function conv(filters)
      return synrl.layer("conv2d", { filters = filters, kernel = 5, activation = "relu" })
   end
   local pool = synrl.layer("avgpool", { kernel = 2 })
   return synrl.model("sequential", { layers = { conv(8), pool, conv(16), pool, "flatten",
      synrl.layer("dense", { init = 0.05 }) }, seed = seed })
end

-- A picture is a current that does not change; what counts are the mean potentials of neurons that do
-- not fire.
local function spiking(row, _, seed)
   local hidden, out = { units = option(row, "hidden"), steps = 12 }, { units = 10, init = 3.0, output = "potential" }
   return synrl.model("sequential", { layers = { synrl.layer("lif", hidden), synrl.layer("lif", out),
      synrl.layer("spike_readout", { take = "mean" }) }, seed = seed })
end

local rows = {
   sample_row("bit", "bit per sample", { iterations = 750, from = 1e-2, to = 1e-4 }),
   sample_row("trit", "trit per sample", { iterations = 750, from = 1e-2, to = 1e-4 }),
   sample_row("graded", "number per sample", { iterations = 1125, from = 1e-2, to = 1e-4 }),
   sample_row("lif", "number, spiking", { pay = "graded", net = spiking, iterations = 400, sigma = 0.5, from = 2e-2,
      to = 2e-4 }),
   sample_row("conv", "number, convolution", { pay = "graded", net = convolution, iterations = 1125, from = 1e-2,
      to = 1e-4 }),
   { name = "batch", title = "bit per batch", reward = "batch", rule = "rank1", hidden = 32, batch = 5000,
     every = 2000, iterations = 1200000, steps = 100, from = 2e-3, to = 1e-4, init = 0.1, epsilon = 0.25,
     frame = 4, pool = 2 },
}

local function rule(row, iterations)
   local alpha_s = ocr.falling(option(row, "from"), option(row, "to"), iterations, option(row, "steps"))
   if row.reward == "batch" then
      return synrl.rule(row.rule, { epsilon = option(row, "epsilon"), alpha_s = alpha_s })
   end
   return synrl.rule(row.rule, { pay = row.pay, alpha_s = alpha_s, sigma = option(row, "sigma"),
      momentum = option(row, "momentum"), gate = option(row, "gate"), draws = option(row, "draws") })
end

local function images(row, part)
   return pooled.dataset(o.folder .. "/" .. part .. "-images-idx3-ubyte.gz",
      o.folder .. "/" .. part .. "-labels-idx1-ubyte.gz", option(row, "frame"), option(row, "pool"))
end

local function train(row, seed, everything, test)
   local data, valid, iterations = everything, test, option(row, "iterations")
   if o.tune then
      data, valid = everything:split(5 / 6, seed)
   end
   return synrl.train {
      name = "mnist-" .. row.name, data = data, valid = valid, loss = "cross_entropy", seed = seed,
      model = (row.net or dense)(row, data, seed),
      rule = rule(row, iterations), reward = row.reward, iterations = iterations,
      batch = ocr.batch(data, option(row, "batch"), option(row, "every")),
      record_every = iterations, evaluate_every = math.max(1, iterations // o.report),
      on_evaluate = function(metrics)
         if o.report > 1 and metrics.iteration > 0 then
            print(string.format("   %10d iterations: %.2f%%", metrics.iteration, 100 * metrics.valid_accuracy))
         end
      end,
   }.summary
end

local results = {}
print(string.format("%-20s %14s %9s %14s %8s   %s", "", "accuracy", "loss", "forwards", "seconds", "all"))
for _, row in ipairs(rows) do
   if ("," .. o.rows .. ","):find("," .. row.name .. ",", 1, true) then
      local everything, test = images(row, "train"), not o.tune and images(row, "t10k") or nil
      local accuracies, losses, seconds, texts, forwards = {}, {}, {}, {}, nil
      for k = 1, o.trials do
         local s = train(row, o.first + k - 1, everything, test)
         accuracies[k], losses[k], seconds[k] = 100 * s.valid_accuracy, s.valid_loss, s.seconds
         texts[k], forwards = string.format("%.2f", 100 * s.valid_accuracy), s.sample_forwards
      end
      local accuracy = tasks.statistics(accuracies)
      print(string.format("%-20s %6.2f +- %4.2f %9.4f %14d %8.2f   %s", row.title, accuracy.mean, accuracy.stdev,
         tasks.statistics(losses).mean, forwards, tasks.statistics(seconds).median, table.concat(texts, " ")))
      results[row.name] = { accuracies = accuracies, losses = losses, seconds = seconds, forwards = forwards }
   end
end
return results
