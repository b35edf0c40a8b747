#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs every harness of tests/fuzz/guided under libFuzzer, one after another, and prints how many
# inputs each read. New inputs that reach new code are kept beside the program, in corpus/HARNESS, and
# are where the next call begins; what fails is kept in findings/. Run from the root of the sources.
# usage: tests/fuzz/guided.sh PROGRAM SECONDS [HARNESS...]
#   SECONDS   for all harnesses together; with FUZZ_RUNS=N each reads N inputs instead
set -euo pipefail

program=$1
seconds=$2
shift 2
if [ ! -r /proc/self/stat ]; then
    echo 'skipped: coverage-guided fuzzing, since sanitizers need /proc and there is none'
    exit
fi
if [ $# = 0 ]; then
    list=$(SYNRL_FUZZ=list "$program") # a failure ends the script
    mapfile -t harnesses <<<"$list"
    set -- "${harnesses[@]}"
fi
folder=$(dirname "$program")
# Asked to end, libFuzzer does so without the program's own end, which would remove its files.
SYNRL_FUZZ_FOLDER=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)" guided-XXXXXX)
export SYNRL_FUZZ_FOLDER
process=
trap '[ -z "$process" ] || kill -KILL "$process"; rm -rf "$SYNRL_FUZZ_FOLDER"' EXIT
trap '' USR1 # which libFuzzer alone takes, once it has begun
mkdir -p "$folder/findings"
# Memory is never zero by chance, with or without sanitizers.
export MALLOC_PERTURB_=165 UBSAN_OPTIONS=print_stacktrace=1
export TZ=UTC # else libarchive looks at the system's file of it for each entry
# Leaks are looked for at the end of a harness, not at each input; the core's memory is counted.
export ASAN_OPTIONS=allocator_may_return_null=1:quarantine_size_mb=16:detect_leaks=${FUZZ_LEAKS:-1}

# milliseconds rather than seconds, so that many harnesses share a few.
share=$((seconds * 1000 / $#))
[ -z "${FUZZ_RUNS:-}" ] || share=36000000
# What one input may take, and as much again to say where it was.
patience=${FUZZ_PATIENCE:-40}

# has_ended SECONDS: waits no longer than that for the process.
has_ended() {
    timeout "$1" tail --pid="$process" -s 0.05 -f /dev/null
}

# libFuzzer counts whole seconds, so it is asked to end: by SIGUSR1, after which it ends between two
# inputs. At an interrupt it allocates in the handler, and waits for ever for what it interrupted.
end_in_time() {
    local began=$SECONDS
    has_ended "$(awk "BEGIN { print $share / 1000 }")" && return
    while [ $((SECONDS - began)) -lt $((share / 1000 + patience)) ]; do
        kill -USR1 "$process" 2>/dev/null || return 0
        ! has_ended 0.5 || return 0
    done
    echo "fuzz: does not end within $patience s after it was asked to; where it is:"
    timeout 20 gdb -p "$process" -batch -ex 'thread apply all backtrace 40' </dev/null 2>&1 ||
        grep -H . "/proc/$process/"{syscall,wchan,stack} 2>&1 || true
    kill -KILL "$process"
}

failed=()
for harness in "$@"; do
    kept=$folder/corpus/$harness log=$folder/$harness.log
    mkdir -p "$kept"
    options=(-max_len=8192 -timeout=20 -rss_limit_mb=2048 -malloc_limit_mb=1024 -detect_leaks=0
        -print_final_stats=1 "-artifact_prefix=$folder/findings/$harness-")
    if [ -n "${FUZZ_RUNS:-}" ]; then
        options+=("-runs=$FUZZ_RUNS")
    fi
    if [ -f "tests/fuzz/dictionaries/$harness" ]; then
        options+=("-dict=tests/fuzz/dictionaries/$harness")
    fi
    began=$(date +%s%N)
    code=0
    SYNRL_FUZZ=$harness "$program" "${options[@]}" "$kept" "tests/fuzz/corpus/$harness" \
        >"$log" 2>&1 </dev/null &
    process=$!
    end_in_time >>"$log"
    wait "$process" || code=$?
    process=
    taken=$((($(date +%s%N) - began) / 1000000))
    inputs=$(awk '/stat::number_of_executed_units/ { n = $2 } END { print n + 0 }' "$log")
    if [ $code = 0 ]; then
        printf '%-14s %9d inputs, %6d a second, coverage %s\n' "$harness" "${inputs:-0}" \
            $((${inputs:-0} * 1000 / (taken > 0 ? taken : 1))) \
            "$(grep -oE 'cov: [0-9]+' "$log" | tail -1 | cut -d' ' -f2)"
    else
        failed+=("$harness")
        echo "$harness: exit code $code; see $log"
        grep -E '^fuzz: |ERROR: |SUMMARY: |runtime error|^#[0-9]+ |^/proc/' "$log" | head -40 || true
    fi
done
[ ${#failed[@]} = 0 ] || { echo "found: ${failed[*]}"; exit 1; }
