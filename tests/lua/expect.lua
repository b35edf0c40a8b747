-- SPDX-License-Identifier: MIT
-- What the tests of Lua share. A file's tests are functions `function test.NAME()`; it ends with
-- expect.run(test), which runs the one that $SYNRL_TEST names, or all. A test is silent.
local expect = {}

local function fail(found, wanted)
  error(('found:  %s\nwanted: %s'):format(found, wanted), 3)
end

function expect.equal(found, wanted)
  if found ~= wanted then fail(found, wanted) end
end

-- f fails with this text after its place, a line of f, or of the function `at`.
function expect.error(text, f, at)
  local good, found = pcall(f)
  if good then fail('no error', text) end
  local info = debug.getinfo(at or f, 'S')
  local n = #info.short_src
  local line, rest = tostring(found):sub(n + 1):match('^:(%d+): (.*)$')
  local is_at = line and found:sub(1, n) == info.short_src and
    math.tointeger(line) >= info.linedefined and math.tointeger(line) <= info.lastlinedefined
  if not is_at or rest ~= text then fail(found, text) end
end

function expect.run(test)
  local only = os.getenv('SYNRL_TEST')
  for name, run in pairs(test) do
    if only == nil or only == name then run() end
  end
  assert(only == nil or test[only], 'there is no such test')
end

return expect
