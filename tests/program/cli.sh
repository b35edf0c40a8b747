#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The program from outside: what it prints where, its exit codes, and what a run leaves behind.

# write [KEYS]: writes s.lua, a run of a few samples with these keys on top, or what is on stdin.
write() {
    if [ $# -gt 0 ]; then
        cat >s.lua <<END
local synrl = require 'synrl'
synrl.train { data = synrl.dataset('boundary', { samples = 50 }), loss = 'mse', rule = 'win_stay',
  model = synrl.model('mlp', { layers = { 2, 5, 1 } }), $1 }
END
    else
        cat >s.lua
    fi
}

# status WORD: the one run that was recorded has this status.
status() {
    grep -qx "  \"status\": \"$1\",\?" runs/*/run.json || fail "$(grep '"status"' runs/*/run.json), not $1"
}

# Usage -----------------------------------------------------------------------------------------

# misuse LINE ARGUMENT...
misuse() {
    exits 2 synrl "${@:2}"
    complains "$1"
    prints ''
}

test_wrong_commands_are_refused() {
    misuse 'synrl: unknown command "rum", did you mean "run"?' rum s.lua
    misuse "synrl: unknown command \"xyzzyx\"; see \`synrl help\`" xyzzyx
}

test_wrong_flags_of_run_are_refused() {
    write <<<"print('ran')"
    misuse 'synrl: which script? write synrl run SCRIPT [key=value ...]' run
    misuse 'synrl: unknown option --sed, did you mean "--seed"?' run --sed 3 s.lua
    misuse 'synrl: --seed needs a value, N' run s.lua --seed
    misuse 'synrl: --seed must be an integer from 0 to 2^63 - 1, not "x"' run s.lua --seed x
    misuse 'synrl: --seed must be an integer from 0 to 2^63 - 1, not "-1"' run s.lua --seed -1
    misuse 'synrl: --threads must be an integer from 1 to 1024, not "0"' run s.lua --threads 0
    misuse 'synrl: "hidden": options of a script are written key=value' run s.lua hidden
    misuse 'synrl: --plot draws what is recorded: leave out --no-record' run s.lua --plot --no-record
}

test_wrong_arguments_of_other_commands_are_refused() {
    misuse 'synrl: plugins takes no arguments, such as "x"' plugins x
    misuse 'synrl: version takes no arguments, such as "x"' version x
    misuse 'synrl: unknown command "rum", did you mean "run"?' help rum
    misuse 'synrl: write synrl help KIND ID, such as: synrl help rule qlearning' help rule
    misuse 'synrl: "ruel" is not a kind of plugin; the kinds are activation, loss, dataset, model, rule, layer, comm' \
        help ruel qlearning
}

# Plugins and versions --------------------------------------------------------------------------

test_plugins_are_listed() {
    exits 0 synrl plugins
    complains ''
    says 'rule        qlearning '
    grep -q '/plugins/models/mlp.so$' "$OUTPUT"
    touch qlearning.so
    SYNRL_PLUGIN_PATH=. exits 0 synrl plugins
    says 'broken      ./qlearning.so: cannot be loaded'
}

test_plugins_are_explained() {
    exits 0 synrl help rule qlearning
    says 'alpha_q '
    says 'Q-learning rate of Eq. 7'
    exits 1 synrl help rule qlerning
    complains 'synrl: no rule "qlerning", did you mean "qlearning"?'
}

test_versions_are_shown() {
    local version abi
    version=$(sed -n 's/^VERSION := //p' "$SOURCE/Makefile")
    abi=$(sed -n 's/^#define SYNRL_ABI_M[AJIN]*OR \([0-9]*\)$/\1/p' "$SOURCE"/core/include/synrl/*.h | paste -sd.)
    exits 0 synrl version
    [ "$(head -n 2 "$OUTPUT")" = "synrl $version"$'\n'"plugin ABI $abi" ]
    grep -q '^engine ' "$OUTPUT"
}

test_wrong_variables_are_refused() {
    write <<<"local synrl = require 'synrl'"
    SYNRL_ISA=mmx exits 1 synrl run s.lua
    complains "synrl: SYNRL_ISA=mmx: not supported by this CPU; must be scalar, avx2, avx512 or amx"
    SYNRL_PATH=spars exits 1 synrl run s.lua
    complains 'synrl: SYNRL_PATH=spars: must be auto, dense or sparse'
}

# Scripts ---------------------------------------------------------------------------------------

test_help_shows_the_options_and_runs_nothing() {
    write <<'END'
local synrl = require 'synrl'
local o = synrl.options({ hidden = 100, rate = 0.5, layers = { 2, 1 }, name = 'x' },
  { hidden = 'hidden units', rate = 'how fast' })
print('ran', o)
END
    exits 0 synrl run s.lua --help
    prints "\
usage: synrl run s.lua [key=value ...]
options, with their defaults:
  hidden=100                  hidden units
  layers=2,1
  name=x
  rate=0.5                    how fast"
    complains ''
    write 'iterations = 3'
    exits 0 synrl run s.lua --help
    prints 's.lua takes no options'
    write <<<'local x = = 1'
    exits 1 synrl run s.lua --help
    exits 1 synrl run none.lua
    complains 'cannot open none.lua: No such file or directory'
}

full() {
    synrl "$@" >/dev/full
}

test_json_is_all_there_is_on_stdout() {
    write <<'END'
local synrl = require 'synrl'
print('chatter')
io.write('more')
os.execute('echo child')
return { b = { 1, 2.5, 'x', true }, a = { nan = 0 / 0, inf = 1 / 0, none = {} }, [7] = 'seven',
  r = synrl.train { data = synrl.dataset('boundary', { samples = 50 }), loss = 'mse', rule = 'win_stay',
    model = synrl.model('mlp', { layers = { 2, 5, 1 } }), iterations = 3, record = false } }
END
    exits 0 synrl run --json --quiet s.lua
    grep -qx 'chatter' "$ERROR"
    grep -qx 'morechild\|child' "$ERROR"
    python3 - "$OUTPUT" <<'END'
import json, sys
text = open(sys.argv[1]).read()
found = json.loads(text)
run = found.pop("r")
assert found == {"b": [1, 2.5, "x", True], "a": {"nan": None, "inf": None, "none": {}}, "7": "seven"}, found
assert run["iterations"] == 3 and len(run["weights_hash"]) == 16, run
assert text.index('"7"') < text.index('"a"') < text.index('"b"'), "not sorted"
END
    write <<<"error('no', 0)"
    exits 1 synrl run --json s.lua
    prints ''
    write <<<'return'
    exits 0 synrl run --json s.lua
    prints '{}'
    refuses 1 'synrl: cannot write the result: No space left on device' full run --json s.lua
}

test_results_are_printed_to_be_read() {
    write <<<"return { b = 2, a = 'x', run = { loss = 0.123456789, n = 3 }, list = { 1, 2, 3 } }"
    exits 0 synrl run s.lua
    prints "\
a                    x
b                    2
list                 1 2 3
run
  loss               0.123457
  n                  3"
}

test_scripts_require_what_lies_beside_them() {
    mkdir -p sub/lib other
    echo "print((require('beside')), (require('lib.deep')))" >sub/s.lua
    echo "return 'found'" >sub/beside.lua
    echo 'return 5' >sub/lib/deep.lua
    cd other || return
    exits 0 synrl run ../sub/s.lua
    prints $'found\t5'
}

test_traceback_is_shown_where_asked_for() {
    write <<<$'local function inner() error("deep") end\ninner()'
    exits 1 synrl run --traceback s.lua
    [ "$(head -n 2 "$ERROR")" = $'s.lua:1: deep\nstack traceback:' ]
    says 's.lua:2: in main chunk'
    SYNRL_TRACEBACK=1 refuses 1 'stack traceback:' synrl run s.lua
}

# One line, also in the record; where asked for, with all of the stack, once.
test_errors_of_callbacks_show_where_they_came_from() {
    cat >s.lua <<'END'
local synrl = require 'synrl'
local function helper(x) return x.y + 1 end
synrl.train { data = synrl.dataset('boundary', { samples = 9 }), loss = 'mse', rule = 'win_stay',
   model = synrl.model('mlp', { layers = { 2, 1 } }), iterations = 9,
   on_evaluate = function(metrics)
      if metrics.iteration == 3 then metrics.z = helper(metrics) end
   end }
END
    local line="s.lua:2: attempt to perform arithmetic on a nil value (field 'y') (in on_evaluate at iteration 3: s.lua:2 in helper, s.lua:6)"
    exits 1 synrl run --quiet s.lua
    complains "$line"
    grep -qF "\"error\": \"$line\"" runs/*-run/run.json
    exits 1 synrl run --quiet --traceback s.lua
    [ "$(head -n 2 "$ERROR")" = "$line"$'\nstack traceback:' ]
    says "in upvalue 'helper'"
    says "in function 'synrl.train'"
    [ "$(grep -c traceback "$ERROR")" -eq 1 ]
    [ "$(grep -cF "\"error\": \"$line\"" runs/*-run*/run.json | grep -c ':1$')" -eq 2 ]
}

# Runs ------------------------------------------------------------------------------------------

test_a_run_is_shown_and_recorded() {
    write "iterations = 30, name = 'mine'"
    exits 0 synrl run --no-pictures s.lua
    prints ''
    head -n 1 "$ERROR" | grep -q '^mine: done, 30 iterations in '
    for line in 'loss            ' 'accuracy        ' 'sample forwards 15' 'weights hash    ' \
        'run             runs/'; do
        grep -q "^  $line" "$ERROR" || fail "no line: $line"
    done
    status 'done'
    ls runs/*/metrics.csv runs/*/weights.npz >/dev/null
    exits 0 synrl run --quiet --no-pictures --runs else s.lua
    complains ''
    ls else/*/run.json >/dev/null
}

test_a_run_needs_a_folder_that_can_be_made() {
    write 'iterations = 30'
    exits 1 synrl run --runs s.lua/none s.lua
    complains 's.lua:2: s.lua/none: cannot make the folder: Not a directory'
}

test_without_gnuplot_all_but_pictures_works() {
    write 'iterations = 30'
    echo "return { drawn = synrl.policy.new({ memory = 1 }):draw('p.svg') }" >>s.lua
    if has gnuplot; then
        exits 0 synrl run --plot s.lua
        says '  iteration  '
        prints 'drawn                true'
        ls p.svg runs/*/loss.svg >/dev/null
        rm -r runs
    fi
    PATH=/none exits 0 "$BUILD/synrl" run --plot s.lua
    says 'synrl: no plot: gnuplot is not installed'
    prints 'drawn                false'
    status 'done'
    absent 'runs/*/loss.svg'
}

test_a_terminal_sees_one_line() {
    local line
    has_terminal || return 0
    write "iterations = 1000000, record_every = 1000,
  stop = function(m) return m.iteration >= 5000 and os.clock() > 0.6 end"
    exits 0 script -qec "'$BUILD/synrl' run --no-record s.lua" /dev/null
    line=$(tr '\r' '\n' <"$OUTPUT" | tail -n +2)
    # The share of rewarded steps stands before the accuracy once there have been some: not in a
    # line this early.
    for part in '/1000000  ' ' it/s  ' ' left  loss ' '  accuracy ' $'\033[K'; do
        grep -qF -e "$part" <<<"$line" || fail "not in the line: $part"
    done
}

test_a_failed_run_is_not_called_done() {
    write "iterations = 30, on_evaluate = function(m) if m.iteration == 9 then
  error('no') end end"
    exits 1 synrl run --quiet --no-pictures s.lua
    complains 's.lua:4: no (in on_evaluate at iteration 9)'
    status failed
    grep -q '"weights_hash": null' runs/*/run.json
    exits 1 synrl run --no-record s.lua
    says 'run: failed, 9 iterations'
    ! grep -q 'weights hash' "$ERROR"
}

# Not those of the process before it: the resumed iterations take ten milliseconds each.
test_a_resumed_run_shows_its_own_rate() {
    local rate
    has_terminal || return 0
    write "iterations = 5040, record_every = 1, checkpoint = { every = 5000 }, on_evaluate = function(m)
  if m.iteration > 5000 and os.remove('die') then os.execute('kill -9 \$PPID') end
  local start = os.clock()
  while m.iteration > 5000 and os.clock() < start + 0.01 do end end"
    touch die
    exits 137 synrl run --threads 1 --quiet --no-pictures s.lua
    exits 0 script -qec "'$BUILD/synrl' resume $(echo runs/*-*)" /dev/null
    rate=$(tr '\r' '\n' <"$OUTPUT" | grep -oE '/5040  [0-9]+ it/s' | head -n 1 | awk '{ print $2 }')
    [ "$rate" -gt 0 ] || fail 'no rate'
    # Of 40 iterations; with the 5,000 before, it would be a hundred times as high.
    [ "$rate" -le 1000 ] || fail "$rate iterations per second"
}

test_a_signal_stops_the_run_and_the_write() {
    write 'iterations = 1000000000'
    echo "print('went on')" >>s.lua
    synrl run --quiet --no-pictures s.lua >out 2>err &
    await "runs/*/run.json"
    kill -TERM $!
    exits 75 wait $!
    [ "$(cat err)" = 's.lua: interrupted' ]
    [ ! -s out ]
    status interrupted
}

test_a_signal_stops_a_script_that_catches_all_errors() {
    write <<<$'io.open("started", "w"):close()\nwhile true do pcall(string.rep, "x", 3) end'
    synrl run s.lua 2>err &
    await started
    kill -TERM $!
    exits 75 wait $!
    [ "$(cat err)" = 's.lua: interrupted' ]
}
