#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A run whose loss is not finite at its end says so: once, in its status, and in the exit code unless
# the script has asked.

setup() {
    cat >d.lua <<'END'
local synrl = require 'synrl'
local o = synrl.options { rule = 'gd', step = 1e6, asks = false, seed = 1, whole = true }
local data = synrl.dataset('boundary', { samples = 100 })
local r = synrl.train { name = 'd', data = data, valid = data, loss = 'mse', iterations = 50,
  model = synrl.model('mlp', { layers = { 2, 5, 1 } }),
  rule = synrl.rule(o.rule, { [o.rule == 'gd' and 'alpha' or 'alpha_s'] = o.step }) }
if o.asks and r.diverged then print('it diverged') end
return o.whole and r.summary or { accuracy = r.summary.accuracy }
END
}

# warns N: the last command warned so often.
warns() {
    [ "$(grep -c 'warning:' "$ERROR")" -eq "$1" ] || fail "not $1 warnings: $(cat "$ERROR")"
}

test_it_is_said_once_and_is_an_error() {
    for rule in gd win_stay; do
        exits 1 synrl run --quiet d.lua rule=$rule step=1e8
        says 'the loss is not finite in iteration'
        says 'd.lua: 1 run diverged: the loss at the end is not finite'
        warns 1
        grep -qx 'diverged  *true' "$OUTPUT"
        grep -qx '  "status": "diverged",' runs/*/run.json
        exits 0 synrl ls --status diverged
        says ' diverged '
        exits 0 synrl show "$(basename runs/2*)"
        says 'diverged'
        exits 0 synrl report runs/2* -o report.html
        grep -q '"status":"diverged"' report.html
        rm -r runs
    done
    exits 1 synrl run --no-pictures d.lua
    says 'd: diverged: the loss is not finite, so it has no gradient, '
    exits 0 synrl run --quiet --no-pictures d.lua step=0.01
    warns 0
}

test_a_script_that_asks_handles_it() {
    exits 0 synrl run --quiet --no-pictures d.lua asks=true
    says 'it diverged'
    grep -qx '  "status": "diverged",' runs/*/run.json
    exits 0 synrl run --quiet --no-pictures d.lua asks=true step=0.01
}

# It is complete: there is nothing to continue.
test_it_resumes_to_the_same_result() {
    exits 1 synrl run --quiet --json d.lua
    grep -vE '"(seconds|run)"' "$OUTPUT" >before
    exits 1 synrl resume --quiet --json "$(basename runs/2*)"
    grep -vE '"(seconds|run)"' "$OUTPUT" | diff before - >&2
    grep -qx '  "status": "diverged",' runs/*/run.json
}

test_a_sweep_shows_it() {
    for whole in true false; do
        exits 0 synrl sweep --quiet d.lua seed=1..3 step=1e6,0.01 whole=$whole
        says '3 cells diverged'
        tr -s ' ' <"$OUTPUT" >table
        grep -q '^1e6 .* 3 3 0 0 ' table || grep -q '^1000000 .* 3 3 0 0 ' table || fail "$(cat table)"
        grep -q '^0.01 .* 3 0 0 0 ' table || fail "$(cat table)"
    done
    # Kept results say it too, and the sweep's report has the runs.
    exits 0 synrl sweep --quiet d.lua seed=1..3 step=1e6,0.01 whole=false
    says '3 cells diverged'
    exits 0 synrl report runs/sweep-*.json -o report.html
    # One that the script asks of is what the script makes of it.
    exits 0 synrl sweep --quiet --no-record d.lua seed=1..3 asks=true whole=false
    ! grep -q diverged "$OUTPUT" "$ERROR"
}
