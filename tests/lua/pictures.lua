-- SPDX-License-Identifier: MIT
-- The pictures of a run and of policies: each is whole and shows the numbers and names of what it
-- was drawn from.
local synrl = require 'synrl'
local expect = require 'expect'
local small = require 'small'
local test = {}

local function without_gnuplot()
  if os.execute('command -v gnuplot >/dev/null') then return false end
  print('skipped: gnuplot is not installed')
  return true
end

-- All of an SVG's text; gnuplot writes the end of the file last.
local function text_of(path)
  local svg = assert(io.open(path)):read('a')
  assert(svg:find('</svg>%s*$'), path .. ' is not whole')
  local texts = {}
  for text in svg:gmatch('<text>(.-)</text>') do texts[#texts + 1] = text:gsub('<.->', '') end
  return '|' .. table.concat(texts, '|') .. '|'
end

local function shows(path, ...)
  local text = text_of(path)
  for _, wanted in ipairs { ... } do
    assert(text:find('|' .. wanted .. '|', 1, true), path .. ' does not show ' .. wanted)
  end
end

function test.a_run_is_drawn()
  if without_gnuplot() then return end
  local result = small.train(30, { name = '100% {a_b}', valid = small.data, record = true,
    rule = synrl.rule('qlearning', { memory = 1 }) })
  local run, right = result.summary.run, result.summary.accuracy
  shows(run .. '/loss.svg', '100% {a_b}', 'loss', 'accuracy', 'training', 'validation')
  shows(run .. '/boundary.svg', ('trained network: %.2f%% correct, %.0f wrong'):format(100 * right,
    50 * (1 - right)))
  shows(run .. '/policy.svg', 'greedy action by the last actions and rewards')
  for _, name in ipairs { 'loss', 'boundary', 'policy' } do
    expect.equal(assert(io.open(run .. '/' .. name .. '.png', 'rb')):read(8), '\x89PNG\r\n\x1a\n')
  end
end

-- Columns have names while there are at most 27.
function test.policies_of_all_sizes_are_drawn()
  if without_gnuplot() then return end
  for memory, columns in ipairs { 3, 9, 27, 81 } do
    assert(synrl.policy.new({ memory = memory }):draw('p.svg'))
    local _, found = text_of('p.svg'):gsub('%f[^|][-0+ ]+|', '')
    local rows = 1 << memory
    if columns <= 27 then expect.equal(found, columns * rows + columns + rows) end
  end
  assert(synrl.policy.new({ memory = 1, features = { 'credit', 'activity' } }):draw('p.svg'))
  shows('p.svg', 'credit, activity | last actions, the newest on the right', '+ 0 | -')
end

expect.run(test)
