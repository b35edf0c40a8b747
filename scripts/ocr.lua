-- SPDX-License-Identifier: MIT
-- One training on typeset characters. The defaults take about ten seconds; the paper's own settings are
--   rule=static hidden=32 iterations=500000 batch=5000
-- and its baseline is
--   rule=gd hidden=32 iterations=500
-- A policy that sees its credit takes a second:
--   rule=static hidden=32 iterations=300 golden=datasets/policies/local.csv
local synrl = require "synrl"
local tasks = require "lib.tasks"
local ocr = require "lib.ocr"

local o = ocr.options {
   seed = 1,          -- of the split, the weights and the actions
   hidden = 0,
   rule = "win_stay", -- win_stay, static (with the policy `golden`), qlearning or gd
   iterations = 20000,
   epsilon = 0.25,    -- of win_stay
   from = 2e-3,       -- alpha_s of win_stay at the start ...
   to = 2e-4,         -- ... and at the end
   batch = 0,         -- samples per batch; 0: all of them
   every = 5000,      -- iterations between two batches
}

local golden = o.rule == "static" and synrl.policy.load(o.golden)
local is_local = golden and golden.n_features > 0
local rules = {
   win_stay = function()
      return synrl.rule("win_stay",
         { epsilon = o.epsilon, alpha_s = ocr.falling(o.from, o.to, o.iterations, 50) })
   end,
   static = function()
      return is_local and ocr.local_rule(golden, o.iterations) or ocr.paper_rule(o.hidden, golden)
   end,
   qlearning = function()
      return synrl.rule("qlearning", { epsilon = 0.1, alpha_s = 1e-4, sweep = "synchronous" })
   end,
   gd = function()
      return synrl.rule("gd", { alpha = 0.1 })
   end,
}
local make = rules[o.rule] or error("rule=" .. o.rule .. ": must be win_stay, static, qlearning or gd", 0)

local data = ocr.data(o)
local train, valid = data:split(0.75, o.seed)
local result = synrl.train {
   name = "ocr-" .. o.rule,
   data = train, valid = valid,
   model = (is_local and ocr.local_net or ocr.net)(o.hidden, o.seed), loss = "cross_entropy",
   rule = make(), iterations = o.iterations, batch = ocr.batch(train, o.batch, o.every), seed = o.seed,
   reward = golden and tasks.reward(golden) or nil,
}

local s = result.summary
print(string.format("%s, %d hidden units, %d iterations: validation accuracy %.2f%%, loss %.4f (%.1f s)",
   o.rule, o.hidden, s.iterations, 100 * s.valid_accuracy, s.valid_loss, s.seconds))
local confusion = result:evaluate(valid).confusion
print("confusion on the validation set (rows: actual, columns: predicted)")
print("     " .. ("ABCDEFGHIJ"):gsub(".", "%0    "))
for actual, row in ipairs(confusion) do
   io.write(("ABCDEFGHIJ"):sub(actual, actual))
   for _, count in ipairs(row) do
      io.write(string.format("%5d", count))
   end
   io.write("\n")
end
return s
