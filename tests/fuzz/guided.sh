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
# libFuzzer ends at an interrupt without the program's own end, which would remove its files.
SYNRL_FUZZ_FOLDER=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)" guided-XXXXXX)
export SYNRL_FUZZ_FOLDER
trap 'rm -rf "$SYNRL_FUZZ_FOLDER"' EXIT
mkdir -p "$folder/findings"
# Memory is never zero by chance, with or without sanitizers.
export MALLOC_PERTURB_=165 UBSAN_OPTIONS=print_stacktrace=1
export TZ=UTC # else libarchive looks at the system's file of it for each entry
# Leaks are looked for at the end of a harness, not at each input; the core's memory is counted.
export ASAN_OPTIONS=allocator_may_return_null=1:quarantine_size_mb=16:detect_leaks=${FUZZ_LEAKS:-1}

# milliseconds rather than seconds, so that many harnesses share a few.
share=$((seconds * 1000 / $#))
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
    # libFuzzer counts whole seconds; an interrupt ends it as its own limit would, with exit code 72.
    code=0
    SYNRL_FUZZ=$harness timeout --signal=INT "$(awk "BEGIN { print ${FUZZ_RUNS:+36000 + } $share / 1000 }")" \
        "$program" "${options[@]}" "$kept" "tests/fuzz/corpus/$harness" >"$log" 2>&1 || code=$?
    taken=$((($(date +%s%N) - began) / 1000000))
    inputs=$(awk '/stat::number_of_executed_units/ { n = $2 } END { print n + 0 }' "$log")
    case $code in
    0 | 72 | 124) printf '%-14s %9d inputs, %6d a second, coverage %s\n' "$harness" "${inputs:-0}" \
        $((${inputs:-0} * 1000 / (taken > 0 ? taken : 1))) \
        "$(grep -oE 'cov: [0-9]+' "$log" | tail -1 | cut -d' ' -f2)" ;;
    *)
        failed+=("$harness")
        echo "$harness: exit code $code; see $log"
        grep -E '^fuzz: |ERROR: |SUMMARY: |runtime error' "$log" | head -5 || true
        ;;
    esac
done
[ ${#failed[@]} = 0 ] || { echo "found: ${failed[*]}"; exit 1; }
