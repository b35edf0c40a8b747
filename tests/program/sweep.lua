-- SPDX-License-Identifier: MIT
-- Each cell leaves a line in `log` and returns numbers that can be checked by hand.
local synrl = require 'synrl'
local o = synrl.options { n = 1, x = 0.5, word = 'a', seed = 1 }
local log = assert(io.open('log', 'a'))
log:write(o.n, ' ', o.x, ' ', o.word, ' ', o.seed, '\n')
log:close()
print('not a result')
if os.getenv('PAUSE') then os.execute('sleep ' .. os.getenv('PAUSE')) end
if io.open('fails') and o.n == 2 then error('no luck') end
return { accuracy = 10 * o.n + o.seed ^ 2, nested = { loss = o.x }, word = o.word }
