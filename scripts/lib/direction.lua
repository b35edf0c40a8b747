-- SPDX-License-Identifier: MIT
-- Which way synapses go: the moves of any rule beside the gradient, at given initial weights, and what
-- theory says of them. Only weights before and after an iteration are compared, so rules know nothing of
-- it. `run` has data, model, loss and seed as for synrl.train, and reward where it matters.
local synrl = require "synrl"

local direction = {}

-- The weights of tensors, one list, with the place of each tensor in it.
local function flat(tensors)
   local names, list = {}, {}
   for name in pairs(tensors) do
      names[#names + 1] = name
   end
   table.sort(names)
   for _, name in ipairs(names) do
      tensors[name].first = #list
      table.move(tensors[name], 1, #tensors[name], #list + 1, list)
   end
   return list, tensors
end

-- The weights after some iterations.
local function after(run, iterations, rule)
   local copy = { record = false, iterations = iterations, rule = rule }
   for name, value in pairs(run) do
      copy[name] = value
   end
   return flat(synrl.train(copy):weights())
end

local function difference(a, b)
   local list = {}
   for i = 1, #a do
      list[i] = a[i] - b[i]
   end
   return list
end

-- The weights at the start, and the gradient there: what gradient descent of rate 1 moves by.
function direction.start(run)
   return (after(run, 1, synrl.rule("gd", { alpha = 1e-30 })))
end

function direction.gradient(run, start)
   local moved, tensors = after(run, 1, synrl.rule("gd", { alpha = 1 }))
   return difference(start, moved), tensors
end

-- What a rule moves by in its first iteration; or in its second, where that answers to the reward of the
-- first. `rule` should move weights too little for the gradient to change.
function direction.first_moves(run, start, rule)
   return difference(after(run, 1, rule), start)
end

function direction.second_moves(run, rule)
   return difference(after(run, 2, rule), after(run, 1, rule))
end

function direction.dot(a, b)
   local sum = 0
   for i = 1, #a do
      sum = sum + a[i] * b[i]
   end
   return sum
end

-- Of moves and -gradient.
function direction.cosine(moves, gradient)
   local dot = direction.dot
   return -dot(moves, gradient) / math.sqrt(dot(moves, moves) * dot(gradient, gradient))
end

-- Samples' own slopes --------------------------------------------------------------------------------

-- What one sample's gradient says of each layer of a perceptron: slopes of its units (those of biases)
-- and what they read (a row of the weights, less the slope).
local function layer_of(gradient, weight, bias)
   local layer, steepest = { weight = weight, bias = bias, slopes = {}, read = {} }, 1
   for j = 1, #bias do
      layer.slopes[j] = gradient[bias.first + j]
      steepest = math.abs(layer.slopes[j]) > math.abs(layer.slopes[steepest]) and j or steepest
   end
   layer.steepest = layer.slopes[steepest]
   for i = 1, weight.columns do
      local product = gradient[weight.first + (steepest - 1) * weight.columns + i]
      layer.read[i] = layer.steepest ~= 0 and product / layer.steepest or 0
   end
   return layer
end

local function layers_of(gradient, tensors)
   local sample, l = { layers = {}, slopes = 0, steepest = 0 }, 1
   while tensors["layer" .. l .. ".weight"] do
      local layer = layer_of(gradient, tensors["layer" .. l .. ".weight"], tensors["layer" .. l .. ".bias"])
      sample.layers[l], l = layer, l + 1
      sample.slopes = sample.slopes + direction.dot(layer.slopes, layer.slopes)
      sample.steepest = math.abs(layer.steepest) > math.abs(sample.steepest) and layer.steepest or sample.steepest
   end
   return sample
end

-- n samples drawn at random: the layers of each, its steepest slope, and the sums of the squares of its
-- slopes and of its gradient; and the means over all of slopes and of what layer 1 reads.
function direction.samples(run, start, n)
   local samples, one = { slopes = 0, read = {} }, { batch = { size = 1 } }
   for _, name in ipairs { "data", "model", "loss" } do
      one[name] = run[name]
   end
   for k = 1, n do
      one.seed = k
      local gradient, tensors = direction.gradient(one, start)
      local sample = layers_of(gradient, tensors)
      sample.square = direction.dot(gradient, gradient)
      samples[k], samples.slopes = sample, samples.slopes + sample.slopes / n
      for i, x in ipairs(sample.layers[1].read) do
         samples.read[i] = (samples.read[i] or 0) + x / n
      end
   end
   return samples
end

-- erf, to 1.5e-7: Abramowitz and Stegun, 7.1.26.
local function erf(x)
   local t = 1 / (1 + 0.3275911 * math.abs(x))
   local y = 1 - ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
      * math.exp(-x * x)
   return x < 0 and -y or y
end

-- The mean of the noise of a unit of this slope times the sign of what its sample is paid. The noise of
-- the steepest unit is a step to either side, and that of all others a Gaussian: where one slope is as
-- large as all others together, as that of the right class is (the slopes of a softmax sum to 0), it
-- alone decides.
local function of_bits(slope, steepest, total)
   if slope == steepest then
      return erf(slope / math.sqrt(2 * math.max(total - slope ^ 2, 1e-9 * total)))
   end
   local width = math.sqrt(2 * math.max(total - slope ^ 2 - steepest ^ 2, 1e-9 * total))
   return (erf((slope + steepest) / width) + erf((slope - steepest) / width)) / 2
end

-- Adds to signal[i] and power[i] what a sample gives to the credit of each synapse, on average and in
-- variance, where `others` is the variance of its pay that its group makes. mean: of what layer 1 reads.
local function add_sample(sample, others, pay, mean, signal, power)
   local total = sample.slopes + others
   for l, layer in ipairs(sample.layers) do
      for j, slope in ipairs(layer.slopes) do
         if slope ~= 0 then -- else the unit was off, and its synapses get no credit
            local credit = pay == "bit" and of_bits(slope, sample.steepest, total) or slope
            local variance = pay == "bit" and 1 - credit ^ 2 or total - slope ^ 2
            local first, bias = layer.weight.first + (j - 1) * layer.weight.columns, layer.bias.first + j
            for i, x in ipairs(layer.read) do
               x = l == 1 and x - mean[i] or x
               signal[first + i] = signal[first + i] + credit * x
               power[first + i] = power[first + i] + variance * x * x
            end
            signal[bias], power[bias] = signal[bias] + credit, power[bias] + variance
         end
      end
   end
end

-- The mean credit of numbers is the gradient, less that of the bias where inputs are centred.
local function centred_gradient(gradient, layer, mean)
   local list = table.move(gradient, 1, #gradient, 1, {})
   for j = 1, #layer.slopes do
      for i, m in ipairs(mean) do
         local at = layer.weight.first + (j - 1) * layer.weight.columns + i
         list[at] = list[at] - m * gradient[layer.bias.first + j]
      end
   end
   return list
end

-- The expected cosine of -gradient and the signs of the credit (plugins/rules/credit.h), where each
-- sample's units are moved by chance and each `group` of the n samples is paid together, in bits or
-- numbers. To first order: what a sample is paid is the noise of all units of its group, times their
-- slopes, and what is not of the synapse's own unit is Gaussian noise to it.
function direction.expected(samples, gradient, how)
   local signal, power = {}, {}
   for i = 1, #gradient do
      signal[i], power[i] = 0, 0
   end
   local mean = how.centred and samples.read or setmetatable({}, { __index = function() return 0 end })
   for _, sample in ipairs(samples) do
      add_sample(sample, (how.group - 1) * samples.slopes, how.pay, mean, signal, power)
   end
   local numbers = how.centred and centred_gradient(gradient, samples[1].layers[1], mean) or gradient
   local along, moved, scale = 0, 0, how.n / #samples
   for i, variance in ipairs(power) do
      local credit = how.pay == "bit" and signal[i] * scale or numbers[i] * how.n
      if variance > 0 or credit ~= 0 then -- else nothing is ever seen there
         along, moved = along + gradient[i] * erf(credit / math.sqrt(2 * scale * variance)), moved + 1
      end
   end
   return along / math.sqrt(direction.dot(gradient, gradient) * moved)
end

-- |mean gradient|^2 / mean |gradient of a sample|^2: 1 where all samples agree.
function direction.agreement(samples, gradient)
   local mean = 0
   for _, sample in ipairs(samples) do
      mean = mean + sample.square / #samples
   end
   return direction.dot(gradient, gradient) / mean
end

return direction
