-- SPDX-License-Identifier: MIT
-- The paper's Fig. 2: training and validation loss and accuracy of both methods, side by side, on one
-- split. The paper's settings are rule=static iterations=500000 (about 4 minutes); the defaults take
-- half a minute.
--
--   synrl run scripts/fig2.lua
--   synrl run scripts/fig2.lua rule=static iterations=500000 picture=fig2.png
local synrl = require "synrl"
local ocr = require "lib.ocr"

local o = ocr.options {
   seed = 1,
   hidden = 32,
   rule = "win_stay", -- or static, with the policy `golden`
   iterations = 50000,
   epochs = 500,      -- of gradient descent
   picture = "",      -- a PNG or SVG to draw; "": none
}

local data = ocr.data(o)
local train, valid = data:split(0.75, o.seed)
local series = { "loss", "valid_loss", "accuracy", "valid_accuracy" }

-- Trains, and keeps the metrics of each validation.
local function curves(name, model, rule, iterations, batch)
   local seen = { iteration = {} }
   for _, of in ipairs(series) do
      seen[of] = {}
   end
   local result = synrl.train {
      name = "fig2-" .. name, data = train, valid = valid, model = model, loss = "cross_entropy", rule = rule,
      iterations = iterations, batch = ocr.batch(train, batch, 5000), seed = o.seed,
      evaluate_every = math.max(1, iterations // 100),
      on_evaluate = function(metrics)
         seen.iteration[#seen.iteration + 1] = metrics.iteration
         for _, of in ipairs(series) do
            seen[of][#seen[of] + 1] = metrics[of]
         end
      end,
   }
   return result.summary, seen
end

local is_static = o.rule == "static"
assert(is_static or o.rule == "win_stay", "rule must be win_stay or static")
local synaptic, synaptic_curves = curves(o.rule, ocr.net(o.hidden, o.seed),
   is_static and ocr.paper_rule(o.hidden, synrl.policy.load(o.golden)) or ocr.win_stay(o.hidden, o.iterations),
   o.iterations, is_static and 5000 or 0)
local gradient, gradient_curves = curves("gd",
   synrl.model("mlp", { layers = ocr.layers(o.hidden), activation = "relu", distribution = "glorot_published",
      seed = o.seed }),
   synrl.rule("gd", { alpha = 0.1 }), o.epochs, 0)

local function panel(title, seen, of, log)
   return {
      title = title, x = "iteration", y = of, log = log,
      lines = {
         { name = "training", x = seen.iteration, y = seen[of] },
         { name = "validation", x = seen.iteration, y = seen["valid_" .. of] },
      },
   }
end
if o.picture ~= "" then
   synrl.plot { path = o.picture, panels = {
      panel("synaptic RL (" .. o.rule .. ")", synaptic_curves, "loss", true),
      panel("gradient descent", gradient_curves, "loss", true),
      panel("", synaptic_curves, "accuracy"), panel("", gradient_curves, "accuracy"),
   } }
end

print(string.format("%-20s %10s %14s %14s %9s", "", "iterations", "valid. loss", "valid. accuracy", "seconds"))
for _, s in ipairs { synaptic, gradient } do
   print(string.format("%-20s %10d %14.4f %13.2f%% %9.1f", s.name, s.iterations, s.valid_loss,
      100 * s.valid_accuracy, s.seconds))
end
return { synaptic = synaptic, gradient = gradient }
