-- SPDX-License-Identifier: MIT
-- Data sets from a script's values, and data sets from data sets.
local synrl = require 'synrl'
local expect = require 'expect'
local test = {}

local function labels_of(data)
  local labels = {}
  for i = 1, #data do labels[i] = data:sample(i).label end
  return table.concat(labels, ' ')
end

-- The first input of each sample.
local function inputs_of(data)
  local inputs = {}
  for i = 1, #data do inputs[i] = ('%g'):format(data:sample(i).inputs[1]) end
  return table.concat(inputs, ' ')
end

local function numbers(n)
  return synrl.data { samples = n, inputs = function(i) return { i, -i } end,
    labels = function(i) return i % 2 == 0 and 'even' or 'odd' end }
end

function test.values_become_samples()
  local data = synrl.data { inputs = { { 1, 2.5 }, { -3, 0 }, { 0.1, 7 } },
    labels = { 'plum', 'apple', 'plum' }, targets = { 1, 2, 3 } }
  expect.equal(#data, 3)
  local info = data:info()
  expect.equal(info.id, 'data')
  expect.equal(info.inputs, 2)
  expect.equal(info.targets, 1)
  expect.equal(info.format, 'floats')
  expect.equal(table.concat(info.class_names, ' '), 'apple plum')
  local sample = data:sample(1)
  assert(sample.inputs[1] == 1 and sample.inputs[2] == 2.5 and sample.targets[1] == 1)
  assert(sample.label == 'plum' and sample.class == 2)
  expect.equal(labels_of(data), 'plum apple plum')
end

-- Integers are names, too, in the order of their values; a test set may list the classes.
function test.labels_are_names()
  local data = synrl.data { inputs = { 1, 2, 3 }, labels = { 10, 9, '10' } }
  expect.equal(table.concat(data:info().class_names, ' '), '9 10')
  data = synrl.data { inputs = { 1, 2 }, labels = { 9, 9 }, classes = { 10, 9, 8 } }
  expect.equal(table.concat(data:info().class_names, ' '), '10 9 8')
  expect.equal(data:sample(1).class, 2)
end

function test.functions_give_samples_and_pixels_are_bytes()
  local data = synrl.data { samples = 4, pixels = { 1, 2 },
    inputs = function(i) return { 0, 51 * i } end, labels = { 'a', 'b', 'a', 'b' } }
  local info = data:info()
  assert(info.format == 'bytes' and info.height == 1 and info.width == 2 and info.channels == 1)
  assert(math.abs(data:sample(3).inputs[2] - 0.6) < 1e-6)
end

function test.values_that_are_none_are_refused()
  local function refused(text, given)
    expect.error('synrl.data: ' .. text, function() synrl.data(given) end)
  end
  refused('inputs is missing: a list of lists of numbers, one per sample', {})
  refused('inputs must be a list or a function of the sample\'s number, not the string "x"',
    { inputs = 'x' })
  refused('inputs[2][1] must be a finite number, not the string "x"',
    { inputs = { { 1 }, { 'x' } } })
  refused('inputs[2][2] must be a finite number, not NaN', { inputs = { { 1, 2 }, { 1, 0 / 0 } } })
  refused('inputs[2][2] must be a finite number, not inf', { inputs = { { 1, 2 }, { 1, 1 / 0 } } })
  refused('inputs[2] must be a list of 2 numbers, as the first, not one of 3',
    { inputs = { { 1, 2 }, { 1, 2, 3 } } })
  refused('inputs[2] must be a list of 2 numbers, as the first, not nothing',
    { samples = 2, inputs = function(i) if i == 1 then return { 1, 2 } end end })
  refused('labels has 1 entries: must be 2, one per sample', { inputs = { 1, 2 }, labels = { 'a' } })
  refused('labels[2] must be a string or an integer, not 1.5', { inputs = { 1, 2 }, labels = { 'a', 1.5 } })
  refused('labels[2] is "b", which is not among classes',
    { inputs = { 1, 2 }, labels = { 'a', 'b' }, classes = { 'a', 'c' } })
  refused('samples is missing: how many, where inputs is a function',
    { inputs = function() return 1 end })
  refused('4 inputs: must be pixels = 3 x 1 x 1', { inputs = { { 1, 2, 3, 4 } }, pixels = { 3, 1 } })
  refused('inputs[1][2] is 256.0: pixels must be whole numbers 0 .. 255',
    { inputs = { { 1, 256 } }, pixels = { 1, 2 } })
  refused('unknown key "label", did you mean "labels"?', { inputs = { 1 }, label = { 'a' } })
  expect.error('dataset "data": has 1 classes: must be at least 2',
    function() synrl.data { inputs = { 1, 2 }, labels = { 'a', 'a' } } end)
  local good, message = pcall(synrl.data, { samples = 2, inputs = function() error('mine', 0) end })
  assert(not good and message:find('^mine %(in inputs of sample 1: .*data.lua:85%)$'), message)
end

function test.subsets_choose_samples()
  local data = numbers(10)
  expect.equal(inputs_of(data:subset(3, 5)), '3 4 5')
  expect.equal(inputs_of(data:subset { 7, 1, 7 }), '7 1 7')
  expect.equal(inputs_of(data:subset(function(i) return i > 8 end)), '9 10')
  expect.equal(inputs_of(data:subset(3, 8):subset(2, 3)), '4 5')
  local odd = data:subset { classes = { 'odd', 'rare' } }
  expect.equal(inputs_of(odd), '1 3 5 7 9')
  expect.equal(table.concat(odd:info().class_names, ' '), 'odd rare')
  expect.error('subset: the last sample must be an integer from 3 to 10, not 11',
    function() data:subset(3, 11) end)
  expect.error('subset: a sample must be an integer from 1 to 10, not 0', function() data:subset { 0 } end)
  expect.error('subset: the function returned true for no sample: must for at least one',
    function() data:subset(function() end) end)
  expect.error('classes: no sample is of one of them',
    function() data:subset { classes = { 'a', 'b' } } end)
end

function test.shuffles_and_folds_are_permutations()
  local data = numbers(11)
  local shuffled = data:shuffle(3)
  assert(inputs_of(shuffled) ~= inputs_of(data))
  expect.equal(inputs_of(shuffled), inputs_of(data:shuffle(3)))
  local seen = {}
  for i = 1, 11 do
    local inputs = shuffled:sample(i).inputs
    expect.equal(inputs[2], -inputs[1])
    expect.equal(shuffled:sample(i).label, inputs[1] % 2 == 0 and 'even' or 'odd')
    seen[inputs[1]] = true
  end
  expect.equal(#seen, 11)

  local folds, counts = data:folds(3, 1), {}
  expect.equal(#folds, 3)
  for f, fold in ipairs(folds) do
    expect.equal(#fold.valid, f < 3 and 4 or 3)
    expect.equal(#fold.train, 11 - #fold.valid)
    local here = {}
    for _, part in ipairs { fold.train, fold.valid } do
      for i = 1, #part do
        local x = part:sample(i).inputs[1]
        assert(not here[x])
        here[x] = true
        if part == fold.valid then counts[x] = (counts[x] or 0) + 1 end
      end
    end
    expect.equal(#here, 11)
  end
  for x = 1, 11 do expect.equal(counts[x], 1) end
  expect.error('folds: their number must be an integer from 2 to 11, not 12', function() data:folds(12) end)
end

-- The second data set numbers its classes by itself; joined, they are one set of classes.
-- Which line each sample is from, however the data was derived; of two files no line says it.
function test.samples_know_their_lines()
  local path = os.tmpname()
  local file = assert(io.open(path, 'w'))
  file:write('size,sort,kind\n1,a,x\n?,a,x\n3,b,y\n4,b,y\n5,a,x\n')
  file:close()
  local data = synrl.dataset('csv', { path = path, label = 'kind', one_hot = 'sort', missing = 'drop' })
  os.remove(path)
  local function lines(of)
    local names = {}
    for i = 1, #of do names[i] = of:sample(i).name end
    return table.concat(names, ' ')
  end
  local function check(of, wanted)
    expect.equal(lines(of), wanted)
    expect.equal(table.concat(of:info().input_names, ' '), 'size sort=a sort=b')
  end
  check(data, '2 4 5 6')
  check(data:subset { 4, 1 }, '6 2')
  check((data:subset(2, 4):normalise {}), '4 5 6')
  check(data:subset { 3, 2, 1 }:classes { 'y', 'x' }, '5 4 2')
  expect.equal(data:concat(data):sample(1).name, nil)
  local model = synrl.model('mlp', { layers = { 3, 2 } })
  local run = synrl.train { data = data, model = model, loss = 'mse', rule = 'win_stay', iterations = 1,
    record = false }
  expect.equal(table.concat(run:predict(data:subset { 4, 1 }).names, ' '), '6 2')
  expect.equal(run:predict(data:concat(data)).names, nil)
  expect.equal(numbers(3):info().input_names, nil)
  expect.equal(numbers(3):sample(1).name, nil)
end

-- As its own, of which the run keeps the statistics.
function test.a_result_normalises_as_its_own_data_was()
  local data = numbers(20)
  local train, valid = data:split(0.5, 3)
  local fitted, statistics = train:normalise {}
  local function run(on)
    return synrl.train { data = on, model = synrl.model('mlp', { layers = { 2, 2 } }), loss = 'mse',
      rule = 'win_stay', iterations = 1, record = false }
  end
  local wanted, found = valid:normalise(statistics), run(fitted:shuffle(1)):normalise(valid)
  expect.equal(inputs_of(found), inputs_of(wanted))
  expect.equal(labels_of(found), labels_of(valid))
  assert(inputs_of(found) ~= inputs_of(valid))
  expect.equal(inputs_of(run(train):normalise(valid)), inputs_of(valid))
end

function test.concat_joins_by_the_names_of_classes()
  local function of(inputs, labels) return synrl.data { inputs = inputs, labels = labels } end
  local first = of({ 1, 2, 3 }, { 'ant', 'bee', 'cow' })
  local both = first:concat(of({ 4, 5 }, { 'cow', 'bee' }))
  expect.equal(inputs_of(both), '1 2 3 4 5')
  expect.equal(labels_of(both), 'ant bee cow cow bee')
  expect.equal(labels_of(first:subset(2, 3):concat(both:subset(4, 5))), 'bee cow cow bee')
  expect.error('dataset "data" has the class "dog", which the training data lacks: ant, bee, cow',
    function() first:concat(of({ 1, 2 }, { 'ant', 'dog' })) end)
  expect.error('concat: 1 inputs and 0 targets, and 2 inputs and 0 targets: must be equal',
    function() first:concat(numbers(3)) end)
  expect.error('concat: one has labels or targets that the other has not',
    function() first:concat(synrl.data { inputs = { 1 } }) end)
end

-- Whatever asks it, and one in the other.
function test.errors_of_functions_say_which_sample()
  local function one() return { 1 } end
  local function small(i) return i > 3 and error('large') or i end
  expect.error('large (in inputs of sample 4)', function()
    synrl.data { samples = 9, inputs = function(i) return i < 4 and { i } or error('large') end, targets = one }
  end)
  local good, message = pcall(synrl.data, { samples = 9, inputs = one,
    targets = function(i) return { (small(i)) } end })
  assert(not good and message:find(': large %(in targets of sample 4: .* in small, .*%)$'), message)
  local data = synrl.data { samples = 9, inputs = one, labels = function(i) return i % 2 end }
  expect.error('large (in subset of sample 5)', function()
    data:subset(function(i) return i < 5 or error('large') end)
  end)
  good, message = pcall(data.subset, data, function()
    return synrl.policy.from(function() error('inner', 0) end, { memory = 1 }) ~= nil
  end)
  assert(not good and message:find('^inner %(in policy.from: [^)]*%) %(in subset of sample 1: [^)]*%)$'), message)
  local object = {}
  good, message = pcall(synrl.data, { samples = 1, inputs = function() error(object) end })
  assert(not good and message == object)
end

function test.classes_fix_set_and_order()
  local data = numbers(4)
  local fixed = data:classes { 'zero', 'odd', 'even' }
  expect.equal(table.concat(fixed:info().class_names, ' '), 'zero odd even')
  expect.equal(labels_of(fixed), labels_of(data))
  expect.equal(fixed:sample(1).class, 2)
  expect.equal(labels_of(fixed:subset(2, 4):classes { 'even', 'odd' }), 'even odd even')
  expect.error('classes: sample 1 is of class "odd", which is not listed; data:subset ' ..
    '{ classes = {...} } leaves such samples out', function() data:classes { 'even', 'zero' } end)
  expect.error('classes: "odd" is listed twice', function() data:classes { 'odd', 'odd', 'even' } end)
  expect.error('classes: 1 names: must be at least 2', function() data:classes { 'odd' } end)
end

-- Expectations by hand: the columns are 1 2 3 6 and 0 0 4 4.
function test.normalise_by_columns_and_as_another_set()
  local data = synrl.data { inputs = { { 1, 0 }, { 2, 0 }, { 3, 4 }, { 6, 4 } } }
  local function check(found, ...)
    for i, row in ipairs { ... } do
      for c = 1, 2 do
        local value = found:sample(i).inputs[c]
        if math.abs(value - row[c]) > 1e-6 then error(('%d, %d: %g, not %g'):format(i, c, value, row[c]), 2) end
      end
    end
  end
  local s = math.sqrt((4 + 1 + 0 + 9) / 4)
  local standard, statistics = data:normalise()
  check(standard, { -2 / s, -1 }, { -1 / s, -1 }, { 0, 1 }, { 3 / s, 1 })
  assert(statistics.centre[1] == 3 and statistics.centre[2] == 2 and statistics.scale[2] == 2)
  check(data:normalise { by = 'centre' }, { -2, -2 }, { -1, -2 }, { 0, 2 }, { 3, 2 })
  check(data:normalise { by = 'scale' }, { 1 / s, 0 }, { 2 / s, 0 }, { 3 / s, 2 }, { 6 / s, 2 })
  check(data:normalise { by = 'range' }, { 0, 0 }, { 0.2, 0 }, { 0.4, 1 }, { 1, 1 })
  check(data:normalise { by = 'range', low = -1, high = 1 }, { -1, -1 }, { -0.6, -1 }, { -0.2, 1 }, { 1, 1 })
  check(data:normalise { by = 'range', per = 'all' }, { 1 / 6, 0 }, { 2 / 6, 0 }, { 3 / 6, 4 / 6 }, { 1, 4 / 6 })
  check(data:normalise { centre = 1, scale = { 2, 4 } }, { 0, -0.25 }, { 0.5, -0.25 }, { 1, 0.75 }, { 2.5, 0.75 })

  local other = synrl.data { inputs = { { 3, 4 }, { 3 + s, 2 } } }
  check(other:normalise(statistics), { 0, 1 }, { 1, 0 })
  check(data:subset(3, 4):normalise(statistics), { 0, 1 }, { 3 / s, 1 })
  -- A constant input has nothing to be divided by.
  check(synrl.data({ inputs = { { 5, 1 }, { 5, 3 } } }):normalise(), { 0, -1 }, { 0, 1 })

  local function refused(text, options)
    expect.error('normalise: ' .. text, function() data:normalise(options) end)
  end
  refused('by must be "standard", "centre", "scale" or "range", not the string "mean"', { by = 'mean' })
  refused('unknown key "hihg", did you mean "high"?', { hihg = 2 })
  refused('low is 2.0 and high 1.0: must be less', { by = 'range', low = 2 })
  refused('centre and scale for 3 inputs, and the data has 2: must be as many, or one for all',
    { scale = { 1, 2, 3 } })
  refused('input 2 has centre 0 and scale 0: must be finite, and the scale not 0', { scale = { 1, 0 } })
end

-- Pixels count as 0 to 1 before and after.
function test.normalise_bytes()
  local data = synrl.data { inputs = { { 0, 255 }, { 255, 0 } }, labels = { 'a', 'b' }, pixels = { 1, 2 } }
  local found = data:normalise()
  assert(found:info().format == 'floats' and found:info().width == 2)
  assert(found:sample(1).inputs[1] == -1 and found:sample(2).inputs[1] == 1)
  expect.equal(labels_of(found), 'a b')
end

local function row_of(list) return table.concat(list, ' ') end

-- Of bytes and of floats, before and after normalising and splitting; what was there stays.
function test.autoencode_takes_inputs_for_targets()
  local bytes = synrl.data { inputs = { { 0, 255 }, { 255, 0 } }, labels = { 'a', 'b' }, pixels = { 1, 2 } }
  local found = bytes:autoencode()
  local info = found:info()
  assert(info.format == 'bytes' and info.width == 2 and info.targets == 2 and (info.classes or 0) == 0)
  expect.equal(row_of(found:sample(1).targets), '0.0 1.0')
  expect.equal(found:sample(2).label, nil)
  expect.equal(labels_of(bytes), 'a b')
  expect.equal(bytes:info().targets, 0)

  local data = numbers(20)
  local part = data:split(0.5, 3)
  local fitted, statistics = part:normalise {}
  local both, raw = fitted:autoencode(), part:autoencode():normalise(statistics)
  for i = 1, #part do
    expect.equal(row_of(both:sample(i).targets), row_of(fitted:sample(i).inputs))
    expect.equal(row_of(both:sample(i).inputs), row_of(fitted:sample(i).inputs))
    expect.equal(row_of(raw:sample(i).targets), row_of(part:sample(i).inputs))
    expect.equal(row_of(raw:sample(i).inputs), row_of(fitted:sample(i).inputs))
  end
  local shuffled = both:shuffle(2)
  for i = 1, #part do
    expect.equal(row_of(shuffled:sample(i).targets), row_of(shuffled:sample(i).inputs))
  end
  expect.equal(both:concat(both):sample(11).name, nil)
  expect.equal(row_of(both:concat(both):sample(11).targets), row_of(fitted:sample(1).inputs))
end

-- A result makes others' inputs targets as its own were, in the same order of steps.
function test.a_result_autoencodes_as_its_own_data_was()
  local data = numbers(20)
  local train, valid = data:split(0.5, 3)
  local fitted, statistics = train:normalise {}
  local function run(on)
    return synrl.train { data = on, model = synrl.model('mlp', { layers = { 2, 1, 2 } }), loss = 'mse',
      rule = 'win_stay', iterations = 5, record = false }
  end
  local wanted = valid:normalise(statistics)
  local result = run(fitted:autoencode())
  local found = result:normalise(valid)
  expect.equal(inputs_of(found), inputs_of(wanted))
  for i = 1, #valid do expect.equal(row_of(found:sample(i).targets), row_of(wanted:sample(i).inputs)) end
  expect.equal(result:evaluate(found).loss, result:evaluate(wanted:autoencode()).loss)
  local again = run(train:autoencode():normalise(statistics)):normalise(valid:autoencode())
  expect.equal(inputs_of(again), inputs_of(wanted))
  for i = 1, #valid do expect.equal(row_of(again:sample(i).targets), row_of(valid:sample(i).inputs)) end
  -- The loss by hand, of what the network answers.
  local sum = 0
  for i, outputs in ipairs(result:predict(found).outputs) do
    for c = 1, 2 do sum = sum + (outputs[c] - found:sample(i).targets[c]) ^ 2 end
  end
  assert(math.abs(sum / (2 * #valid) - result:evaluate(found).loss) < 1e-6)
end

local function run_of(path)
  local file = assert(io.open(path .. '/run.json'))
  local text = file:read 'a'
  file:close()
  return text
end

local function train(data, valid)
  return synrl.train { data = data, valid = valid, loss = 'cross_entropy', rule = 'win_stay',
    model = synrl.model('mlp', { layers = { 2, 2 } }), iterations = 20 }
end

-- What a run is told to be made with, and that it depends on the values.
function test.runs_record_how_data_came_about()
  local data = numbers(12):shuffle(7)
  local fitted, statistics = data:subset(1, 8):normalise()
  local text = run_of(train(fitted, data:subset(9, 12):normalise(statistics)).summary.run)
  local config = text:match '"config": (%b{})'
  local described = config:match '"data": (%b{})':gsub('%s+', ' ')
  local valid = config:match '"valid": (%b{})':gsub('%s+', ' ')
  assert(described:find('"id": "data"', 1, true) and described:find('"samples": 8', 1, true), described)
  assert(described:find('"by": "normalise"', 1, true) and described:find('"by": "subset"', 1, true))
  assert(described:find('"by": "shuffle", "seed": 7', 1, true), described)
  expect.equal(valid:match '"centre": %b[]', described:match '"centre": %b[]')

  local function hash(of) return run_of(train(of).summary.run):match '"samples": {%s*"data": "(%x+)"' end
  local function three(x)
    return synrl.data { inputs = { { 1, 2 }, { 3, 4 }, { 5, x } }, labels = { 'a', 'b', 'a' } }
  end
  expect.equal(hash(three(6)), hash(three(6)))
  assert(hash(three(6)) ~= hash(three(7)))
  assert(hash(three(6)) ~= hash(three(6):classes { 'b', 'a' }))
  assert(hash(three(6)) ~= hash(three(6):subset { 1, 3, 2 }))
end

-- The same samples in the same order give the same bits, wherever they are from.
function test.derived_data_trains_to_the_same_bits()
  local data = numbers(40)
  local expected = train(data).summary.weights_hash
  local back = data:subset(1, 25):concat(data:subset(26, 40))
  expect.equal(train(back).summary.weights_hash, expected)
  expect.equal(train((data:normalise { centre = 0, scale = 1 })).summary.weights_hash, expected)
  expect.equal(train(data:classes { 'even', 'odd' }).summary.weights_hash, expected)
end

expect.run(test)
