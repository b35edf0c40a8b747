-- SPDX-License-Identifier: MIT
-- Two sweeps, the second of which depends on the first; each cell leaves a letter in a file.
local synrl = require 'synrl'
local o = synrl.options { jobs = 2, base = 5 }

local function count(what)
  local file = io.open(what, 'a')
  file:write('x')
  file:close()
end

local first = synrl.sweep { grid = { a = { 1, 2 }, b = { true, 'word' } }, seeds = 3, jobs = o.jobs,
  run = function(p)
    count('first')
    return { value = o.base + p.a * p.seed, b = p.b }
  end }
local second = synrl.sweep { grid = { c = { 0.25 } }, run = function(p)
  count('second')
  return p.c + first.groups[1].mean.value
end }
return { groups = first.groups, second = second.groups[1].mean.value, cells = #first.cells }
