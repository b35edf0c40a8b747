#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs that a signal meets at every system call and after every iteration, and that are then resumed:
# the same result, the same files, no litter. `make check` takes a few of these moments,
# `make check-interleavings` all.

setup() {
    stepper=$BUILD/tests/fault/stepper
    cp "$SOURCE/tests/program/interleavings.lua" s.lua
}

run=(synrl run --quiet --no-pictures --threads 1)

files_of() {
    local name file
    for name in first second; do
        for file in metrics.csv rewards.bin weights.npz policy.csv; do
            sha1sum <"$(echo "$1"/*-$name)/$file" || true
        done
        grep '"status"' "$1"/*-$name/run.json
        find "$1"/*-$name -type f -printf '%f\n' | sort
    done 2>/dev/null
    find "$1" -name '*draft*' -o -name '.2*'
    find "$1" -mindepth 1 -maxdepth 1 -type d | wc -l
}

undisturbed() {
    "${run[@]}" --runs "$1/whole" s.lua >"$1/result"
    files_of "$1/whole" >"$1/files"
    [ "$(grep -c '"done"' "$1/files")" -eq 2 ]
}

# ends_the_same FOLDER CODE: the run that ended with this code is resumed, where it had begun, or run
# again; both leave what the undisturbed one left.
ends_the_same() {
    local found code=$2
    case $code in
    0 | 75 | 137 | 143) ;;
    *) fail "exit code $code: $(cat "$1/output" "$1/error")" ;;
    esac
    if [ "$code" -ne 0 ]; then
        found=$(compgen -G "$1/runs/2*" | tail -n 1 || true)
        if [ -n "$found" ]; then
            synrl resume --quiet "$found" >"$1/output" 2>"$1/error" || fail "$(cat "$1/error")"
        else
            "${run[@]}" --runs "$1/runs" s.lua >"$1/output" 2>"$1/error" || fail "$(cat "$1/error")"
        fi
    fi
    diff "$1/result" "$1/output" >&2 || fail "another result: $(cat "$1/error")"
    files_of "$1/runs" | diff "$1/files" - >&2 || fail 'other files'
}

# at_calls FOLDER SIGNAL FIRST EACH LAST
at_calls() {
    local at code
    for ((at = $3; at <= $5; at += $4)); do
        rm -rf "$1/runs"
        code=0
        "$stepper" "$2" "$at" "${run[@]}" --runs "$1/runs" s.lua >"$1/output" 2>"$1/error" || code=$?
        ends_the_same "$1" "$code" || fail "signal $2 at system call $at"
    done
}

test_a_run_that_a_signal_meets_at_any_system_call_ends_the_same() {
    local n signal each=${SYNRL_INTERLEAVINGS:+1} jobs=()
    [ -z "$SANITIZER" ] || skips 'a sanitizer cannot be traced' || return 0
    mkdir term kill
    undisturbed term
    cp term/result term/files kill
    code=0
    "$stepper" count "${run[@]}" --runs counted s.lua >/dev/null || code=$?
    [ "$code" -ne 99 ] || skips 'programs cannot be traced' || return 0
    n=$(cat count)
    [ "$n" -gt 500 ]
    for signal in term:15 kill:9; do
        at_calls "${signal%:*}" "${signal#*:}" "${each:-37}" "${each:-$((n / 5))}" "$n" &
        jobs+=($!)
    done
    for job in "${jobs[@]}"; do
        wait "$job"
    done
    [ -z "$each" ] || echo "skipped: none of $n system calls, each met by SIGTERM and by SIGKILL"
}

test_a_run_that_is_interrupted_after_any_iteration_ends_the_same() {
    local at code each=${SYNRL_INTERLEAVINGS:+1}
    has_prompt_signals || return 0
    mkdir x
    undisturbed x
    for ((at = 0; at <= 30; at += ${each:-10})); do
        rm -rf x/runs sent
        code=0
        "${run[@]}" --runs x/runs s.lua at="$at" >x/output 2>x/error || code=$?
        [ "$code" -eq 75 ]
        ends_the_same x "$code" || fail "after iteration $at"
    done
}
