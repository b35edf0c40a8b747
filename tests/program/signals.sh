#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How a script is ended from outside, and by itself: by signals at any moment, by os.exit. What a run
# had done is saved, and nothing is recorded twice.

setup() {
    cp "$SOURCE/tests/program/signals.lua" s.lua
}

# begun OPTION...: starts a run in the background, and waits until its script says that it has begun.
begun() {
    rm -rf runs begun
    synrl run --quiet --no-pictures s.lua "$@" >"$OUTPUT" 2>"$ERROR" &
    run=$!
    await begun
}

# ended CODE: the run ends by itself, with this code, in a second; a busy machine may take longer.
ended() {
    local i code=0
    for ((i = 0; i < 100; i++)); do
        kill -0 "$run" 2>/dev/null || break
        sleep 0.1
    done
    ! kill -0 "$run" 2>/dev/null || fail 'it does not end'
    wait "$run" || code=$?
    [ "$code" -eq "$1" ] || fail "exit code $code, not $1"$'\n'"$(tail -c 2000 "$ERROR")"
}

has_status() {
    grep -qx "  \"status\": \"$1\"," runs/*-x/run.json || fail "not $1: $(grep '"status"' runs/*-x/run.json)"
}

# resumes: the run goes on to the result and the files of the one that nothing disturbed.
undisturbed() {
    rm -rf runs begun
    synrl run --quiet --no-pictures --runs whole s.lua "$@" >result
    rm -f begun
}
resumes() {
    exits 0 synrl resume --quiet runs/*-x
    prints "$(cat result)"
    cmp runs/*-x/metrics.csv whole/*-x/metrics.csv
    cmp runs/*-x/rewards.bin whole/*-x/rewards.bin
    has_status 'done'
}

test_each_signal_saves_the_run_and_nothing_is_recorded_twice() {
    local signal at
    has_prompt_signals || return 0
    undisturbed
    for signal in TERM HUP USR1 USR2; do
        for at in 0 20 60; do
            rm -rf runs begun
            exits 75 synrl run --quiet --no-pictures s.lua what=kill at="$at" signal="$signal"
            has_status interrupted
            resumes
        done
    done
}

# The iteration is ended first: half of one could not be saved.
test_a_signal_in_a_function_of_the_iteration_saves_the_run() {
    has_prompt_signals || return 0
    undisturbed what=schedule at=100
    rm -rf runs begun
    exits 75 synrl run --quiet --no-pictures s.lua what=schedule at=30
    has_status interrupted
    ls runs/*-x/checkpoint-*
    resumes
}

test_a_hangup_that_is_ignored_stays_ignored() {
    undisturbed
    (
        trap '' HUP
        exits 0 synrl run --quiet --no-pictures s.lua what=kill signal=HUP
    )
    has_status 'done'
    cmp runs/*-x/metrics.csv whole/*-x/metrics.csv
}

test_loops_of_the_script_are_ended() {
    local kind
    for kind in loop protected coroutine coroutines; do
        begun what=$kind
        kill -TERM "$run"
        ended 75
        has_status interrupted
    done
}

test_a_script_that_waits_to_read_is_ended() {
    has_prompt_signals || return 0
    mkfifo input
    exec 3<>input
    rm -rf runs begun
    synrl run --quiet --no-pictures s.lua what=read <input >"$OUTPUT" 2>"$ERROR" &
    run=$!
    await begun
    kill -HUP "$run"
    ended 75
    has_status interrupted
    begun what=pipe
    await pipe
    kill -TERM "$run"
    ended 75
    kill "$(cat pipe)"
    has_status interrupted
}

# Also by a SIGINT, of which C's `system` lets the program know nothing.
test_a_script_that_waits_for_a_program_is_ended_with_it() {
    local signal
    has_prompt_signals || return 0
    for signal in INT TERM; do
        rm -f pipe
        begun what=program
        await pipe
        kill "-$signal" "$run"
        ended 75
        has_status interrupted
        ! kill -0 "$(cat pipe)" 2>/dev/null || fail 'the program is still there'
    done
    cat >e.lua <<'END'
print(os.execute('exit 3'))
print(os.execute('true'))
print(os.execute('kill -9 $$'))
print(os.execute())
END
    exits 0 synrl run --no-record --quiet e.lua
    prints "$(printf '%s\n' "nil${t:=$(printf '\t')}exit${t}3" "true${t}exit${t}0" "nil${t}signal${t}9" true)"
}

test_what_cannot_be_ended_is_said() {
    begun what=finalizer
    kill -TERM "$run"
    for _ in $(seq 100); do
        ! grep -q 'waiting for a call of the script that cannot be interrupted' "$ERROR" || break
        sleep 0.1
    done
    says 'a second signal ends the program at once'
    kill -HUP "$run" # of a terminal, as often as it likes
    kill -0 "$run"
    kill -TERM "$run"
    ended 143
}

# The result is printed, and the index cannot be had.
test_a_signal_after_the_script_ends_the_program_at_once() {
    has flock || return 0
    mkdir runs
    flock -x runs sleep 60 &
    holder=$!
    synrl run --quiet --no-pictures s.lua >"$OUTPUT" 2>"$ERROR" &
    run=$!
    for _ in $(seq 100); do
        ! grep -q '"done"' runs/*-x/run.json 2>/dev/null || [ ! -s "$OUTPUT" ] || break
        sleep 0.1
    done
    kill -TERM "$run"
    ended 0
    says 'hash '
    complains ''
    kill "$holder"
}

test_an_exit_of_the_script_saves_the_run() {
    local kind code
    undisturbed
    for kind in exit:3 protected_exit:0 exit_in_coroutine:1; do
        code=${kind#*:}
        kind=${kind%:*}
        rm -rf runs begun
        exits "$code" synrl run --quiet --no-pictures s.lua what="$kind"
        prints ''
        complains ''
        has_status interrupted
        resumes
    done
}

# A finalizer older than the module runs when all that is the module's is gone.
test_finalizers_use_the_module_after_its_end() {
    has_stock_lua || return 0
    cat >f.lua <<'END'
older = setmetatable({}, { __gc = function()
   print(pcall(function() return synrl.dataset('boundary', { samples = 5 }) end))
   print(pcall(function() return schedule(3) end))
   print(pcall(function() return data:split(0.5, 1) end))
end })
synrl = require 'synrl'
data = synrl.dataset('boundary', { samples = 5 })
schedule = synrl.schedule { { 0, 1 } }
END
    exits 0 stock_lua f.lua
    prints "$(printf 'false\tf.lua:%d: synrl: used in a finalizer after the end of the script\n' 2 3 4)"
    exits 0 synrl run --quiet --no-record f.lua
}

# OpenBLAS would ask for memory for ever.
test_gradients_without_memory_are_refused() {
    [ -z "$SANITIZER" ] || skips 'a sanitizer needs address space' || return 0
    cat >g.lua <<'END'
local synrl = require 'synrl'
synrl.train { rule = 'gd', iterations = 2, loss = 'mse',
   data = synrl.dataset('boundary', { samples = 50 }),
   model = synrl.model('mlp', { layers = { 2, 5, 1 } }) }
END
    (
        ulimit -v 300000
        export OPENBLAS_NUM_THREADS=1
        refuses 1 'not enough memory for OpenBLAS, which takes' timeout 20 synrl run --no-record --threads 2 g.lua
    )
}
