-- SPDX-License-Identifier: MIT
-- synrl.plot.
local synrl = require 'synrl'
local expect = require 'expect'
local test = {}

function test.curves_are_drawn()
  if not os.execute('command -v gnuplot >/dev/null') then
    print('skipped: gnuplot is not installed')
    return
  end
  local line = { name = 'x_1 & <b>', x = { 1, 2, 3 }, y = { 1, 0 / 0, 1 / 0 } }
  synrl.plot { path = 'a.svg', panels = {
    { title = "it's", log = true, lines = { line } },
    { lines = { line, line } },
  } }
  local svg = assert(io.open('a.svg')):read('a')
  assert(svg:find('it&#39;s') or svg:find("it's"))
  assert(svg:find('x_1'))
end

-- A line, or all lines of a panel, without a finite point, or none that a logarithm has.
function test.lines_without_points_are_left_out()
  if not os.execute('command -v gnuplot >/dev/null') then return end
  local none = { name = 'none', x = { 1, 2 }, y = { 0 / 0, 1 / 0 } }
  local some = { name = 'some', x = { 1, 2 }, y = { 3, 4 } }
  local below = { name = 'below', x = { 1, 2 }, y = { 0, -1 } }
  synrl.plot { path = 'b.svg', panels = { { lines = { none } }, { lines = { none, some } },
    { lines = { below }, log = true }, { lines = { { name = 'empty', x = {}, y = {} } } }, { lines = { some } } } }
  local svg = assert(io.open('b.svg')):read('a')
  for _, name in ipairs { 'none', 'some', 'below', 'empty' } do assert(svg:find(name), name) end
end

local function plot(path, line)
  return function() synrl.plot { path = path, panels = { { lines = { line } } } } end
end

function test.what_cannot_be_drawn_is_refused()
  local point = { x = { 1 }, y = { 1 } }
  expect.error('plot: panels is missing', function() synrl.plot { path = 'a.svg' } end)
  expect.error('plot: panels must be a list of 1 to 12 tables', function()
    synrl.plot { path = 'a.svg', panels = {} }
  end)
  expect.error('plot: a panel: lines is missing', function()
    synrl.plot { path = 'a.svg', panels = { {} } }
  end)
  expect.error('plot: unknown key "pannels", did you mean "panels"?', function()
    synrl.plot { path = 'a.svg', pannels = {} }
  end)
  expect.error('a.jpg: the name of a picture must end in .svg or .png', plot('a.jpg', point))
  expect.error('plot: path must be a string, not 3', plot(3, point))
  expect.error('plot: a line has 2 x and 1 y: their numbers must be equal', plot('a.svg', { x = { 1, 2 }, y = { 1 } }))
  expect.error('plot: entry 1 of a line\'s y must be a number, not the string "a"',
    plot('a.svg', { x = { 1 }, y = { 'a' } }))
end

expect.run(test)
