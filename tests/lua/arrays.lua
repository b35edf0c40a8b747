-- SPDX-License-Identifier: MIT
-- Arrays: arithmetic element by element, against Lua's own.
local synrl = require 'synrl'
local expect = require 'expect'
local equal, refused = expect.equal, expect.error
local array = synrl.array
local test = {}

local xs = { -2.5, 0, 1, 3.25, 1e300, -1e-300, 7 }
local ys = { 4, -1, 1, 0.5, 1e10, 3, -7 }

-- found is an array of f of each pair.
local function each(found, f)
  equal(#found, #xs)
  for i = 1, #xs do equal(found[i], f(xs[i], ys[i])) end
end

function test.arithmetic()
  local a, b = array(xs), array(ys)
  each(a + b, function(x, y) return x + y end)
  each(a - b, function(x, y) return x - y end)
  each(a * b, function(x, y) return x * y end)
  each(a / b, function(x, y) return x / y end)
  each(-a, function(x) return -x end)
  each(2 - a, function(x) return 2 - x end)
  each(a / 4, function(x) return x / 4 end)
  each(a:less(b), function(x, y) return x < y and 1.0 or 0.0 end)
  each(a:greater(b), function(x, y) return x > y and 1.0 or 0.0 end)
  each(a:equal(b), function(x, y) return x == y and 1.0 or 0.0 end)
  each(a:less(1), function(x) return x < 1 and 1.0 or 0.0 end)
  each(a:min(b), math.min)
  each(a:max(b), math.max)
  each(a:less(0):where(b, 9), function(x, y) return x < 0 and y or 9 end)
  each(a:less(0):where(1, a), function(x) return x < 0 and 1 or x end)
  each(a:less(0):where(1, 2), function(x) return x < 0 and 1.0 or 2.0 end)
end

function test.functions()
  local a = array(xs)
  each(a:abs(), math.abs)
  each(a:sign(), function(x) return x > 0 and 1.0 or x < 0 and -1.0 or 0.0 end)
  each(array(xs):min(1e9):floor(), function(x) return math.floor(math.min(x, 1e9)) end)
  each(a:abs():sqrt(), function(x) return math.sqrt(math.abs(x)) end)
  for name, f in pairs { exp = math.exp, tanh = function(x) local e = math.exp(2 * x) return (e - 1) / (e + 1) end,
    sin = math.sin, cos = math.cos, log = math.log } do
    local small = array { 0.5, 1, 2, 3 }
    local found = small[name](small)
    for i = 1, 4 do assert(math.abs(found[i] - f(small[i])) < 1e-6 * math.max(1, math.abs(f(small[i]))), name) end
  end
  -- These powers are exact.
  local base = array { -3, 0.5, 2, 0 }
  equal(tostring(base ^ 2), 'array { 9.0, 0.25, 4.0, 0.0 }')
  equal(tostring(base ^ 5), 'array { -243.0, 0.03125, 32.0, 0.0 }')
  equal(tostring(base ^ 0), 'array { 1.0, 1.0, 1.0, 1.0 }')
  equal(tostring(array { 2, -4 } ^ -3), 'array { 0.125, -0.015625 }')
  equal((array { 2 } ^ 1023.0)[1], 2.0 ^ 1023)
  local long = array(1000, 0.5):exp()
  for i = 1, 1000 do equal(long[i], long[1]) end
end

function test.sums()
  local sum, dot = 0, 0
  for i = 1, #xs do
    sum = sum + xs[i]
    dot = dot + xs[i] * ys[i]
  end
  equal(array(xs):sum(), sum)
  equal(array(xs):mean(), sum / #xs)
  equal(array(xs):dot(array(ys)), dot)
  equal(array(3):sum(), 0)
  equal(array(3, 2.5):sum(), 7.5)
end

function test.text()
  equal(tostring(array { 1, 2.5 }), 'array { 1.0, 2.5 }')
  equal(tostring(array(7)), 'array { 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, ... }')
  equal(#array {}, 0)
end

function test.refused()
  local a = array { 1, 2, 3 }
  refused('arithmetic with arrays of 3 and 2 numbers: must be of one length', function() return a + array(2) end)
  refused('arithmetic with an array and the string "x": must be a number or an array', function() return a + 'x' end)
  refused('arithmetic with an array and nothing: must be a number or an array', function() return nil * a end)
  local power = 'a power of an array must be a whole number from -1024 to 1024, not %s; others are (a:log() * b):exp()'
  refused(power:format '0.5', function() return a ^ 0.5 end)
  refused(power:format '1025', function() return a ^ 1025 end)
  refused(power:format '2', function() return 2 ^ a end)
  refused(power:format 'an array of 3', function() return a ^ a end)
  refused('where: arrays of 3 and 2 numbers: must be of one length', function() return a:where(array { 1, 2 }, 0) end)
  refused('dot: the other factor must be an array, not 3', function() return a:dot(3) end)
  refused('dot: the other factor has 2 elements: must have 3', function() return a:dot(array(2)) end)
  refused('element 0 of an array of 3: must be 1 .. 3', function() return a[0] end)
  refused('element 4 of an array of 3: must be 1 .. 3', function() return a[4] end)
  refused('element 1.5 of an array of 3: must be 1 .. 3', function() return a[1.5] end)
  refused('an array has no method called the string "plus"', function() return a:plus(1) end)
  refused('an array does not change: make another one, such as mask:where(a, b)', function() a[1] = 2 end)
  refused('an array was expected, not 3: write array:method(...)', function() return a.sum(3) end)
  refused('synrl.array: must be a list of numbers, or a length of 0 .. 134217728, not -1', function() array(-1) end)
  refused('synrl.array: must be a list of numbers, or a length of 0 .. 134217728, not 1e+15',
    function() array(1e15) end)
  refused('synrl.array: must be a list of numbers, or a length of 0 .. 134217728, not nothing', function() array() end)
  refused('synrl.array: element 2 must be a number, not the string "b"', function() array { 1, 'b' } end)
  refused('synrl.array: the value must be a number, not true', function() array(3, true) end)
end

expect.run(test)
