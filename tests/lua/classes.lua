-- SPDX-License-Identifier: MIT
-- Classes are what they are called, whatever their numbers in a file.
local synrl = require 'synrl'
local expect = require 'expect'
local test = {}

local places = { ant = -1, bee = 0, cow = 1, dog = 2 }

local function named(path, names)
  local file = assert(io.open(path, 'w'))
  file:write('x,y,kind\n')
  for i = 1, 30 do
    local name = names[i % #names + 1]
    file:write(('%g,%g,%s\n'):format(places[name], name == 'bee' and 1 or -1, name))
  end
  file:close()
  return synrl.dataset('csv', { path = path, label = 'kind' })
end

-- A validation set that has only some of the classes, in another order, is judged by the names; one
-- with another class is refused.
function test.classes_are_compared_by_name()
  local data = named('train.csv', { 'ant', 'bee', 'cow' })
  local part, other = named('part.csv', { 'cow', 'bee' }), named('other.csv', { 'bee', 'cow', 'dog' })
  local function run(valid)
    return synrl.train { data = data, valid = valid, loss = 'cross_entropy', rule = 'gd',
      model = synrl.model('mlp', { layers = { 2, 3 }, init = 0.1 }), iterations = 1000, record = false }
  end
  local result = run(part)
  expect.equal(result.summary.accuracy, 1.0)
  expect.equal(result.summary.valid_accuracy, 1.0)
  local found = result:evaluate(part)
  expect.equal(found.accuracy, 1.0)
  expect.equal(#found.confusion, 3)
  expect.equal(found.confusion[2][2], 15) -- bee is the second class of the training data
  expect.equal(found.confusion[3][3], 15)
  expect.equal(synrl.evaluate { data = part, weights = result, outputs = true }.predicted[1], 2)
  local refusal = 'dataset "csv" has the class "dog", which the training data lacks: ant, bee, cow'
  expect.error('valid: ' .. refusal, function() run(other) end, run)
  expect.error(refusal, function() result:evaluate(other) end)
end

-- A table without labels can be answered, but not learned.
function test.what_has_no_labels_is_answered()
  local data = named('train.csv', { 'ant', 'bee', 'cow' })
  local model = synrl.model('mlp', { layers = { 2, 3 }, init = 0.1 })
  local function train(of, valid)
    return synrl.train { data = of, valid = valid, loss = 'cross_entropy', rule = 'gd', model = model,
      iterations = 1000, record = false }
  end
  local result = train(data)
  local file = assert(io.open('rows.csv', 'w'))
  file:write('x,y\n1,-1\n-1,-1\n0,1\n')
  file:close()
  local rows = synrl.dataset('csv', { path = 'rows.csv' })
  local found = synrl.evaluate { data = rows, weights = result, outputs = true }
  expect.equal(table.concat(found.predicted, ' '), '3 1 2')
  assert(found.samples == 3 and #found.outputs == 3)
  assert(found.loss == nil and found.accuracy == nil and found.confusion == nil)
  local refusal = 'loss "cross_entropy": dataset "csv" has neither labels nor targets to learn or to ' ..
    'compare with; its parameters, or the labels of synrl.data, say which they are'
  expect.error(refusal, function() train(rows) end, train)
  expect.error(refusal, function() train(data, rows) end, train)
end

-- Names as they are, also where they are no ASCII or need quotes.
function test.names_stay_as_they_are_in_files()
  local file = assert(io.open('names.csv', 'w'))
  local names = { 'A, "B"', 'long' .. ('x'):rep(40), 'ä', 'ö' }
  for i = 1, 40 do
    file:write(i, ',"', (names[i % 4 + 1]:gsub('"', '""')), '"\n')
  end
  file:close()
  local result = synrl.train { data = synrl.dataset('csv', { path = 'names.csv', label = '2' }),
    loss = 'cross_entropy', rule = 'win_stay', model = synrl.model('mlp', { layers = { 1, 4 } }),
    iterations = 2 }
  local lines = io.lines(result.summary.run .. '/confusion.csv')
  expect.equal(lines(), 'actual,"A, ""B""",' .. names[2] .. ',ä,ö')
  local rows = { lines(), lines(), lines(), lines() }
  for i, name in ipairs { '"A, ""B"""', names[2], 'ä', 'ö' } do
    expect.equal(rows[i]:sub(1, #name + 1), name .. ',')
  end
end

-- By hand: of the samples at x < 0 the network says left, else right; there is no one at up.
function test.each_class_has_its_scores()
  local data = synrl.data { inputs = { { -1 }, { -2 }, { -3 }, { 4 }, { 5 }, { -6 } },
    classes = { 'left', 'right', 'up' },
    labels = { 'left', 'left', 'right', 'right', 'left', 'left' } }
  local model = synrl.model('mlp', { layers = { 1, 3 } })
  local result = synrl.train { data = data, model = model, loss = 'cross_entropy', record = false, iterations = 2,
    rule = synrl.rule { reads = 'more', step = function(_, env)
      env:set_weights(synrl.array { -1, 1, 0, 0, 0, -1e6 })
      env:step(synrl.array(6), 0.001)
    end } }
  local found = result:evaluate(data)
  expect.equal(table.concat(found.confusion[1], ' '), '3 1 0')
  expect.equal(table.concat(found.confusion[2], ' '), '1 1 0')
  local wanted = { { 'left', 4, 3 / 4, 3 / 4, 3 / 4 }, { 'right', 2, 1 / 2, 1 / 2, 1 / 2 }, { 'up', 0 } }
  expect.equal(#found.classes, 3)
  for c, class in ipairs(found.classes) do
    expect.equal(class.class, wanted[c][1])
    expect.equal(class.samples, wanted[c][2])
    expect.equal(class.recall, wanted[c][3])
    expect.equal(class.precision, wanted[c][4])
    expect.equal(class.f1, wanted[c][5])
  end
  -- Before it is trained, the classes are named by the data.
  expect.equal(synrl.evaluate { model = model, data = data }.classes[3].class, 'up')
  local small = require 'small'
  local classes = synrl.evaluate { model = small.model, data = small.data }.classes
  expect.equal(#classes, 2)
  expect.equal(classes[2].class, 'positive')
end

-- Tables of a million pairs of classes and more are not made.
function test.many_classes_have_no_table_of_pairs()
  local file = assert(io.open('many.csv', 'w'))
  for i = 1, 1500 do file:write(i / 1000, ',', i, '\n') end
  file:close()
  local data = synrl.dataset('csv', { path = 'many.csv', label = '2', header = 'no' })
  local result = synrl.train { name = 'many', data = data, loss = 'cross_entropy', rule = 'win_stay',
    model = synrl.model('mlp', { layers = { 1, 1500 } }), iterations = 2 }
  assert(not io.open(result.summary.run .. '/confusion.csv'))
  local found = result:evaluate(data)
  assert(found.confusion == nil and found.classes == nil and found.accuracy <= 1)
end

expect.run(test)
