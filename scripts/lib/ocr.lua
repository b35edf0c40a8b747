-- SPDX-License-Identifier: MIT
-- Typeset characters: data, networks, schedules and methods, shared by the OCR scripts.
local synrl = require "synrl"
local tasks = require "lib.tasks"

local ocr = {}

-- The options of every script: the files of the images, and their split.
ocr.defaults = {
   images = tasks.folder .. "/../datasets/glyphs/images-idx3-ubyte.gz",
   labels = tasks.folder .. "/../datasets/glyphs/labels-idx1-ubyte.gz",
   golden = tasks.golden,
}

-- The options of a script: its own and those above.
function ocr.options(own)
   return tasks.options(own, ocr.defaults)
end

function ocr.data(o)
   return synrl.dataset("idx", { images = o.images, labels = o.labels, classes = "ABCDEFGHIJ" })
end

-- {784, hidden, 10}, or {784, 10} without hidden units.
function ocr.layers(hidden)
   return hidden > 0 and { 784, hidden, 10 } or { 784, 10 }
end

-- The paper's networks: relu, weights U(-0.1, 0.1), biases 0.
function ocr.net(hidden, seed)
   return synrl.model("mlp", { layers = ocr.layers(hidden), activation = "relu", init = 0.1, seed = seed })
end

-- alpha falling from `from` to `to` in equal ratios, in a number of steps over the iterations: steps,
-- since each change of alpha that is not a halving costs the engine a pass in floats.
function ocr.falling(from, to, iterations, steps)
   local schedule = {}
   steps = math.min(steps, iterations)
   for i = 0, steps - 1 do
      schedule[i + 1] = { i * iterations // steps, from * (to / from) ^ (i / math.max(1, steps - 1)) }
   end
   return synrl.schedule(schedule)
end

-- Batches of 5,000 redrawn every 5,000 iterations, if the data is larger than that.
function ocr.batch(data, size, every)
   if size > 0 and size < #data then
      return { size = size, every = every }
   end
end

-- The paper's synaptic method: a frozen policy, epsilon 0.1, alpha_s 1e-4, with hidden units halved at
-- iteration 60,000.
function ocr.paper_rule(hidden, policy)
   local alpha_s = 1e-4
   if hidden > 0 then
      alpha_s = synrl.schedule { { 0, 1e-4 }, { 60000, 5e-5 } }
   end
   return synrl.rule("static", { policy = policy, epsilon = 0.1, alpha_s = alpha_s })
end

-- A frozen policy that sees its credit, where each sample pays its own reward; settings chosen on splits
-- that are not among those reported: see docs/results/local.md.
function ocr.local_rule(policy, iterations)
   return synrl.rule("static", { policy = policy, epsilon = 0.01, alpha_s = ocr.falling(4e-2, 4e-4, iterations, 8) })
end

function ocr.local_net(hidden, seed)
   return synrl.model("mlp", { layers = ocr.layers(hidden), activation = "relu", init = 0.05, seed = seed })
end

-- The settings found for a fixed rule, on splits 101 and 102: see docs/results/reproduction.md.
function ocr.win_stay(hidden, iterations)
   local from, to = 1.5e-3, 5e-4
   if hidden > 0 then
      from, to = 1e-3, 1e-4
   end
   return synrl.rule("win_stay", { epsilon = 0.25, alpha_s = ocr.falling(from, to, iterations, 50) })
end

-- The setting with the best validation accuracy at 32 hidden units, on splits 101 to 104: many small
-- steps, since what a synapse learns grows with the iterations, and its noise with their square root.
function ocr.calm_win_stay(iterations)
   return synrl.rule("win_stay", { epsilon = 0.25, alpha_s = ocr.falling(2e-4, 2e-5, iterations, 100) })
end

return ocr
