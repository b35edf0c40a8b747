#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Sweeps that are killed, cells that die, and several sweeps at once: no process is left behind, each
# cell is run by one process at a time, half-done ones go on, and the results are those of an
# undisturbed sweep.

setup() {
    cat >s.lua <<'END'
local synrl = require 'synrl'
local o = synrl.options { seed = 1, iterations = 4000 }
local r = synrl.train { name = 'c', data = synrl.dataset('boundary', { samples = 300, seed = o.seed }),
  model = synrl.model('mlp', { layers = { 2, 20, 1 } }), loss = 'mse', iterations = o.iterations,
  rule = 'win_stay', checkpoint = { every = 100 } }
return { hash = r.summary.weights_hash, loss = r.summary.loss }
END
    cat >pause.lua <<'END'
local synrl = require 'synrl'
local o = synrl.options { n = 1 }
local log = assert(io.open('log', 'a'))
log:write(o.n, '\n')
log:close()
os.execute('sleep 0.1')
return { v = o.n }
END
}

sweep() {
    synrl sweep --quiet --json s.lua seed=1..4 -j 2 --runs "$1"
}

# results: what the cells of the last sweep gave.
results() {
    grep -E '"(hash|loss|seed|status)": ' "$OUTPUT"
}

# processes: the ids of the programs that run here.
processes() {
    local at
    for at in /proc/[0-9]*; do
        if [ "$at/cwd" -ef "$PWD" ] && grep -qs '^synrl$' "$at/comm" &&
            ! grep -qs '^State:.Z' "$at/status"; then
            echo "${at#/proc/}"
        fi
    done
}

# none_left: within five seconds.
none_left() {
    local i
    for ((i = 0; i < 250; i++)); do
        [ -n "$(processes)" ] || return 0
        sleep 0.02
    done
    fail "still running: $(processes)"
}

# only_results N: the folder of cells has N results and nothing else.
only_results() {
    find runs/.cells -mindepth 1 >found
    [ "$(wc -l <found)" -eq "$1" ] || fail "$(cat found)"
    [ "$(grep -c 'json$' found)" -eq "$1" ] || fail "$(cat found)"
}

# Each sweep is killed up to three times, and then ends. `make check-crash` does it until there were
# enough kills.
test_kills_at_any_moment_change_nothing() {
    local i start taken code moment moments=${SYNRL_CRASH_MOMENT:-0} kills=0
    has_proc || return 0
    start=$(date +%s%N)
    exits 0 sweep undisturbed
    taken=$(($(date +%s%N) - start))
    results >expected
    while [ "$kills" -lt "${SYNRL_CRASHES:-6}" ]; do
        rm -rf runs
        for i in 1 2 3; do
            moments=$((moments + 1))
            moment=$(awk "BEGIN { x = 0.618034 * $moments; printf \"%.4f\", (x - int(x)) * $taken * 1e-9 }")
            # Not by the function: the process would be that of a shell.
            synrl sweep --quiet --json s.lua seed=1..4 -j 2 --runs runs >/dev/null 2>&1 &
            sleep "$moment"
            kill -9 $! 2>/dev/null || true
            code=0
            wait $! 2>/dev/null || code=$?
            [ "$code" -ne 137 ] || kills=$((kills + 1))
            # Two times in three the next sweep meets the processes of this one.
            [ $((moments % 3)) -ne 0 ] || none_left
        done
        exits 0 sweep runs
        results | diff expected - >&2 || fail 'not the results of an undisturbed sweep'
        none_left
        only_results 4
        [ -z "$(find runs -name '*draft*' -o -name '.2*')" ] || fail "litter: $(find runs)"
    done
}

test_a_half_done_cell_goes_on_from_its_checkpoint() {
    has_proc || return 0
    exits 0 synrl sweep --quiet --json s.lua iterations=20000 --runs undisturbed
    results >expected
    synrl sweep --quiet s.lua iterations=20000 >/dev/null 2>&1 &
    await 'runs/*/checkpoint*'
    kill -9 $!
    none_left
    exits 0 synrl sweep --quiet --json s.lua iterations=20000
    results | diff expected - >&2
    [ "$(compgen -G 'runs/*/run.json' | wc -l)" -eq 1 ]
    python3 -c 'import json, sys
run = json.load(open(sys.argv[1]))
assert run["status"] == "done" and run["resumed"][0]["iteration"] > 0, run["resumed"]
assert "--parent" not in run["command"], run["command"]' runs/*/run.json
    only_results 1
}

test_a_cell_that_cannot_go_on_starts_again() {
    has_proc || return 0
    synrl sweep --quiet s.lua iterations=20000 >/dev/null 2>&1 &
    await 'runs/*/checkpoint*'
    kill -9 $!
    none_left
    sed -i 's/"iterations": 20000/"iterations": 20001/' runs/*/run.json
    exits 0 synrl sweep --quiet --json s.lua iterations=20000
    says 'iterations=20000 could not continue where it was, and starts again'
    says '"status": "done"'
    only_results 1
}

test_sweeps_side_by_side_share_the_cells() {
    for _ in 1 2 3; do
        synrl sweep --quiet --no-record pause.lua n=1..6 -j 2 >/dev/null 2>>said &
    done
    wait
    exits 0 synrl sweep --quiet --no-record --json pause.lua n=1..6
    [ "$(sort log | tr '\n' ' ')" = '1 2 3 4 5 6 ' ] || fail "the cells that ran: $(cat log)"
    [ ! -s said ] || fail "$(cat said)"
    says '"missing": 0'
    only_results 6
}

test_a_process_that_does_not_end_is_waited_for() {
    # A finalizer cannot be interrupted.
    cat >pause.lua <<'END'
local synrl = require 'synrl'
local o = synrl.options { n = 1 }
setmetatable({}, { __gc = function()
  io.open('asleep', 'w'):close()
  local start = os.clock()
  while os.clock() < start + 1.5 do end
end })
collectgarbage()
return { v = o.n }
END
    synrl sweep --quiet --no-record pause.lua n=1 >/dev/null 2>&1 &
    await asleep
    kill -9 $!
    exits 0 synrl sweep --quiet --no-record pause.lua n=1
    says 'n=1: another process is running this cell; waiting for it'
    only_results 1
}

test_a_cell_that_dies_is_a_failed_cell() {
    cat >d.lua <<'END'
local synrl = require 'synrl'
local o = synrl.options { n = 1 }
if o.n == 2 then os.exit(0) end
if o.n == 3 then os.exit(3) end
if o.n == 4 then os.execute('kill -9 $PPID') end
if o.n == 5 then os.exit(true, true) end
return { v = o.n }
END
    exits 1 synrl sweep --no-record d.lua n=1..6
    says 'n=2 failed: exit code 1: d.lua: os.exit ended it before it returned a result'
    says 'n=3 failed: exit code 3: d.lua: os.exit ended it before it returned a result'
    says 'n=4 failed: ended by signal 9'
    says 'n=5 failed: exit code 1: d.lua: os.exit ended'
    says '4 cells failed'
    grep -qx '6  *1  *0  *0  *6' "$OUTPUT" || fail 'the last cell did not run'
    refuses 1 'd.lua: os.exit ended it before it returned a result' \
        synrl run --no-record --json d.lua n=2
    prints ''
    exits 0 synrl run --no-record d.lua n=2
    exits 3 synrl run --no-record d.lua n=3
}

# A draft of a process that lives, or of who knows whom, stays.
test_a_sweep_clears_what_the_dead_have_left() {
    mkdir -p runs/.cells
    sh -c 'touch runs/sweep-1.json.draft-$$-0 runs/.cells/a.json.draft-$$-3 runs/.cells/b.json.draft-$$'
    touch "runs/.cells/c.json.draft-$$-0" runs/.cells/d.draft-7.csv runs/.cells/draft-7
    exits 0 synrl sweep --quiet --no-record pause.lua n=1
    [ "$(cd runs/.cells && echo *draft*)" = "c.json.draft-$$-0 d.draft-7.csv draft-7" ]
    absent 'runs/*draft*'
}
