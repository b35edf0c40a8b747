-- SPDX-License-Identifier: MIT
-- What a classifier leaves in its folder, with the shipped letters: 2,000 samples, or a quarter of
-- them where a sanitizer makes all slow.
local synrl = require 'synrl'
local expect = require 'expect'
local test = {}

local part = os.getenv('SLOW') == 'yes' and 4 or 1
local folder = os.getenv('SOURCE') .. '/datasets/glyphs/'
local all = synrl.dataset('idx', { images = folder .. 'images-idx3-ubyte.gz',
  labels = folder .. 'labels-idx1-ubyte.gz', classes = 'ABCDEFGHIJ' })
local data, rest = all:split(0.1 / part, 1)
local valid = rest:split(0.05 / part, 1)

local function train(iterations)
  return synrl.train { data = data, valid = valid, loss = 'cross_entropy', iterations = iterations,
    model = synrl.model('mlp', { layers = { 784, 10 }, activation = 'relu', init = 0.1 }),
    rule = synrl.rule('win_stay', { alpha_s = 1e-3 }),
    batch = { size = 1000 // part, every = 40 } }
end

local function rows_of(path)
  local rows = {}
  for line in io.lines(path) do
    local row = {}
    for field in line:gmatch('[^,]+') do row[#row + 1] = field end
    rows[#rows + 1] = row
  end
  return rows
end

-- confusion.csv against what result:evaluate counts, and that against the accuracy.
function test.the_confusion_is_recorded()
  local result = train(300)
  local e = result:evaluate(valid)
  local rows, right, n = rows_of(result.summary.run .. '/confusion.csv'), 0, 0
  assert(#rows == 11 and rows[1][1] == 'actual' and rows[1][2] == 'A' and rows[11][1] == 'J')
  for a = 1, 10 do
    for p = 1, 10 do
      expect.equal(tonumber(rows[a + 1][p + 1]), e.confusion[a][p])
      n = n + e.confusion[a][p]
    end
    right = right + e.confusion[a][a]
  end
  expect.equal(n, #valid)
  expect.equal(right / n, result.summary.valid_accuracy)
end

function test.the_worst_mistakes_are_drawn()
  if not os.execute('command -v gnuplot >/dev/null') then
    print('skipped: gnuplot is not installed')
    return
  end
  local run = train(20).summary.run
  for _, name in ipairs { 'confusion.svg', 'confusion.png', 'mistakes.png' } do
    assert(io.open(run .. '/' .. name, 'rb')):close()
  end
  local svg = assert(io.open(run .. '/mistakes.svg')):read('a')
  expect.equal(select(2, svg:gsub('[A-J]: [A-J]', '')), 40)
end

expect.run(test)
