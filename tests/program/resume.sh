#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs that are cut short, by a signal or a crash, and resumed: to the same weights, the same metrics
# and the same transcript as a run that nothing disturbed.

setup() {
    cp "$SOURCE/tests/program/resume.lua" s.lua
}

run() {
    synrl run --quiet --no-pictures s.lua "$@"
}

# What must be the same after a run, however it came to its end: a file that a rule does not leave is
# missing in both.
prints_of() {
    for file in metrics.csv rewards.bin weights.npz policy.csv; do
        for name in first second; do
            sha1sum <"$(echo "$1"/*-$name)/$file" || true
        done
    done 2>/dev/null
}

# whole OPTION...: runs undisturbed; same: the last command printed the same result, and left the same.
whole() {
    rm -rf whole
    run --runs whole "$@" >result
    prints_of whole >result.prints
    [ "$(wc -l <result.prints)" -ge 4 ]
}
same() {
    prints "$(cat result)"
    prints_of runs | diff result.prints - >&2 || fail 'other files'
}

# killed: by its own script, in the first run. $run is the run, $checkpoint its newest checkpoint.
killed() {
    rm -rf runs
    touch die
    exits 137 run
    run=$(echo runs/*-first)
    checkpoint=$(find "$run" -name 'checkpoint*.bin' | sort | tail -n 1)
}

# Crashes ---------------------------------------------------------------------------------------

# ends COMMAND...: it is killed at the next of the moments, which are spread over what a whole run
# takes, by the golden ratio; whether it came to its end before.
moments=${SYNRL_CRASH_MOMENT:-0} # how many were used before
kills=0
ends() {
    local moment code=0
    moments=$((moments + 1))
    moment=$(awk "BEGIN { x = 0.618034 * $moments; printf \"%.4f\", 0.02 + (x - int(x)) * $taken * 1e-9 }")
    "$@" >"$OUTPUT" 2>"$ERROR" &
    sleep "$moment"
    kill -9 $! 2>/dev/null || true
    wait $! 2>/dev/null || code=$?
    [ "$code" -ne 137 ] || kills=$((kills + 1))
    [ "$code" -eq 0 ] || [ "$code" -eq 137 ] || fail "exit code $code: $(cat "$ERROR")"
    [ "$code" -eq 0 ]
}

# A run is killed, and up to two times while it is resumed. Until it was begun there is nothing to
# resume. `make check-crash` does it until there were a hundred kills.
test_a_run_killed_at_any_moment_ends_the_same() {
    local start taken i found ended command options=(iterations=6000 every=100)
    whole "${options[@]}"
    start=$(date +%s%N)
    run --runs timed "${options[@]}" >/dev/null
    taken=$(($(date +%s%N) - start))
    while [ "$kills" -lt "${SYNRL_CRASHES:-6}" ]; do
        rm -rf runs
        mkdir runs
        command=(synrl run --quiet --no-pictures s.lua "${options[@]}")
        ended=
        for ((i = moments % 3; i >= 0; i--)); do
            if ends "${command[@]}"; then
                ended=yes
                break
            fi
            found=$(compgen -G 'runs/*-second' || compgen -G 'runs/*-first' || true)
            [ -z "$found" ] || command=(synrl resume --quiet "$found")
        done
        [ -n "$ended" ] || exits 0 "${command[@]}"
        same
        [ -z "$(find runs -name '*draft*' -o -name '.2*')" ] || fail "litter: $(ls -A runs runs/*)"
    done
}

# Signals ---------------------------------------------------------------------------------------

# signalled SIGNAL OPTION...: interrupted while the script waits, and resumed.
signalled() {
    whole "${@:2}"
    touch wait
    synrl run --quiet --no-pictures s.lua "${@:2}" >/dev/null 2>&1 &
    while [ -e wait ] && kill -0 $!; do
        sleep 0.01
    done
    kill "-$1" $!
    exits 75 wait $!
    grep -qx '  "status": "interrupted",' runs/*/run.json
    exits 0 synrl resume --quiet runs/*-first
    same
}

test_qlearning_resumes_after_an_interrupt() {
    signalled INT rule=qlearning
}

test_a_policy_with_features_resumes_after_an_interrupt() {
    signalled INT features=true iterations=1050
}

test_three_factor_balanced_resumes_after_an_interrupt() {
    signalled INT rule=three_factor iterations=1050
}

test_rank1_resumes_after_a_termination() {
    signalled TERM rule=rank1
}

test_win_stay_resumes_after_a_termination() {
    signalled TERM rule=win_stay
}

test_gd_resumes_after_an_interrupt() {
    signalled INT rule=gd
}

test_a_complete_run_gives_its_result_again() {
    whole
    run >/dev/null
    exits 0 synrl resume --quiet runs/*-first
    same
}

# Sweeps ----------------------------------------------------------------------------------------

# As the cell that it was: no cell runs again, and resuming twice gives the result twice.
resumed_in_its_cell() {
    local arguments=(run --quiet --no-pictures --seed 5 c.lua samples=150)
    cp "$SOURCE/tests/program/resume_sweep.lua" c.lua
    synrl "${arguments[@]}" --runs whole >result
    grep -q 'hash ' result
    echo "$1" >signal
    exits 0 synrl "${arguments[@]}"
    prints ''
    for _ in 1 2; do
        compgen -G 'runs/*-n*' >before
        exits 0 synrl resume --quiet runs/*-n2
        prints "$(cat result)"
        compgen -G 'runs/*-n*' | cmp - before
    done
    cmp runs/*-n2/metrics.csv whole/*-n2/metrics.csv
    grep -A1 '"resumed"' runs/*-n2/run.json | grep -qv '\[\]'
}

test_a_run_of_a_sweep_resumes_in_its_cell_after_a_crash() {
    resumed_in_its_cell KILL
}

test_a_run_of_a_sweep_resumes_in_its_cell_after_a_termination() {
    resumed_in_its_cell TERM
}

# Damage ----------------------------------------------------------------------------------------

# damaged WARNING COMMAND...: of a run that was killed; resuming warns and ends the same.
damaged() {
    killed
    "${@:2}"
    exits 0 synrl resume --quiet "$run"
    says "$1"
    same
}

cut_checkpoint() {
    truncate -s "$1" "$checkpoint"
}
change_checkpoint() {
    printf '%s' "$2" | dd of="$checkpoint" bs=1 seek="$1" conv=notrunc 2>/dev/null
}
lengthen_checkpoint() {
    head -c 100 /dev/zero >>"$checkpoint"
}
cut_file() {
    truncate -s "$2" "$run/$1"
}
copy_older_checkpoint() {
    cp "$(find "$run" -name 'checkpoint*' | sort | head -n 1)" "$checkpoint.x"
    mv "$checkpoint.x" "$checkpoint"
}
remove_checkpoints() {
    rm "$run"/checkpoint*
}

test_a_damaged_checkpoint_is_named_and_the_previous_one_used() {
    whole
    damaged 'truncated or damaged: the checksum does not match; trying the previous one' cut_checkpoint 100
    damaged 'not a checkpoint file, or truncated; trying the previous one' cut_checkpoint 20
    damaged 'not a checkpoint file, or truncated; trying the previous one' cut_checkpoint 0
    damaged 'the checksum does not match' change_checkpoint 300 x
    damaged 'a checkpoint of version 9: must be of version 2' change_checkpoint 7 9
    damaged 'checkpoint-' lengthen_checkpoint
}

test_a_checkpoint_that_the_run_does_not_fit_is_passed_over() {
    whole
    damaged 'metrics.csv: is shorter than at iteration' cut_file metrics.csv 300
    damaged 'rewards.bin: has 3 bytes: must hold one bit for each' cut_file rewards.bin 3
    damaged 'the checkpoint of another run' copy_older_checkpoint
    damaged '' remove_checkpoints
}

# metrics.csv may not grow past 32 KiB: the write fails, and with it the run; given room, it resumes.
on_a_small_disk() {
    (
        trap '' XFSZ
        ulimit -f 32
        exec synrl run --quiet --no-pictures s.lua iterations=7000
    )
}

test_a_full_disk_is_an_error_and_can_be_mended() {
    whole iterations=7000
    refuses 1 'cannot write it: File too large' on_a_small_disk
    grep -q '"status": "failed"' runs/*-first/run.json
    exits 0 synrl resume --quiet runs/*-first
    same
}

test_a_checkpoint_that_cannot_be_written_is_an_error() {
    killed
    mkdir -p "$run/checkpoint-000000001500.bin/x"
    refuses 1 'checkpoint-000000001500.bin: cannot write it' synrl resume --quiet "$run"
}

# Refusals --------------------------------------------------------------------------------------

# record TEXT: the folder x, with this run.json.
record() {
    mkdir -p x
    echo "$1" >x/run.json
}

test_wrong_arguments_are_refused() {
    exits 2 synrl resume
    complains 'synrl: which run? write synrl resume RUN'
    exits 2 synrl resume a b
    complains 'synrl: resume takes one run, not "b" too'
    refuses 2 'resume does not take --seed' synrl resume --seed 3 a
    refuses 1 'synrl: no run "nothing", and no folder runs' synrl resume nothing
}

test_what_is_not_a_run_cannot_be_resumed() {
    record '[1]'
    refuses 1 'must be an object with a "status"' synrl resume x
    record '{'
    refuses 1 'not the record of a run' synrl resume x
    record '{"status":"done"}'
    refuses 1 "not recorded by \`synrl run\`" synrl resume x
}

test_a_run_whose_script_has_changed_cannot_be_resumed() {
    killed
    sed -i 's/0.75/0.5/' s.lua
    refuses 1 'cannot resume: the script has changed since the run was recorded: data.samples: 300 and 200' \
        synrl resume "$run"
}

test_a_run_that_still_runs_cannot_be_resumed() {
    touch wait
    synrl run --quiet --no-pictures s.lua &
    while [ -e wait ] && kill -0 $!; do
        sleep 0.01
    done
    refuses 1 'another process is writing this run' synrl resume runs/*-first
    kill -9 $!
}

# Results that are no longer so -----------------------------------------------------------------

# An interrupted run has its results; when it is resumed and fails, nothing is left of them, nor
# anything lost that was not one.
test_a_run_that_fails_leaves_no_results() {
    cat >f.lua <<'END'
local synrl = require 'synrl'
synrl.train { loss = 'mse', rule = 'win_stay', iterations = 1000000000, name = 'first',
   data = synrl.dataset('boundary', { samples = 50 }),
   model = synrl.model('mlp', { layers = { 2, 5, 1 } }),
   checkpoint = { every = 1000 },
   record_every = 1000,
   on_evaluate = function(metrics)
      local fail = io.open('fail')
      if fail and metrics.iteration > fail:read('n') then error('no') end
      if metrics.iteration == 5000 then io.open('begun', 'w'):close() end
   end }
END
    has gnuplot || return 0
    synrl run --quiet f.lua >/dev/null 2>&1 &
    await begun
    kill -TERM $!
    exits 75 wait $!
    cp -r runs/*-first before
    run=$(echo runs/*-first)
    touch "$run/notes.md"
    tail -n 1 "$run/metrics.csv" | cut -d, -f1 >fail
    refuses 1 'f.lua:9: no' synrl resume --quiet "$run"
    for file in before/*; do
        case ${file#before/} in
        run.json | metrics.csv | rewards.bin | checkpoint-* | script.lua) ;;
        *) echo "${file#before/}" ;;
        esac
    done >results
    grep -qx 'weights.npz' results
    grep -qx 'policy.csv' results
    while read -r file; do
        absent "$run/$file"
    done <results
    ls "$run/notes.md" "$run/metrics.csv"
}
