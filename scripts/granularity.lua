-- SPDX-License-Identifier: MIT
-- How fine should a reward be? One bit for every G samples, from one for the whole batch to one for each
-- sample, and noise at units (three_factor), at all weights (win_stay) or at rows and columns (rank1).
-- First how well the moves agree with the gradient at the start, beside what theory says; then accuracy
-- after equal numbers of forward passes, and against the bits that these have paid.
--
--   synrl run --quiet --no-record scripts/granularity.lua images=PATH labels=PATH picture=granularity.svg
local synrl = require "synrl"
local tasks = require "lib.tasks"
local ocr = require "lib.ocr"
local direction = require "lib.direction"

local o = ocr.options {
   first = 1,
   trials = 3,
   hidden = 32,
   groups = { 1, 10, 100, 1000, 0 }, -- samples per bit; 0: all
   kinds = "units,weights,rank1",
   passes = { 6, 20, 60, 200, 600 }, -- of the training set; each a run of its own
   most = 100000,    -- iterations of a run: longer ones are left out
   from = 0.0,       -- alpha_s at the start, falling to a tenth; 0: that of the row
   draws = 10,       -- of noise per split for a cosine; 0: no cosines
   samples = 100,    -- of whose own slopes theory is made
   centred = true,   -- inputs of three_factor less their mean, in the cosines
   picture = "",     -- a PNG or SVG for accuracies, and beside it one for cosines; "": none
}

local data = ocr.data(o)
local n_train = #data:split(0.75, 1)
local groups = {}
for _, group in ipairs(o.groups) do
   group = group > 0 and math.min(group, n_train) or n_train
   groups[#groups + 1] = groups[#groups] ~= group and group or nil
end

local function per(group)
   return group == n_train and "batch" or group == 1 and "sample" or string.format("%d samples", group)
end

-- What a run takes to be paid a bit for every `group` samples: rewards for parts of the whole batch, or,
-- where the noise is the same for all samples, batches that are as small, drawn for every iteration.
local function granularity(group, at_units)
   if group == n_train then
      return { reward = "batch" }
   elseif at_units then
      return { reward = group == 1 and "sample" or { group = group } }
   end
   return { batch = { size = group, every = 1 } }
end

-- Cosines ----------------------------------------------------------------------------------------------

local sign = math.sqrt(2 / math.pi) -- what is left of a small cosine where only signs are kept

-- d numbers that chance moves per reward, K rewards.
local function theory(d, K)
   return sign / math.sqrt(1 + (d + 1) / K)
end

local function average(f)
   local values = {}
   for draw = 1, o.draws do
      values[draw] = f(draw)
   end
   return tasks.statistics(values).mean
end

-- One split: { measured, own slopes, agreeing samples, equal slopes } by pay and number of group; and the
-- cosines of win_stay and rank1.
local function cosines(seed)
   local train = data:split(0.75, seed) -- the first of two
   local run = { data = train, model = ocr.local_net(o.hidden, seed), loss = "cross_entropy", seed = seed }
   local start = direction.start(run)
   local gradient = direction.gradient(run, start)
   local samples = direction.samples(run, start, o.samples)
   local agreement = direction.agreement(samples, gradient)
   local n_units = 10 + o.hidden
   local found = { agreement = { { agreement } }, win_stay = {}, rank1 = {} }
   for _, pay in ipairs { "bit", "graded" } do
      found[pay] = {}
      for k, group in ipairs(groups) do
         run.reward = granularity(group, true).reward
         local measured = average(function(draw)
            run.seed = draw
            return direction.cosine(direction.first_moves(run, start,
               synrl.rule("three_factor", { pay = pay, centred = o.centred, alpha_s = 2 ^ -10 })), gradient)
         end)
         found[pay][k] = { measured,
            direction.expected(samples, gradient, { n = n_train, group = group, pay = pay, centred = o.centred }),
            theory(n_units / agreement, n_train / group), theory(n_units * group, n_train / group) }
      end
   end
   run.reward = nil
   for _, name in ipairs { "win_stay", "rank1" } do
      found[name][1] = { average(function(draw)
         run.seed = draw
         return direction.cosine(direction.second_moves(run, synrl.rule(name, { alpha_s = 2 ^ -14,
            epsilon = function(iteration) return iteration == 0 and 1 or 0 end })), gradient)
      end), sign / math.sqrt(#gradient) }
   end
   return found
end

-- Means over the splits of what cosines() found, and the standard error of the first.
local function mean_cosines(all, name, k)
   local columns = {}
   for column = 1, #all[1][name][k] do
      local values = {}
      for split = 1, #all do
         values[split] = all[split][name][k][column]
      end
      local s = tasks.statistics(values)
      columns[column] = s.mean
      columns.error = columns.error or s.stdev / math.sqrt(s.n)
   end
   return columns
end

local function print_cosines(all)
   local lines = {}
   print(string.format("%-34s %16s %11s %11s %11s", "cosine of moves and -gradient", "measured", "own slopes",
      "agreement", "equal"))
   for _, pay in ipairs { "bit", "graded" } do
      lines[pay] = {}
      for k, group in ipairs(groups) do
         local c = mean_cosines(all, pay, k)
         lines[pay][k] = c
         print(string.format("%-34s %7.4f +- %6.4f %11.4f %11.4f %11.4f",
            string.format("units, %s per %s", pay == "bit" and "bit" or "number", per(group)), c[1], c.error,
            c[2], c[3], c[4]))
      end
   end
   for _, name in ipairs { "win_stay", "rank1" } do
      local c = mean_cosines(all, name, 1)
      print(string.format("%-34s %7.4f +- %6.4f %11.4f", name .. ", bit per batch", c[1], c.error, c[2]))
   end
   return lines
end

-- Accuracies -------------------------------------------------------------------------------------------

-- alpha_s at the start, up to so many samples per bit: chosen on a split that is not reported
-- (docs/results/granularity.md).
local at_weights = { { 1, 1e-3 }, { 10, 2e-3 }, { 100, 4e-3 }, { math.huge, 1e-2 } }
local kinds = {
   units = { title = "units", rule = "three_factor", at_units = true,
      from = { { 1, 4e-2 }, { 100, 2e-2 }, { math.huge, 4e-2 } } },
   weights = { title = "weights", rule = "win_stay", from = at_weights },
   rank1 = { title = "rows and columns", rule = "rank1", from = at_weights },
}

local function first_alpha(kind, group)
   for _, pair in ipairs(kind.from) do
      if group <= pair[1] then
         return o.from > 0 and o.from or pair[2]
      end
   end
end

local function rule(kind, group, iterations)
   local from = first_alpha(kind, group)
   local alpha_s = ocr.falling(from, from / 10, iterations, 40)
   return kind.at_units and synrl.rule(kind.rule, { alpha_s = alpha_s })
      or synrl.rule(kind.rule, { alpha_s = alpha_s, epsilon = 0.25 })
end

-- Forward passes of samples per iteration, and bits.
local function costs(kind, group)
   if kind.at_units then
      return 2 * n_train, math.ceil(n_train / group)
   end
   return group == n_train and n_train or 2 * group, 1
end

local function accuracy(kind, group, iterations, seed)
   local run = granularity(group, kind.at_units)
   run.name, run.loss, run.rule = "granularity", "cross_entropy", rule(kind, group, iterations)
   run.data, run.valid = data:split(0.75, seed)
   run.model, run.seed, run.iterations = ocr.local_net(o.hidden, seed), seed, iterations
   run.record_every, run.evaluate_every = iterations, iterations
   return 100 * synrl.train(run).summary.valid_accuracy
end

-- The accuracies of a row after each number of passes.
local function row(kind, group)
   local found = { title = string.format("%s, bit per %s", kind.title, per(group)), passes = {}, bits = {},
      mean = {}, accuracies = {} }
   local forwards, bits = costs(kind, group)
   for _, passes in ipairs(o.passes) do
      local iterations = math.max(1, passes * n_train // forwards)
      if iterations <= o.most then
         local values = {}
         for seed = o.first, o.first + o.trials - 1 do
            values[#values + 1] = accuracy(kind, group, iterations, seed)
         end
         table.insert(found.passes, passes)
         table.insert(found.bits, iterations * bits)
         table.insert(found.mean, tasks.statistics(values).mean)
         table.insert(found.accuracies, values)
      end
   end
   return found
end

local function print_row(found)
   local texts = {}
   for k, mean in ipairs(found.mean) do
      texts[k] = string.format("%6.2f (%.1e)", mean, found.bits[k])
   end
   print(string.format("%-34s %s", found.title, table.concat(texts, " ")))
end

-- Pictures ---------------------------------------------------------------------------------------------

local function logs(values)
   local list = {}
   for k, value in ipairs(values) do
      list[k] = math.log(value, 10)
   end
   return list
end

local function draw_cosines(lines)
   local panels, names = {}, { "measured", "own slopes", "units / agreement", "equal slopes" }
   for _, pay in ipairs { "bit", "graded" } do
      local panel = { title = (pay == "bit" and "a bit" or "a number") .. " for every G samples", x = "log10 of G",
         y = "cosine with -gradient", log = true, lines = {} }
      for column, name in ipairs(names) do
         local y = {}
         for k = 1, #groups do
            y[k] = lines[pay][k][column]
         end
         panel.lines[column] = { name = name, x = logs(groups), y = y }
      end
      panels[#panels + 1] = panel
   end
   synrl.plot { path = (o.picture:gsub("%.%w+$", "_cosine%0")), panels = panels, columns = 2 }
end

local function draw_accuracies(rows)
   local panels = {}
   for _, by in ipairs { "passes", "bits" } do
      for _, name in ipairs { "units", "weights", "rank1" } do
         local lines = {}
         for _, found in ipairs(rows[name] or {}) do
            if #found.mean > 0 then
               lines[#lines + 1] = { name = found.title:match("per .*"), x = logs(found[by]), y = found.mean }
            end
         end
         if #lines > 0 then
            panels[#panels + 1] = { title = "noise at " .. kinds[name].title .. ": a bit", x = "log10 of " .. by,
               y = "validation accuracy, %", lines = lines }
         end
      end
   end
   if #panels > 0 then
      synrl.plot { path = o.picture, panels = panels, columns = #panels // 2 }
   end
end

local results, all = {}, {}
if o.draws > 0 then
   for seed = o.first, o.first + o.trials - 1 do
      all[#all + 1] = cosines(seed)
   end
   results.cosines = print_cosines(all)
   print(string.format("agreement of samples %.4f", mean_cosines(all, "agreement", 1)[1]))
   if o.picture ~= "" then
      draw_cosines(results.cosines)
   end
end

print(string.format("%-34s accuracy (bits) after %s passes", "", table.concat(o.passes, ", ")))
results.rows = {}
for name in o.kinds:gmatch("[^,]+") do
   local kind = assert(kinds[name], "kinds must be of units, weights and rank1")
   results.rows[name] = {}
   for k, group in ipairs(groups) do
      results.rows[name][k] = row(kind, group)
      print_row(results.rows[name][k])
   end
end
if o.picture ~= "" then
   draw_accuracies(results.rows)
end
return results
