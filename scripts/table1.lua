-- SPDX-License-Identifier: MIT
-- The paper's Table 1: both methods, with and without hidden units, `trials` times each. Trial t of
-- every row trains on the same split, so that rows can be compared trial by trial.
--
--   synrl run --quiet --no-record scripts/table1.lua
--   synrl run --quiet --no-record scripts/table1.lua images=PATH labels=PATH policy=PATH scale=0.1
local synrl = require "synrl"
local tasks = require "lib.tasks"
local ocr = require "lib.ocr"

local o = ocr.options {
   first = 1,
   trials = 5,
   scale = 1.0,   -- times the paper's iterations
   epochs = 500,  -- of gradient descent
   rows = "all",  -- or names of rows: static32,gd32
   policy = "",   -- a CSV file; "": the golden policy
}

local policy = synrl.policy.load(o.policy ~= "" and o.policy or o.golden)

local function scaled(iterations)
   return math.max(1, math.floor(iterations * o.scale))
end

local function glorot(hidden, seed)
   return synrl.model("mlp", { layers = ocr.layers(hidden), activation = "relu",
      distribution = "glorot_published", seed = seed })
end

local function glorot_tanh(hidden, seed)
   return synrl.model("mlp", { layers = ocr.layers(hidden), activation = "tanh",
      distribution = "glorot_published", seed = seed })
end

-- The setting that generalised best on other splits: small initial weights, and tanh.
local function calm(hidden, seed)
   return synrl.model("mlp", { layers = ocr.layers(hidden), activation = "tanh", init = 0.03, seed = seed })
end

local function uniform(width)
   return function(hidden, seed)
      return synrl.model("mlp", { layers = ocr.layers(hidden), activation = "relu", init = width, seed = seed })
   end
end

local rows = {
   { name = "static32", title = "Syn. RL 32 HU", hidden = 32, iterations = scaled(500000), net = uniform(0.1),
     batch = 5000, paper = "88.45 +- 0.60", rule = function() return ocr.paper_rule(32, policy) end },
   { name = "gd32", title = "Grad. Desc. 32 HU", hidden = 32, iterations = o.epochs, net = glorot, batch = 0,
     paper = "89.56 +- 0.52", rule = function() return synrl.rule("gd", { alpha = 0.1 }) end },
   { name = "static0", title = "Syn. RL 0 HU", hidden = 0, iterations = scaled(200000), net = uniform(0.1),
     batch = 5000, paper = "88.28 +- 0.41", rule = function() return ocr.paper_rule(0, policy) end },
   { name = "gd0", title = "Grad. Desc. 0 HU, U(-1,1)", hidden = 0, iterations = o.epochs, net = uniform(1.0),
     batch = 0, paper = "86.42 +- 0.22", rule = function() return synrl.rule("gd", { alpha = 0.1 }) end },
   { name = "gd0small", title = "Grad. Desc. 0 HU, U(-.1,.1)", hidden = 0, iterations = o.epochs,
     net = uniform(0.1), batch = 0, paper = "-",
     rule = function() return synrl.rule("gd", { alpha = 0.1 }) end },
   { name = "winstay32", title = "win_stay 32 HU", hidden = 32, iterations = scaled(50000), net = uniform(0.1),
     batch = 0, paper = "-", rule = function(iterations) return ocr.win_stay(32, iterations) end },
   { name = "best32", title = "win_stay 32 HU, 300,000", hidden = 32, iterations = scaled(300000), net = calm,
     batch = 5000, paper = "-", rule = function(iterations) return ocr.calm_win_stay(iterations) end },
   { name = "gd32tanh", title = "Grad. Desc. 32 HU, tanh", hidden = 32, iterations = o.epochs, net = glorot_tanh,
     batch = 0, paper = "-", rule = function() return synrl.rule("gd", { alpha = 0.1 }) end },
   { name = "winstay0", title = "win_stay 0 HU", hidden = 0, iterations = scaled(20000), net = uniform(0.003),
     batch = 0, paper = "-", rule = function(iterations) return ocr.win_stay(0, iterations) end },
}

local function is_wanted(name)
   return o.rows == "all" or ("," .. o.rows .. ","):find("," .. name .. ",", 1, true) ~= nil
end

local data = ocr.data(o)

local function run(row, trial)
   local train, valid = data:split(0.75, trial)
   return synrl.train {
      name = "table1-" .. row.name, data = train, valid = valid, model = row.net(row.hidden, trial),
      loss = "cross_entropy", rule = row.rule(row.iterations), iterations = row.iterations,
      batch = ocr.batch(train, row.batch, 5000), seed = trial, record = o.trials == 1,
      record_every = math.max(1, row.iterations // 100), evaluate_every = math.max(1, row.iterations // 20),
   }.summary
end

print(string.format("%-28s %8s %8s %8s %8s %9s %8s  %s", "", "min", "max", "mean", "stdev", "seconds", "params",
   "paper"))
local result = {}
for _, row in ipairs(rows) do
   if is_wanted(row.name) then
      local accuracies, seconds = {}, 0
      for trial = o.first, o.first + o.trials - 1 do
         local s = run(row, trial)
         accuracies[#accuracies + 1] = 100 * s.valid_accuracy
         seconds = seconds + s.seconds
      end
      local a = tasks.statistics(accuracies)
      local parameters = row.hidden > 0 and 785 * row.hidden + (row.hidden + 1) * 10 or 7850
      print(string.format("%-28s %7.2f%% %7.2f%% %7.2f%% %7.2f%% %9.1f %8d  %s", row.title, a.min, a.max, a.mean,
         a.stdev, seconds / o.trials, parameters, row.paper))
      result[row.name] = { accuracies = accuracies, statistics = a, seconds = seconds / o.trials,
         iterations = row.iterations }
   end
end

-- Trial by trial on the same splits: the mean difference and its standard error.
local function compare(a, b)
   if result[a] and result[b] then
      local differences = {}
      for trial, accuracy in ipairs(result[a].accuracies) do
         differences[trial] = accuracy - result[b].accuracies[trial]
      end
      local d = tasks.statistics(differences)
      print(string.format("%s - %s: %+.2f%% +- %.2f%% (standard error, %d pairs)", a, b, d.mean,
         d.stdev / math.sqrt(d.n), d.n))
   end
end
compare("static32", "gd32")
compare("static0", "gd0")
compare("static0", "gd0small")
compare("winstay32", "gd32")
compare("best32", "gd32")
compare("best32", "gd32tanh")
compare("winstay0", "gd0small")
return result
