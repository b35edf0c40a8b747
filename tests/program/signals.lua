-- SPDX-License-Identifier: MIT
-- A run whose callback does what the option `what` says, in iteration 0 or in `at`. Loops call the C
-- library, since only there the thread sanitizer lets a signal in.
local synrl = require 'synrl'
local o = synrl.options { what = 'nothing', at = 20, signal = 'TERM', iterations = 60, every = 20 }

local function loop() while true do os.time() end end
local function kill() os.execute('kill -' .. o.signal .. ' $PPID') end

local kinds = {
  nothing = function() end,
  kill = kill,
  loop = loop,
  protected = function() while true do pcall(loop) end end,
  coroutine = function() coroutine.wrap(loop)() end,
  coroutines = function()
    local inner = coroutine.wrap(function() while true do coroutine.yield(os.time()) end end)
    local outer = coroutine.create(function() while true do pcall(inner) end end)
    while true do coroutine.resume(outer) end
  end,
  read = function() while true do io.read() end end,
  pipe = function() io.popen('echo $$ >pipe; exec sleep 60'):read() end,
  program = function() os.execute('echo $$ >pipe; exec sleep 60') end,
  finalizer = function()
    setmetatable({}, { __gc = loop })
    collectgarbage()
  end,
  exit = function() os.exit(3) end,
  protected_exit = function() pcall(os.exit, true) loop() end,
  exit_in_coroutine = function() coroutine.wrap(os.exit)(false) end,
}

local told = 0
local function on_evaluate(m)
  told = told + 1
  if m.iteration == o.at and not io.open('begun') then
    io.open('begun', 'w'):close()
    kinds[o.what]()
  end
end

-- A function as a schedule, so that signals arrive within iterations too.
local function epsilon(i)
  if o.what == 'schedule' and i == o.at and not io.open('begun') then
    io.open('begun', 'w'):close()
    kill()
    for _ = 1, 1000 do os.time() end
  end
  return 1 / (1 + i)
end

local run = synrl.train { name = 'x', loss = 'mse', iterations = o.iterations,
  record_every = o.every, on_evaluate = on_evaluate,
  data = synrl.dataset('boundary', { samples = 50 }),
  model = synrl.model('mlp', { layers = { 2, 5, 1 } }),
  rule = synrl.rule('qlearning', { epsilon = epsilon }) }
return { hash = run.summary.weights_hash, told = told }
