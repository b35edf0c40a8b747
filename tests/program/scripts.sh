#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What `synrl run` makes of a script: its own errors, its options, what it returns, its seed, and the same
# under Lua's own interpreter.

script() {
    cat >s.lua
}

# mistake CODE LINE [ARGUMENT...] <SCRIPT: the script ends with this line on stderr, prints nothing
# and leaves no run.
mistake() {
    script
    exits "$1" synrl run --quiet s.lua "${@:3}"
    complains "$2"
    prints ''
    absent runs
}

# Errors ----------------------------------------------------------------------------------------

test_errors_are_one_line() {
    mistake 1 "s.lua:1: unexpected symbol near '='" <<<'local x = = 1'
    mistake 1 "s.lua:2: attempt to call a nil value (local 'x')" <<<$'local x\nx()'
    mistake 1 'so it is' <<<"error('so it is', 0)"
    mistake 1 'mine' <<<"error(setmetatable({}, {__tostring = function() return 'mine' end}))"
    mistake 1 's.lua: raised a table instead of an error message' <<<'error({ code = 7 })'
    mistake 1 's.lua: raised a nil instead of an error message' <<<'error()'
    mistake 1 '7' <<<'error(7)'
    mistake 1 's.lua:2: no rule "qlerning", did you mean "qlearning"?' \
        <<<$'local synrl = require "synrl"\nsynrl.rule("qlerning")'
}

test_an_error_within_training_leaves_no_run() {
    mistake 1 's.lua:2: train: iterations must be an integer of at least 1, not 0' <<'END'
local synrl = require 'synrl'
synrl.train { data = synrl.dataset('boundary', { samples = 20 }), loss = 'mse', rule = 'win_stay',
  model = synrl.model('mlp', { layers = { 2, 3, 1 } }), iterations = 0 }
END
}

# Options ---------------------------------------------------------------------------------------

test_wrong_options_are_refused() {
    local options="local synrl = require 'synrl'"$'\nsynrl.options'
    mistake 2 's.lua:2: unknown option "hiden", did you mean "hidden"?' hiden=4 <<<"$options {hidden = 3}"
    mistake 2 's.lua:2: option "hidden": must be an integer, not "x"' hidden=x <<<"$options {hidden = 3}"
    mistake 2 's.lua:2: option "hidden": must be an integer, not "3.5"' hidden=3.5 <<<"$options {hidden = 3}"
    mistake 2 's.lua:2: option "rate": must be a finite number, not "nan"' rate=nan <<<"$options {rate = 0.5}"
    mistake 2 's.lua:2: option "rate": must be a finite number, not "1e999"' rate=1e999 \
        <<<"$options {rate = 0.5}"
    mistake 2 's.lua:2: option "fast": must be true or false, not "1"' fast=1 <<<"$options {fast = true}"
    mistake 2 's.lua:2: option "layers": must be an integer, not "x"' layers=2,x <<<"$options {layers = {2, 1}}"
}

test_a_script_without_options_takes_none() {
    mistake 2 '"a=1": s.lua takes no options' a=1 <<<'return {}'
    mistake 2 's.lua:2: "a=1": the script has no options: it has not called synrl.options' a=1 <<'END'
local synrl = require 'synrl'
synrl.train { data = synrl.dataset('boundary', { samples = 20 }), loss = 'mse', rule = 'win_stay',
  model = synrl.model('mlp', { layers = { 2, 3, 1 } }), iterations = 3 }
END
}

seeds() {
    synrl run --quiet "$@" | cut -f 1,2
}

# The seed of a script is that of --seed, of seed=, of its own default, in this order; math.random
# follows it.
test_seeds_come_from_options() {
    local first
    script <<'END'
local synrl = require 'synrl'
local o = synrl.options { seed = 4 }
local r = synrl.train { data = synrl.dataset('boundary', { samples = 9 }), loss = 'mse', rule = 'win_stay',
  model = synrl.model('mlp', { layers = { 2, 1 } }), iterations = 1, record = false }
print(o.seed, r.summary.seed, math.random(10 ^ 6 // 1))
END
    exits 0 seeds s.lua
    prints $'4\t4'
    exits 0 seeds --seed 7 s.lua
    prints $'7\t7'
    exits 0 seeds s.lua seed=7
    prints $'7\t7'
    exits 0 seeds --seed 3 s.lua seed=7
    prints $'7\t7'
    first=$(synrl run --quiet s.lua)
    exits 0 synrl run --quiet s.lua
    prints "$first"
    [ "$first" != "$(synrl run --quiet s.lua seed=5)" ]
}

# What is returned ------------------------------------------------------------------------------

test_what_json_cannot_hold_is_refused() {
    mistake 1 's.lua: must return a table with names, to be printed as JSON' --json <<<'return 3'
    mistake 1 "s.lua: the script's result contains a function, which JSON cannot express" \
        <<<'return {f = print}'
    mistake 1 "s.lua: the script's result contains tables nested too deeply, or in a cycle" \
        <<<'local t = {}; t.t = t; return t'
    mistake 1 "s.lua: the script's result contains a key that is not a name" <<<'return {[1.5] = 2}'
}

# Threads ---------------------------------------------------------------------------------------

test_threads_do_not_change_a_bit() {
    local first
    script <<'END'
local synrl = require 'synrl'
local r = synrl.train { data = synrl.dataset('boundary', { samples = 500 }), loss = 'euclidean', rule = 'qlearning',
  model = synrl.model('mlp', { layers = { 2, 40, 1 } }), iterations = 200, record = false }
print(r.summary.weights_hash, r.policy.hash)
END
    first=$(synrl run --quiet --threads 1 s.lua)
    [ "${#first}" -eq 33 ]
    for n in 2 4; do
        exits 0 synrl run --quiet --threads "$n" s.lua
        prints "$first"
    done
}

# Lua's own interpreter -------------------------------------------------------------------------

test_the_stock_interpreter_runs_scripts() {
    has_stock_lua || return 0
    local by_lua
    script <<'END'
local synrl = require 'synrl'
local o = synrl.options { seed = 1, hidden = 3 }
local r = synrl.train { data = synrl.dataset('boundary', { samples = 40 }), loss = 'mse', rule = 'qlearning',
  model = synrl.model('mlp', { layers = { 2, o.hidden, 1 } }), iterations = 20 }
print(o.hidden, r.summary.weights_hash)
END
    exits 0 stock_lua s.lua hidden=5
    complains ''
    by_lua=$(cat "$OUTPUT")
    [ "${by_lua%%$'\t'*}" = 5 ]
    ls runs/*/run.json >/dev/null
    exits 0 synrl run --quiet --no-record s.lua hidden=5
    prints "$by_lua"
    refuses 1 's.lua:2: unknown option "hiden", did you mean "hidden"?' stock_lua s.lua hiden=5
    exits 0 stock_lua -e 'print("synrl " .. require("synrl").version)'
    prints "$(synrl version | head -n 1)"
}

test_the_stock_interpreter_can_be_interrupted() {
    has_stock_lua || return 0
    script <<'END'
local synrl = require 'synrl'
synrl.train { data = synrl.dataset('boundary', { samples = 50 }), loss = 'mse', rule = 'win_stay',
  model = synrl.model('mlp', { layers = { 2, 5, 1 } }), iterations = 1000000000, record_every = 10,
  on_evaluate = function(m) if m.iteration > 0 then io.open('started', 'w'):close() end end }
END
    LUA_CPATH="$BUILD/lua/?.so" lua5.4 s.lua 2>said &
    await started
    kill -INT $!
    exits 1 wait $!
    grep -q interrupted said
}

# Each file of tests/lua, all of its tests in one process.
test_the_stock_interpreter_passes_the_tests_of_lua() {
    has_stock_lua || return 0
    for file in policies training plots; do
        exits 0 env -u SYNRL_TEST LUA_CPATH="$BUILD/lua/?.so" LUA_PATH="$SOURCE/tests/lua/?.lua" \
            lua5.4 "$SOURCE/tests/lua/$file.lua"
        complains ''
    done
}
