#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What is on the disk when, what the dead have left, and who is alive: of other containers and
# machines too, and where the file system has no locks.

setup() {
    cat >s.lua <<'END'
local synrl = require 'synrl'
local o = synrl.options { signal = '', samples = 50 }
return synrl.train { name = 'x', data = synrl.dataset('boundary', { samples = o.samples }),
  model = synrl.model('mlp', { layers = { 2, 5, 1 } }), loss = 'mse', rule = 'win_stay',
  iterations = 100, record_every = 10, checkpoint = { every = 20 }, on_evaluate = function(m)
    if m.iteration == 50 and o.signal ~= '' and not io.open('sent') then
      io.open('sent', 'w'):close()
      os.execute('kill -' .. o.signal .. ' $PPID')
    end
    while m.iteration == 50 and io.open('wait') do os.time() end
  end }.summary.weights_hash
END
}

run() {
    synrl run --quiet --no-pictures s.lua "$@"
}

# killed: in iteration 50; $run is the run. lives: it waits there, and its process is $process.
killed() {
    rm -f sent
    exits 137 run signal=KILL
    run=$(echo runs/*-x)
}
lives() {
    touch wait
    synrl run --quiet --no-pictures s.lua signal=WINCH >"$OUTPUT" 2>"$ERROR" &
    process=$!
    await sent
    run=$(echo runs/*-x)
}
goes_on() {
    rm -f wait
    wait "$process"
    grep -qx '  "status": "done",' "$run/run.json"
}

# set_value KEY VALUE: a value of run.json, which has it in a line of its own.
set_value() {
    sed -i "s|\"$1\": [^,]*|\"$1\": $2|" "$run/run.json"
}

# Files -----------------------------------------------------------------------------------------

# After a power failure, a checkpoint is not newer than the files that it counts on.
test_what_a_checkpoint_counts_on_is_on_the_disk_before_it() {
    has_proc || return 0
    local code=0 file
    [ -z "$SANITIZER" ] || skips 'a sanitizer cannot be traced' || return 0
    "$BUILD/tests/fault/stepper" log synrl run --quiet --no-pictures s.lua >/dev/null || code=$?
    [ "$code" -ne 99 ] || skips 'programs cannot be traced' || return 0
    sed 's|\.draft-[0-9-]*||g; s|[^ ]*/runs$|RUNS|; s|[^ ]*/||g' log >calls
    [ "$(grep -c '^fsync checkpoint-' calls)" -eq 5 ]
    grep '^fsync checkpoint-' calls | while read -r _ file; do
        grep -B2 -x "fsync $file" calls | head -n 2 | tr '\n' ' ' |
            grep -qx 'fsync metrics.csv fsync rewards.bin '
        [ "$(grep -A1 -x "fsync $file" calls | tail -n 1)" = "rename $file $file" ]
    done
    grep -A1 '^rename .*-x' calls | grep -qx 'fsync RUNS' # the name of the folder itself
}

test_what_the_dead_have_left_is_cleared_by_who_comes_next() {
    has_proc || return 0
    killed
    touch "$run"/{run.json,weights.npz,policy.csv,checkpoint-000000000060.bin}.draft-7-0 \
        "$run/report.html.draft-7-0" # which may be somebody's work
    exits 0 synrl resume --quiet "$run"
    [ "$(cd "$run" && echo *.draft*)" = 'report.html.draft-7-0' ]
    for hidden in dead empty alive other full; do
        mkdir runs/.20260131-120000-$hidden-7
        [ $hidden = empty ] || cp "$run"/{run.json,script.lua,metrics.csv} runs/.20260131-120000-$hidden-7
    done
    touch runs/.20260131-120000-{dead,alive}-7/policy-0123456789abcdef.csv{,.draft-7-0}
    touch runs/.20260131-120000-full-7/weights.npz
    run=runs/.20260131-120000-alive-7
    set_value pid $$
    set_value start "$(cut -d' ' -f22 /proc/$$/stat)"
    run=runs/.20260131-120000-other-7
    set_value host '"elsewhere"'
    set_value boot '"another"'
    exits 0 run
    [ "$(cd runs && echo .2*)" = '.20260131-120000-alive-7 .20260131-120000-full-7 .20260131-120000-other-7' ]
}

# Who is alive ----------------------------------------------------------------------------------

test_a_run_of_another_machine_lives_while_it_holds_its_lock() {
    lives
    cp "$run/run.json" kept
    set_value host '"elsewhere"'
    set_value boot '"another"'
    exits 0 synrl ls
    says 'running on elsewhere'
    refuses 1 'not removed: it is running, as process' synrl rm "$run"
    says ' on elsewhere'
    set_value host '""' # of an older version, which did not say
    exits 0 synrl ls
    says ' running '
    refuses 1 'not removed: it is running' synrl rm "$run"
    refuses 1 'another process is writing this run' synrl resume "$run"
    goes_on
}

test_a_run_of_another_container_lives_while_it_holds_its_lock() {
    unshare --pid --fork --mount-proc true 2>/dev/null || skips 'there are no containers' || return 0
    lives
    exits 0 unshare --pid --fork --mount-proc synrl ls
    says ' running '
    refuses 1 'not removed: it is running' unshare --pid --fork --mount-proc synrl rm "$run"
    kill -9 "$process"
    wait "$process" || true
    exits 0 unshare --pid --fork --mount-proc synrl ls
    says ' crashed '
}

# Without its lock nobody can tell, and on this machine its process can.
test_a_run_of_another_machine_may_live() {
    has_proc || return 0
    killed
    exits 0 synrl ls
    says ' crashed '
    set_value boot '"another"' # this machine has been started again
    exits 0 synrl ls
    says ' crashed '
    set_value host '"elsewhere"'
    exits 0 synrl ls
    says 'unknown on elsewhere'
    refuses 1 'it may be running on elsewhere; --force removes it' synrl rm "$run"
    exits 0 synrl resume --quiet "$run"
    exits 0 synrl rm "$run"
}

# It was "running" when the index was read, and has ended since.
test_a_run_that_has_just_ended_is_not_crashed() {
    has_proc || return 0
    killed
    touch -d '2026-01-31' "$run/run.json"
    exits 0 synrl ls
    says ' crashed '
    sed -i 's/"status": "running"/"status": "stopped"/' "$run/run.json"
    touch -d '2026-01-31' "$run/run.json"
    exits 0 synrl ls
    says ' stopped '
}

test_the_run_that_is_named_is_resumed() {
    exits 0 run samples=30
    mv runs/*-x runs/first
    killed
    run=$(echo runs/2*)
    [ "$(grep '"id": "2' runs/first/run.json)" != "$(grep '"id": "2' "$run/run.json")" ]
    id=$(sed -n 's/.*"id": "\(2.*\)",/\1/p' "$run/run.json")
    sed -i "s/\"id\": \"2.*\"/\"id\": \"$id\"/" runs/first/run.json
    exits 0 synrl resume --quiet "$run"
    grep -q '"status": "done"' "$run/run.json"
}

# The index -------------------------------------------------------------------------------------

test_ls_shows_how_far_a_run_has_come() {
    lives
    exits 0 synrl ls
    says ' 40/100 '
    goes_on
    rm -r runs sent
    killed
    loss=$(grep '^40,' "$run/metrics.csv" | cut -d, -f2)
    exits 0 synrl ls --json
    says '"iterations_done": 40'
    says "\"loss\": ${loss%??}"
    exits 0 synrl ls --sort loss
    says ' 40/100 '
    for rows in 2 1 0; do
        head -n "$rows" "$run/metrics.csv" >shorter
        mv shorter "$run/metrics.csv"
        exits 0 synrl ls
    done
    says ' -/100 '
}

test_runs_are_listed_without_locks() {
    has_proc || return 0
    [ -z "$SANITIZER" ] || skips 'a sanitizer comes first' || return 0
    local without=(env LD_PRELOAD="$BUILD/tests/fault/lockless.so")
    exits 0 "${without[@]}" synrl run --quiet --no-pictures s.lua
    says 'the index is not kept: the file system has no locks'
    exits 0 "${without[@]}" synrl ls
    says ' done '
    killed=$(exits 137 "${without[@]}" synrl run --quiet --no-pictures s.lua signal=KILL && echo runs/*-x* | tr ' ' '\n' | tail -n 1)
    exits 0 "${without[@]}" synrl ls
    says ' crashed '
    exits 0 "${without[@]}" synrl resume --quiet "$killed"
    exits 0 "${without[@]}" synrl rm "$killed"
}

test_runs_are_listed_while_the_index_is_held() {
    has flock || return 0
    exits 0 run
    cat >hold.py <<'END'
import sqlite3, time
base = sqlite3.connect('runs/synrl.db')
base.execute('BEGIN EXCLUSIVE')
open('held', 'w').close()
time.sleep(60)
END
    /usr/bin/python3 hold.py &
    await held
    rm -rf runs/*-x
    exits 0 run
    exits 0 synrl ls
    says 'the index is not kept: database is locked'
    says ' done '
    kill $!
}
