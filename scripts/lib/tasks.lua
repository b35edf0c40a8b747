-- SPDX-License-Identifier: MIT
-- Tasks shared by several scripts, and statistics of many runs.
local synrl = require "synrl"

local tasks = {}

-- The folder of the scripts, to find shipped data.
tasks.folder = (debug.getinfo(1, "S").source:match("^@(.*)/lib/[^/]*$") or ".")
tasks.golden = tasks.folder .. "/../datasets/policies/golden.csv"

-- The options of a script: its own, and those of `defaults` that it has no value of its own for.
function tasks.options(own, defaults)
   for name, value in pairs(defaults) do
      if own[name] == nil then
         own[name] = value
      end
   end
   return synrl.options(own)
end

-- The paper's settings for a boundary.
tasks.boundary_defaults = {
   iterations = 10000,
   hidden = 100,
   samples = 2000,
   memory = 2,
   epsilon = 0.25,
   alpha_s = 0.001,
   alpha_q = 0.01,
   gamma = 0.9,
   sweep = "sequential",
}

-- A policy that is learned along with the network, and one that is frozen. own: other parameters.
function tasks.learned(o, own)
   local parameters = {
      memory = o.memory, epsilon = o.epsilon, alpha_s = o.alpha_s, alpha_q = o.alpha_q,
      gamma = o.gamma, sweep = o.sweep,
   }
   for name, value in pairs(own or {}) do
      parameters[name] = value
   end
   return synrl.rule("qlearning", parameters)
end

function tasks.frozen(o, policy)
   return synrl.rule("static", { policy = policy, epsilon = o.epsilon, alpha_s = o.alpha_s })
end

-- What pays: each sample where a synapse sees its credit, else the batch.
function tasks.reward(policy)
   return policy.n_features > 0 and "sample" or "batch"
end

-- The paper's random decision boundary: samples in [-10, 10]^2, a tanh network with weights U(-1, 1).
function tasks.boundary(o, seed)
   return synrl.dataset("boundary", { samples = o.samples, hidden = o.hidden, seed = seed })
end

function tasks.boundary_net(o, seed)
   return synrl.model("mlp", {
      layers = { 2, o.hidden, 1 }, activation = "tanh", output = "tanh", init = 1.0, seed = seed,
   })
end

-- Median, mean, min, max and standard deviation (n - 1) of a list of numbers.
function tasks.statistics(values)
   local sorted, sum = table.move(values, 1, #values, 1, {}), 0
   table.sort(sorted)
   for _, value in ipairs(sorted) do
      sum = sum + value
   end
   local n = #sorted
   local mean, squares = sum / n, 0
   for _, value in ipairs(sorted) do
      squares = squares + (value - mean) ^ 2
   end
   return {
      n = n, mean = mean, min = sorted[1], max = sorted[n],
      median = (sorted[(n + 1) // 2] + sorted[n // 2 + 1]) / 2,
      stdev = n > 1 and math.sqrt(squares / (n - 1)) or 0,
   }
end

return tasks
