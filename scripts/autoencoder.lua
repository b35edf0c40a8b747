-- SPDX-License-Identifier: MIT
-- Pictures through a bottleneck, without a derivative: an autoencoder whose samples each pay the number
-- by which noise at the units changed their own error (three_factor). Linear units can do as well as
-- principal components, and no better.
--
--   synrl run --quiet --no-record scripts/autoencoder.lua folder=PATH
--
-- Without a folder: Fashion-MNIST, where Debian's dataset-fashion-mnist is installed.
local synrl = require "synrl"
local ocr = require "lib.ocr"

local o = synrl.options {
   folder = "/usr/share/datasets/fashion-mnist",
   first = 1, -- seed
   trials = 3,
   tune = false, -- hold out a sixth of the training set instead of reading the test set
   hidden = 32,
   activation = "identity",
   batch = 2000,
   iterations = 800,
   from = 1e-2,
   to = 1e-4,
   steps = 40,
   draws = 15,
   sigma = 0.03,
   momentum = 0.0,
   report = 1,
}

local function images(part)
   return synrl.dataset("idx", { images = o.folder .. "/" .. part .. "-images-idx3-ubyte.gz",
      labels = o.folder .. "/" .. part .. "-labels-idx1-ubyte.gz" }):autoencode()
end

local all, test = images "train", not o.tune and images "t10k" or nil
local errors, seconds = {}, {}
for k = 1, o.trials do
   local seed, data, valid = o.first + k - 1, all, test
   if o.tune then
      data, valid = all:split(5 / 6, seed)
   end
   local n_pixels = data:info().inputs
   local s = synrl.train {
      name = "autoencoder", data = data, valid = valid, loss = "mse", seed = seed, reward = "sample",
      model = synrl.model("mlp", { layers = { n_pixels, o.hidden, n_pixels }, activation = o.activation,
         output = "identity", init = 0.05, seed = seed }),
      rule = synrl.rule("three_factor", { pay = "graded", draws = o.draws, sigma = o.sigma, momentum = o.momentum,
         alpha_s = ocr.falling(o.from, o.to, o.iterations, o.steps) }),
      iterations = o.iterations, batch = ocr.batch(data, o.batch, 1), record_every = o.iterations,
      evaluate_every = math.max(1, o.iterations // o.report),
   }.summary
   errors[k], seconds[k] = s.valid_loss, s.seconds
   print(string.format("seed %d: mean squared error %.5f, %.1f s", seed, s.valid_loss, s.seconds))
end
return { errors = errors, seconds = seconds }
