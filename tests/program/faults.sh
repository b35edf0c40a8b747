#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every call on a file, and every allocation, of commands that write and read runs fails once. After
# each failure the command has ended, with an error that names the file or with its true result; and
# what it left resumes to the same hash and files, or is refused. tests/fault/failing.c lets calls fail.
#
# `make check` tries some points, spread over all; `make check-faults` each of them (SYNRL_FAULTS=all).

# Errors of files, as numbers of errno, since the C library of the program gets them: EIO, ENOSPC,
# EINTR, ENOMEM, EACCES; and 0, where reading and writing do half of what was asked for.
ERRORS=(5 0)
[ -z "${SYNRL_FAULTS:-}" ] || ERRORS+=(28 4 12 13)
FILES=(metrics.csv rewards.bin weights.npz policy.csv confusion.csv)

shopt -s extglob

setup() {
    library=$BUILD/tests/fault/failing.so
    cp "$SOURCE/tests/program/faults.lua" s.lua
    awk 'BEGIN { print "x,y,kind"; for (i = 0; i < 40; i++) print i * 7 % 40 / 40 "," i * 11 % 40 / 40 "," (i % 2 ? "a" : "b") }' \
        >points.csv
    if has_faults; then
        run --runs whole >result
        record whole/*-a >recorded
    fi
}

# The library does not go before a sanitizer's; and what it replaces is glibc's.
has_faults() {
    [ -z "$SANITIZER" ] || skips 'sanitizers replace the same functions'
}

run() {
    synrl run --quiet --no-pictures s.lua "$@"
}

# What run.json says, but for what differs each time: times, process, call, history.
record() {
    grep -vE '"(started|ended|seconds|pid|start|boot|id|at|host|command|iteration|folder|file|changed)"|"(changes|iterations)": null|^ *[]{}[]+,?$' \
        "$1/run.json" | tr -d '[]{} ,' | grep . | sort
}

# faulty NUMBER COMMAND...: call NUMBER of the command fails; $what, $error and $always say how.
faulty() {
    head -c 8 /dev/zero >state
    : >log
    env ${always:+FAULT_ALWAYS=yes} LD_PRELOAD="$library" FAULT_PROGRAM=synrl FAULT_STATE="$PWD/state" \
        FAULT_LOG="$PWD/log" FAULT_WHAT="$what" FAULT_ERROR="$error" FAULT_AT="$1" timeout 60 "${@:2}"
}

# count COMMAND...: how many calls it makes.
count() {
    faulty 0 "$@" >/dev/null
    od -An -t u8 state | tr -d ' '
}

# named: whether stderr names the file of a failure, of which log has "call path". A draft or a folder
# that has not got its name yet stands for what it is to become.
named() {
    local path name
    while read -r _ path; do
        name=${path##*/}
        name=${name%%.draft*}
        name=${name%-*(wal|shm|journal)}
        [[ $name != .* ]] || { name=${name#.}; name=${name%-*}; }
        ! grep -qF -e "$name" err || return 0
    done <log
    return 1
}

# told CODE: the exit code and the message are those of a failure that was noticed.
told() {
    [ "$1" -lt 3 ] || [ "$1" = 75 ] || fail "$point: exit code $1: $(head -c 1000 err)"
    [ -s err ] || fail "$point: no message"
    [ -n "${always:-}" ] || [ "$(wc -l <err)" -le 2 ] || fail "$point: $(cat err)"
    if [ "$what" = memory ]; then
        # The loader has words of its own for a library that it has no memory for, SQLite too, and
        # jansson takes a lack of it for bytes that are not UTF-8.
        grep -qiE 'memory|cannot be loaded|UTF-8|synrl.db' err || fail "$point: does not tell of memory: $(cat err)"
    else
        named || fail "$point: does not name the file: $(cat err)"
    fi
}

# same FOLDER: the run in it is the whole one's equal.
same() {
    local file
    for file in "${FILES[@]}"; do
        cmp -s "$1/$file" whole/*-a/"$file" || fail "$point: another $file"
    done
    record "$1" | diff recorded - >different || fail "$point: another run.json: $(cat different)"
}

# Without faults now: what was left is resumed, or begun again.
mended() {
    local folder
    folder=$(compgen -G 'runs/*-a' | head -n 1 || true)
    if [ -n "$folder" ]; then
        synrl resume --quiet "$folder" >out 2>err || fail "$point: does not resume: $(cat err)"
        same "$folder"
    else
        run >out 2>err || fail "$point: cannot be begun again: $(cat err)"
    fi
    cmp -s out result || fail "$point: resumed, it ends with $(head -c 200 out)"
}

# points N: the numbers to try: all, or SYNRL_FAULTS of N, spread over all; other ones for each error.
points() {
    local wanted=${SYNRL_FAULTS:-2}
    [ "$wanted" != all ] || wanted=$1
    awk "BEGIN { for (i = 0; i < $wanted && i < $1; i++) print 1 + int(($1 / $wanted) * i + $((error * 7)) % ($1 / $wanted)) }"
}

# each WHAT FUNCTION COMMAND...: lets calls of the command fail, one after another, and looks at what
# came of each with FUNCTION CODE; with $only, those calls whose "call path" matches it.
each() {
    local number total code tried=0
    what=$1
    total=$(count "${@:3}")
    [ "$total" -gt 10 ] || fail "only $total calls"
    if [ -n "${only:-}" ]; then
        grep -n -e "$only" log | cut -d: -f1 >numbers
        [ -s numbers ] || fail "no call on $only"
    else
        points "$total" >numbers
    fi
    while read -r number; do
        "before_$2"
        code=0
        faulty "$number" "${@:3}" >out 2>err || code=$?
        # With other memory at hand some take one call less than when they were counted.
        [ -s log ] || continue
        point="call $number of $total ($(head -n 1 log)), error $error${always:+ and all after it}"
        "after_$2" "$code"
        tried=$((tried + 1))
    done <numbers
    echo "$what, error $error${always:+, and all after it}: $tried of $total points"
}

# A recorded run, and its resume ------------------------------------------------------------------

before_run() {
    rm -rf runs
}
after_run() {
    if [ "$1" = 0 ]; then
        cmp -s out result || fail "$point: exit code 0 and $(head -c 200 out)"
        if [ -s err ]; then
            warned
        else
            same runs/*-a
        fi
    else
        told "$1"
        mended
    fi
}

# warned: something beside the run failed, and was named; its files are those of the whole one.
warned() {
    told 1
    [[ $(cat err) = *"its hash"* ]] || same runs/*-a
}

# Resumes a run that was killed.
before_resume() {
    rm -rf runs
    cp -r killed runs
}
after_resume() {
    after_run "$1"
    [ "$(compgen -G 'runs/*-a*' | wc -l)" -eq 1 ] || fail "$point: the run was begun again beside it"
}

# every_error FUNCTION COMMAND...
every_error() {
    for error in "${ERRORS[@]}"; do
        each files "$@"
    done
    error=28 always=yes each files "$@"
}
every_allocation() {
    error=12 each memory "$@"
    error=12 always=yes each memory "$@"
}

# kept DIR: a run that was killed at iteration 45 of 60, in DIR.
killed() {
    rm -rf runs
    touch die
    run >/dev/null 2>&1 && fail 'it did not die'
    mv runs "$1"
}

# Commands that only read: they end with the true output, or tell of the failure. `read_whole` is what
# they print when nothing fails; a page is a file of this name.
before_read() {
    rm -rf runs page.html
    cp -r whole runs
    synrl reindex --quiet >/dev/null 2>&1 || synrl ls >/dev/null
}
after_read() {
    if [ "$1" = 0 ] && [ ! -s err ]; then
        cmp -s out read_whole || fail "$point: exit code 0 and $(head -c 200 out)"
        # A page shows the run of which it cannot read a file, and says why.
        [ ! -e read_page ] || cmp -s page.html read_page || grep -qE ': cannot |not enough memory' page.html ||
            fail "$point: exit code 0 and another page"
    else
        told "$1"
    fi
    same runs/*-a
}
reads() {
    before_read
    rm -f read_page
    "$@" >read_whole
    [ ! -e page.html ] || mv page.html read_page
    for error in 5 12 0; do
        each files read "$@"
    done
    error=12 each memory read "$@"
}

# A sweep of two cells, one after the other; `swept` is its table.
sweep_both() {
    synrl sweep -j 1 --quiet s.lua seed=3,4
}
before_sweep() {
    rm -rf runs
}
after_sweep() {
    [ "$1" -lt 3 ] || [ "$1" = 75 ] || fail "$point: exit code $1: $(head -c 1000 err)"
    if [ "$1" != 0 ]; then
        [ -s err ] || fail "$point: no message"
        sweep_both >out 2>err || fail "$point: does not go on: $(cat err)"
    fi
    diff out swept >different || fail "$point: another table: $(cat different)"
}

test_a_run_ends_well_whichever_call_on_a_file_fails() {
    has_faults || return 0
    every_error run synrl run --quiet --no-pictures s.lua
}

# A file is read once for its hash and once for what it says: without the first, the run is not silent.
test_what_is_recorded_without_its_hash_is_named() {
    has_faults || return 0
    local file
    sed -i "1i dofile 'beside.lua'" s.lua
    echo 'return 1' >beside.lua
    rm -rf whole
    run --runs whole >result
    record whole/*-a >recorded
    for file in s.lua points.csv beside.lua; do
        error=5 only="^open $file\$" each files run synrl run --quiet --no-pictures s.lua
    done
    what=files error=5 exits 0 faulty 1 synrl run --quiet --no-pictures s.lua
    complains 'synrl: warning: s.lua: recorded without its hash, since it could not be read'
    exits 0 run
    complains ''
}

test_a_run_ends_well_whichever_allocation_fails() {
    has_faults || return 0
    every_allocation run synrl run --quiet --no-pictures s.lua
}

test_a_sweep_ends_well_whichever_call_fails() {
    has_faults || return 0
    before_sweep
    sweep_both >swept
    for error in 5 28; do
        each files sweep synrl sweep -j 1 --quiet s.lua seed=3,4
    done
    error=12 each memory sweep synrl sweep -j 1 --quiet s.lua seed=3,4
}

test_a_resume_ends_well_whichever_call_on_a_file_fails() {
    has_faults || return 0
    killed killed
    before_resume
    every_error resume synrl resume --quiet runs/*-a
}

# What cannot be read may be the run that is to go on.
test_a_resume_begins_no_run_again_whichever_run_cannot_be_read() {
    has_faults || return 0
    killed killed
    before_resume
    for error in 5 24; do
        only='run[.]json$' each files resume synrl resume --quiet runs/*-a
    done
}

test_a_resume_ends_well_whichever_allocation_fails() {
    has_faults || return 0
    killed killed
    before_resume
    every_allocation resume synrl resume --quiet runs/*-a
}

test_lists_and_reports_are_true_whichever_call_fails() {
    has_faults || return 0
    reads synrl ls
    reads synrl show whole/*-a
    reads synrl replay whole/*-a
    reads synrl report whole/*-a -o page.html
}
