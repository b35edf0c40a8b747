#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The values of a sweep: each reaches its option as it was typed, equal ones are one cell, lists are
# written in braces, and grids that nobody could run are refused before they are made.

setup() {
    cat >s.lua <<'END'
local synrl = require 'synrl'
local o = synrl.options { word = 'x', n = 1, x = 0.5, list = { 1, 2 }, yes = true }
return { got = table.concat({ o.word, o.n, o.x, table.concat(o.list, ';'), tostring(o.yes) }, ' ') }
END
}

# sweeps LINES OPTION...: the cells got these, in order.
sweeps() {
    exits 0 synrl sweep --no-record --quiet --json s.lua "${@:2}"
    grep -o '"got": ".*"' "$OUTPUT" | cut -d'"' -f4 >got
    printf '%s\n' "$1" | diff - got >&2 || fail "not what the cells were to get: ${*:2}"
}

test_a_string_stays_a_string() {
    sweeps $'007 1 0.5 1;2 true\n+5 1 0.5 1;2 true\n-0 1 0.5 1;2 true\n1e3 1 0.5 1;2 true\n 1 0.5 1;2 true' \
        word=007,+5,-0,1e3,
    sweeps $'7 1 0.5 1;2 true\ntrue 1 0.5 1;2 true\n0x10 1 0.5 1;2 true' word=7,true,0x10
    long=$(printf 'p%.0s' $(seq 5000))
    sweeps "$long 1 0.5 1;2 true" word="$long"
    key=$(printf 'k%.0s' $(seq 300))
    refuses 2 "unknown option \"$key\"" synrl sweep s.lua "$key=1"
}

test_equal_values_are_one_cell() {
    sweeps $'x 1 0.5 1;2 true\nx 2 0.5 1;2 true' n=1,1,01,1.0,+1,2
    sweeps $'x 0 0.5 1;2 true' n=0,-0
    sweeps $'x 1 0.001 1;2 true\nx 1 0.5 1;2 true' x=1e-3,0.001,.5
    # As text they are three, and integers that a double cannot tell apart are two.
    sweeps $'1 1 0.5 1;2 true\n01 1 0.5 1;2 true\n1.0 1 0.5 1;2 true' word=1,1,01,1.0
    sweeps $'x 9007199254740992 0.5 1;2 true\nx 9007199254740993 0.5 1;2 true' \
        n=9007199254740992,+9007199254740993
    # In a script, too; there 1 and 1.0 are what Lua says they are.
    cat >t.lua <<'END'
local synrl = require 'synrl'
local s = synrl.sweep { grid = { a = { 1, 2, 1, 1.0, 'x', 'x' } }, run = function(p) return { v = p.a } end }
return { cells = #s.cells }
END
    exits 0 synrl run --no-record --json --quiet t.lua
    says '"cells": 4'
}

test_lists_and_commas_are_written_in_braces() {
    sweeps $'x 1 0.5 2;8;1 true\nx 1 0.5 3 true' 'list={2,8,1},{3}'
    sweeps $'x 1 0.5 7 true' list=7
    sweeps $'a,b 1 0.5 1;2 true\n{c} 1 0.5 1;2 true\n1..2 1 0.5 1;2 true' 'word={a,b},{{c}},{1..2}'
    refuses 2 "option \"list\" is a list: write each value in braces, and quote them: 'list={1,2},{3,4}'" \
        synrl sweep s.lua list=2,8,1
    refuses 2 'a value that begins with { must end with its }' synrl sweep s.lua 'list={2,8'
    refuses 2 'a value that begins with { must end with its }' synrl sweep s.lua 'word={2}8'
    # As the shell expands braces without quotes.
    refuses 2 "for a list, put it in braces and quotes: 'list={1,2}'" synrl sweep s.lua list={2,8,1}
    exits 0 synrl run --no-record s.lua 'list={2,8}'
    says '2;8'
    # A list in the grid of a script.
    cat >t.lua <<'END'
local synrl = require 'synrl'
local s = synrl.sweep { grid = { a = { { 2, 8, 1 }, { 3 } } }, run = function(p) return { v = #p.a } end }
return { first = s.cells[1].result.v, second = s.cells[2].result.v }
END
    exits 0 synrl run --no-record --json --quiet t.lua
    says '"first": 3'
    says '"second": 1'
}

test_ranges_end_where_integers_do() {
    sweeps 'x 9223372036854775807 0.5 1;2 true' n=9223372036854775807..9223372036854775807
    sweeps $'x -9223372036854775808 0.5 1;2 true\nx -9223372036854775807 0.5 1;2 true' \
        n=-9223372036854775808..-9223372036854775807
    refuses 2 'more than 100000 values' \
        synrl sweep s.lua n=-9223372036854775808..9223372036854775807
    refuses 2 'more than 100000 values' synrl sweep s.lua n=1..99999,1..99999
    refuses 2 'the ends of a range must be integers of 64 bits' \
        synrl sweep s.lua n=1..9223372036854775808
    refuses 2 'a range goes upwards' synrl sweep s.lua n=-1..-2
}

test_what_is_not_utf_8_is_refused() {
    refuses 2 'option "word": a value that is not UTF-8 cannot be swept' \
        synrl sweep s.lua word=$'caf\xe9',tea
    refuses 2 'the name of an option must be UTF-8' synrl sweep s.lua $'caf\xe9=1'
}

test_grids_that_nobody_could_run_are_refused() {
    # 3^30, and 2^64, which would wrap to none.
    for shape in '30 {1,2,3}' '64 {1,2}'; do
        echo "local g = {}
            for i = 1, ${shape% *} do g['p' .. i] = ${shape#* } end
            require 'synrl'.sweep { grid = g, run = print }" >t.lua
        refuses 1 't.lua:3: a sweep has at most 100000 cells, and these values have more combinations' \
            synrl run --no-record --quiet t.lua
    done
    refuses 1 'a sweep has at most 100000 cells' synrl sweep s.lua n=1..1000 word=1..101
    absent runs
}

test_options_as_json() {
    echo "require 'synrl'.options({ a = 0.5, b = { 1 }, c = 'x' }, { c = 'a word' })" >t.lua
    exits 0 synrl run --json t.lua --help
    python3 -c 'import json, sys; assert json.load(open(sys.argv[1])) == {
        "a": {"type": "number", "default": 0.5}, "b": {"type": "list", "default": [1]},
        "c": {"type": "string", "default": "x", "meaning": "a word"}}' "$OUTPUT"
    echo 'return 1' >t.lua
    exits 0 synrl run --json t.lua --help
    prints '{}'
}
