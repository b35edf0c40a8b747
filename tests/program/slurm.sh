#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Sweeps as array jobs of Slurm, without Slurm: its commands and its environment are played here
# (`make check-cluster` has the real ones). And the claims by which tasks on any machines share cells.

setup() {
    mkdir bin
    cat >bin/sbatch <<'END'
#!/bin/bash
echo "Submitted batch job 7, $*"
[ ! -e refused ] || exit 3
END
    cat >bin/scontrol <<'END'
#!/bin/bash
echo "$@" >>requeued
END
    chmod +x bin/*
    PATH=$PWD/bin:$PATH
    cat >s.lua <<'END'
local synrl = require 'synrl'
local o = synrl.options { n = 1, seconds = 0.0 }
io.open('began' .. o.n, 'w'):close()
os.execute('sleep ' .. o.seconds)
local log = assert(io.open('log', 'a'))
log:write(o.n, '\n')
log:close()
return { v = o.n }
END
    cat >long.lua <<'END'
local synrl = require 'synrl'
local o = synrl.options { seed = 1, iterations = 20000 }
local r = synrl.train { name = 'c', data = synrl.dataset('boundary', { samples = 300, seed = o.seed }),
  model = synrl.model('mlp', { layers = { 2, 20, 1 } }), loss = 'mse', iterations = o.iterations,
  rule = 'win_stay', checkpoint = { every = 100 } }
return { hash = r.summary.weights_hash }
END
}

# as_task TASK N COMMAND...: with what Slurm sets for a task of an array 1-N. In the background, after
# set_task TASK N: "${task[@]}" COMMAND..., so that its process is the one that is started.
set_task() {
    task=(env SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID="$1" SLURM_ARRAY_TASK_MIN=1
        SLURM_ARRAY_TASK_MAX="$2" SLURM_ARRAY_TASK_STEP=1 SLURM_ARRAY_TASK_COUNT="$2")
}
as_task() {
    set_task "$1" "$2"
    "${task[@]}" "${@:3}"
}

# ran NUMBERS: these cells have ended, in this order; ran_once N: 1 to N, in any.
ran() {
    [ "$(tr '\n' ' ' <log)" = "$1 " ] || fail "ran: $(cat log)"
}
ran_once() {
    [ "$(sort -n log)" = "$(seq "$1")" ] || fail "ran: $(cat log)"
}

# only_results N: of N cells, and nothing besides.
only_results() {
    find runs/.cells -mindepth 1 >found
    [ "$(wc -l <found)" -eq "$1" ] || fail "$(cat found)"
    [ "$(grep -c 'json$' found)" -eq "$1" ] || fail "$(cat found)"
}

# The array job ---------------------------------------------------------------------------------

# shellcheck disable=SC2016 # the job's own variables
test_the_array_job_is_a_short_script() {
    mkdir 'a "place"'
    cp s.lua 'a "place"'
    cd 'a "place"' || return
    exits 0 synrl sweep --slurm --array 4 --time 2:00:00 --sbatch --partition=long --sbatch --mem=4G \
        -j 2 --retries 1 --lapse 90 s.lua n=1..5 'seconds=0,{1}' --runs 'my runs' --print
    sed -i 's/sweep-[0-9a-f]\{8\}-/sweep-HASH-/' "$OUTPUT"
    prints '#!/bin/bash
# 10 cells in 4 tasks: each runs its share, then what is left.
#SBATCH --job-name=s.lua
#SBATCH --array=1-4
#SBATCH --cpus-per-task=2
#SBATCH --time=2:00:00
#SBATCH --signal=B:USR1@120
#SBATCH --requeue
#SBATCH --chdir="'"${PWD//\"/\\\"}"'"
#SBATCH --output="my runs/sweep-HASH-%a.log"
#SBATCH --open-mode=append
#SBATCH --partition=long
#SBATCH --mem=4G
trap '\''is_over=yes; kill -USR1 "$sweep"'\'' USR1 # the time is nearly over
trap '\''kill -USR1 "$sweep"'\'' TERM # cancelled
'"$(readlink -f "$BUILD")"'/synrl sweep -j 2 --threads 2 --retries 1 --shard slurm --lapse 90 --runs '\''my runs'\'' s.lua n=1..5 '\''seconds=0,{1}'\'' &
sweep=$!
for _ in 1 2 3 4; do wait "$sweep"; code=$?; [ $code -gt 128 ] || break; done
if [ $code = 75 ] && [ -n "$is_over" ]; then
    scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
fi
exit $code'
    bash -n "$OUTPUT"
    absent 'my runs'
}

test_tasks_and_times_fit_the_sweep() {
    exits 0 synrl sweep --slurm --print s.lua n=1..3
    says '#SBATCH --array=1-3'
    says '#SBATCH --cpus-per-task=1'
    says '#SBATCH --signal=B:USR1@120'
    ! grep -q -e --time= "$OUTPUT"
    exits 0 synrl sweep --slurm --print --time 5 --threads 3 s.lua n=1..30
    says '#SBATCH --array=1-16'
    says '#SBATCH --cpus-per-task=3'
    says '#SBATCH --signal=B:USR1@60' # a fifth of the time
    exits 0 synrl sweep --slurm --print --time 1-12:30 s.lua
    says '#SBATCH --array=1-1'
    says '#SBATCH --signal=B:USR1@120'
}

test_the_array_job_is_written_and_submitted() {
    exits 0 synrl sweep --slurm s.lua n=1,2
    prints "Submitted batch job 7, $(echo runs/sweep-*.sbatch)"
    cp runs/sweep-*.sbatch job
    absent log
    exits 0 synrl sweep --slurm --print s.lua n=1,2
    prints "$(cat job)"
    touch refused
    refuses 1 'sbatch failed: exit code 3' synrl sweep --slurm s.lua n=1,2
    refuses 1 "sbatch is not installed here; where Slurm is, submit it: sbatch $(echo runs/sweep-*.sbatch)" \
        env PATH="$BUILD" synrl sweep --slurm s.lua n=1,2
    # It has the name of the sweep.
    exits 0 synrl sweep --quiet s.lua n=1,2
    [ "$(cd runs && echo sweep-*.json)" = "$(cd runs && basename sweep-*.sbatch .sbatch).json" ]
}

test_misuse_is_refused() {
    local time
    refuses 2 '--array is for --slurm' synrl sweep s.lua --array 4
    refuses 2 '--time is for --slurm' synrl sweep s.lua --time 4
    refuses 2 '--sbatch is for --slurm' synrl sweep s.lua --sbatch --mem=1G
    refuses 2 '--print is for --slurm' synrl sweep s.lua --print
    refuses 2 '--array must be an integer from 1 to 100000, not "0"' synrl sweep s.lua --slurm --array 0
    for time in '' 0 0:59 soon 1: -1 1:2:3:4 1-1:1:1:1 1- '1 h'; do
        refuses 2 "--time must be a time of sbatch, at least a minute, such as 90, 1:30:00 or 2-12, not \"$time\"" \
            synrl sweep s.lua --slurm --time "$time"
    done
    refuses 2 '--sbatch must be an option of sbatch, such as --sbatch --partition=long, not "long"' \
        synrl sweep s.lua --slurm --sbatch long
    refuses 2 'not "--a' synrl sweep s.lua --slurm --sbatch $'--a\nrm -r x'
    refuses 2 '--sbatch --array=1-9: the script itself says --array and --signal' \
        synrl sweep s.lua --slurm --sbatch --array=1-9
    refuses 2 '--slurm divides the sweep itself: leave --shard out' synrl sweep s.lua --slurm --shard 1/2
    refuses 2 '--fresh would run every cell again in every task' synrl sweep s.lua --slurm --fresh
    refuses 2 '--shard slurm is for the tasks of an array job of Slurm: there is no number in SLURM_ARRAY_TASK_ID' \
        synrl sweep s.lua --shard slurm
    refuses 2 '--shard slurm needs SLURM_ARRAY_TASK_MIN and SLURM_ARRAY_TASK_COUNT' \
        env SLURM_ARRAY_TASK_ID=1 synrl sweep s.lua --shard slurm
    refuses 2 '--shard slurm: task 0 of 2 from 1 on is none' as_task 0 2 synrl sweep s.lua --shard slurm
    refuses 2 '--lapse must be an integer from 1' synrl sweep s.lua --lapse 0
    absent log
    absent runs
}

# The tasks -------------------------------------------------------------------------------------

# A share is every fourth cell; of the others', the last first.
test_a_task_runs_its_share_and_then_what_is_left() {
    exits 0 as_task 2 4 synrl sweep --quiet --no-record s.lua n=1..9 --shard slurm
    ran '2 6 7 3 8 4 9 5 1'
    exits 0 as_task 1 4 synrl sweep --quiet --no-record s.lua n=1..9 --shard slurm
    ran_once 9
    # A task that is queued again by itself is all of its array.
    rm -r runs log
    exits 0 env SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_MIN=3 SLURM_ARRAY_TASK_COUNT=1 \
        synrl sweep --quiet --no-record s.lua n=1..3 --shard slurm
    ran '1 2 3'
    # --array=1,5,9
    rm -r runs log
    exits 0 env SLURM_ARRAY_TASK_ID=9 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_COUNT=3 \
        SLURM_ARRAY_TASK_STEP=4 synrl sweep --quiet --no-record s.lua n=1..3 --shard slurm
    ran '3 1 2'
}

# side_by_side COMMAND...: three tasks, the second of which is killed while it runs its first cell.
side_by_side() {
    local i task tasks=()
    for i in 1 2 3; do
        set_task $i 3
        "${task[@]}" "$@" synrl sweep --quiet --no-record s.lua n=1..6 seconds=0.3 --shard slurm \
            >/dev/null 2>>said &
        tasks+=($!)
    done
    await began2
    kill -9 "${tasks[1]}"
    exits 0 wait "${tasks[0]}"
    exits 0 wait "${tasks[2]}"
    ran_once 6
    only_results 6
    ! grep -v 'another process is running this cell; waiting for it' said || fail "$(cat said)"
}

test_tasks_side_by_side_take_over_what_a_killed_one_leaves() {
    has_proc || return 0
    side_by_side
}

test_so_they_do_where_there_are_no_locks() {
    has_proc || return 0
    [ -z "$SANITIZER" ] || skips 'a sanitizer comes first' || return 0
    side_by_side env LD_PRELOAD="$BUILD/tests/fault/lockless.so"
}

# script_of COMMAND...: the array job.
script_of() {
    synrl sweep --slurm --print --quiet --array 1 "$@" >job
}

test_a_task_whose_time_is_over_is_queued_again_and_goes_on() {
    has_prompt_signals || return 0
    exits 0 synrl sweep --quiet --json long.lua --runs undisturbed
    grep '"hash"' "$OUTPUT" >expected
    script_of --json long.lua
    set_task 1 1
    "${task[@]}" bash job >/dev/null 2>&1 &
    await 'runs/*/checkpoint*'
    kill -USR1 $!
    exits 75 wait $!
    [ "$(cat requeued)" = 'requeue 7_1' ]
    absent 'runs/.cells/*.claim'
    exits 0 as_task 1 1 bash job
    grep '"hash"' "$OUTPUT" | diff expected -
    [ "$(wc -l <requeued)" -eq 1 ]
    [ "$(compgen -G 'runs/*/run.json' | wc -l)" -eq 1 ]
    grep -q '"resumed"' runs/*/run.json
    only_results 1
}

# Slurm sends SIGTERM to every process of the task.
test_a_task_that_is_cancelled_saves_and_is_not_queued_again() {
    has_proc || return 0
    has_prompt_signals || return 0
    script_of long.lua
    set_task 1 1
    "${task[@]}" setsid bash job >/dev/null 2>&1 &
    await 'runs/*/checkpoint*'
    kill -TERM -- "-$!"
    exits 75 wait $!
    absent requeued
    absent 'runs/.cells/*.claim'
    exits 0 synrl ls --runs runs
    says interrupted
}

# Claims ----------------------------------------------------------------------------------------

# claimed_elsewhere N LAPSE: a process of another machine runs the one cell of `s.lua n=N`.
claimed_elsewhere() {
    exits 0 synrl sweep --quiet --no-record s.lua n="$1"
    claim=$(echo runs/.cells/*.json)
    claim=${claim%.json}.claim
    rm runs/.cells/*.json log
    echo '{"pid": 1, "start": 1, "boot": "b", "namespace": "n", "host": "elsewhere", "lapse": '"$2"'}' >"$claim"
}

test_a_claim_of_another_machine_lapses() {
    claimed_elsewhere 1 1
    exits 0 synrl sweep --quiet --no-record s.lua n=1
    says 'n=1: another process on elsewhere is running this cell; waiting for it'
    ran 1
    only_results 1
}

test_a_claim_that_is_renewed_is_kept() {
    claimed_elsewhere 1 1
    synrl sweep --quiet --no-record s.lua n=1 2>said &
    for _ in 1 2 3 4 5 6 7 8; do
        sleep 0.3
        touch "$claim"
    done
    absent log
    grep -q 'another process on elsewhere' said
    # It ends, and leaves its result.
    echo '{"result": {"v": 5}, "files": []}' >"${claim%.claim}.json"
    rm "$claim"
    exits 0 wait $!
    absent log
    only_results 1
}

# As after a machine has stood still.
test_a_claim_that_was_taken_over_is_not_gone_on_with() {
    has_proc || return 0
    synrl sweep --quiet --no-record s.lua n=1 seconds=60 --lapse 1 >printed 2>said &
    await began1
    claim=$(echo runs/.cells/*.claim)
    grep -q "\"host\":\"$(uname -n)\"" "$claim"
    echo '{"pid": 1, "start": 1, "boot": "b", "namespace": "n", "host": "elsewhere", "lapse": 60}' >other
    mv other "$claim"
    await "$claim"
    for _ in $(seq 100); do
        ! grep -q 'has taken this cell over, since this one has given no sign of life for 1 seconds' said || break
        sleep 0.05
    done
    echo '{"result": {"v": 5}, "files": []}' >"${claim%.claim}.json"
    rm "$claim"
    exits 0 wait $!
    grep -q 'n=1 seconds=60: another process has taken this cell over' said
    grep -q '1 .* 5$' printed || fail "$(cat printed)"
    absent log
    only_results 1
}
