#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every call on a file, and every allocation, of commands that write and read runs fails once. After
# each failure the command has ended, with an error that names the file or with its true result; and
# what it left resumes to the same hash and files, or is refused. tests/fault/failing.c lets calls fail.
#
# `make check` tries some points, spread over all; `make check-faults` each of them (SYNRL_FAULTS=all),
# or a part of them: with SYNRL_FAULTS_PART=2/8, the second of eight.

# Errors of files, as numbers of errno, since the C library of the program gets them: EIO, ENOSPC,
# EINTR, ENOMEM, EACCES; and 0, where reading and writing do half of what was asked for.
ERRORS=(5 0)
[ -z "${SYNRL_FAULTS:-}" ] || ERRORS+=(28 4 12 13)
FILES=(metrics.csv rewards.bin weights.npz policy.csv confusion.csv)

shopt -s extglob dotglob nullglob

setup() {
    library=$BUILD/tests/fault/failing.so
    export FAULT_PROGRAM=synrl FAULT_STATE=$PWD/state FAULT_LOG=$PWD/log
    cp "$SOURCE/tests/program/faults.lua" s.lua
    awk 'BEGIN { print "x,y,kind"; for (i = 0; i < 40; i++) print i * 7 % 40 / 40 "," i * 11 % 40 / 40 "," (i % 2 ? "a" : "b") }' \
        >points.csv
    if has_faults; then
        record_whole
    fi
}

# The library does not go before a sanitizer's; and what it replaces is glibc's.
has_faults() {
    [ -z "$SANITIZER" ] || skips 'sanitizers replace the same functions'
}

run() {
    synrl run --quiet --no-pictures s.lua "$@"
}

# The run without a fault, to compare with.
record_whole() {
    rm -rf whole
    run --runs whole >result
    record whole/*-a >recorded
    (cd whole/*-a && cat "${FILES[@]}") >files
}

# What run.json says, but for what differs each time: times, process, call, history. Its members are sorted.
record() {
    awk '!/"(started|ended|seconds|pid|start|boot|id|at|host|command|iteration|folder|file|changed)"|"(changes|iterations)": null/ {
        gsub(/[][{} ,]/, ""); if ($0 != "") print }' "$1/run.json"
}

# faulty NUMBER COMMAND...: call NUMBER of the command fails; $what, $error and $always say how.
faulty() {
    printf '\0\0\0\0\0\0\0\0' >state
    : >log
    LD_PRELOAD=$library FAULT_WHAT=$what FAULT_ERROR=$error FAULT_ALWAYS=${always:-0} FAULT_AT=$1 \
        timeout 60 "${@:2}"
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
        [[ $said != *"$name"* ]] || return 0
    done <log
    return 1
}

# told CODE: the exit code and the message are those of a failure that was noticed.
told() {
    local lines said
    mapfile -t lines <err
    said=${lines[*]}
    [ "$1" -lt 3 ] || [ "$1" = 75 ] || fail "$point: exit code $1: ${said:0:1000}"
    [ -n "$said" ] || fail "$point: no message"
    [ -n "${always:-}" ] || [ "${#lines[@]}" -le 2 ] || fail "$point: $said"
    if [ "$what" = memory ]; then
        # The loader has words of its own for a library that it has no memory for, and SQLite too.
        [[ $said =~ memory|'cannot be loaded'|'synrl.db' ]] || fail "$point: does not tell of memory: $said"
    else
        named || fail "$point: does not name the file: $said"
    fi
}

# is_result FILE: this is what the whole run printed.
is_result() {
    [ "$(<"$1")" = "$(<result)" ]
}

# same FOLDER: the run in it is the whole one's equal.
same() {
    (cd "$1" && cat "${FILES[@]}" 2>&1) | cmp -s - files || fail "$point: another file"
    record "$1" | diff recorded - >different || fail "$point: another run.json: $(cat different)"
}

# Without faults now: what was left is resumed, or begun again.
mended() {
    local folders=(runs/[!.]*-a)
    if [ "${#folders[@]}" -gt 0 ]; then
        synrl resume --quiet "${folders[0]}" >out 2>err || fail "$point: does not resume: $(cat err)"
        same "${folders[0]}"
    else
        run >out 2>err || fail "$point: cannot be begun again: $(cat err)"
    fi
    is_result out || fail "$point: resumed, it ends with $(head -c 200 out)"
}

# points N: the numbers to try: all, or SYNRL_FAULTS of N, spread over all; other ones for each error.
points() {
    local wanted=${SYNRL_FAULTS:-${few:-2}} part=${SYNRL_FAULTS_PART:-1/1}
    [ "$wanted" != all ] || wanted=$1
    awk "BEGIN { for (i = ${part%/*} - 1; i < $wanted && i < $1; i += ${part#*/})
        print 1 + int(($1 / $wanted) * i + $((error * 7)) % ($1 / $wanted)) }"
}

# each WHAT FUNCTION COMMAND...: lets calls of the command fail, one after another, and looks at what
# came of each with FUNCTION CODE; with $only, those calls whose "call path" matches it. What was tried
# goes to faults.log too.
each() {
    local number total code first tried=0
    what=$1
    "before_$2"
    total=$(count "${@:3}")
    [ "$total" -ge "${least:-10}" ] || fail "only $total calls"
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
        read -r first <log || continue
        point="call $number of $total ($first), error $error${always:+ and all after it}"
        "after_$2" "$code"
        tried=$((tried + 1))
    done <numbers
    echo "$what, error $error${always:+ and all after it}: $tried of $total: ${*:3}" | tee -a "$BUILD/tests/faults.log"
}

# A recorded run, and its resume ------------------------------------------------------------------

before_run() {
    [ ! -e runs ] || rm -rf runs
}
after_run() {
    if [ "$1" = 0 ]; then
        is_result out || fail "$point: exit code 0 and $(head -c 200 out)"
        if [ -s err ]; then
            warned
        else
            same runs/*-a
        fi
    else
        told "$1"
        # A run can begin where there is nothing; that is tried once.
        [ -e runs ] || [ -z "${can_begin:-}" ] || return 0
        [ -e runs ] || can_begin=yes
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
    diff -rq killed runs >/dev/null 2>&1 || { rm -rf runs; cp -r killed runs; }
}
after_resume() {
    # A run that was not touched can be resumed; that is tried once.
    if [ "$1" != 0 ] && diff -rq killed runs >/dev/null; then
        told "$1"
        [ -z "${can_resume:-}" ] || return 0
        can_resume=yes
        mended
    else
        after_run "$1"
    fi
    local folders=(runs/*-a*)
    [ "${#folders[@]}" -eq 1 ] || fail "$point: the run was begun again beside it"
}

# every_error FUNCTION COMMAND...
every_error() {
    for error in "${ERRORS[@]}"; do
        each files "$@"
    done
    error=28 always=1 each files "$@"
}
every_allocation() {
    error=12 each memory "$@"
    error=12 always=1 each memory "$@"
}

# kept DIR: a run that was killed at iteration 45 of 60, in DIR.
killed() {
    rm -rf runs
    touch die
    run >/dev/null 2>&1 && fail 'it did not die'
    mv runs "$1"
}

# Commands that only read: they end with the true output, or tell of the failure. `read_whole` is what
# they print when nothing fails; what they write is `made`, then `read_made`. Their log of runs is not
# looked at, since it is a copy.
before_read() {
    [ ! -e made ] || rm -rf made
    if ! diff -rq ready runs >/dev/null 2>&1; then
        rm -rf runs
        cp -a ready runs
    fi
}
after_read() {
    if [ "$1" = 0 ]; then
        # A list leaves out a run whose file cannot be read, and says so.
        cmp -s out read_whole || { [ "$what" = files ] && grep -q 'left out' err; } ||
            fail "$point: exit code 0 and $(head -c 200 out)"
        [ ! -e read_made ] || made_whole || fail "$point: exit code 0 and another file"
        [ ! -s err ] || told 1
    else
        told "$1"
    fi
    diff -rq -x 'synrl.db*' ready runs >different || fail "$point: another run: $(cat different)"
}
# A page shows the run of which it cannot read a file, and says why.
made_whole() {
    diff -rq read_made made >/dev/null || { [ "$what" = files ] && grep -qF ': cannot ' made; }
}
# reads COMMAND...: all calls on files and allocations; remembers COMMAND... only allocations.
begin_reading() {
    if [ ! -e ready ]; then
        cp -r whole ready
        synrl ls --runs ready >/dev/null
    fi
    before_read
    rm -rf read_made
    "$@" >read_whole
    [ ! -e made ] || mv made read_made
}
reads() {
    begin_reading "$@"
    for error in 5 12 0; do
        each files read "$@"
    done
    error=12 each memory read "$@"
}
remembers() {
    begin_reading "$@"
    error=12 few=${few:-1} each memory read "$@"
}

# A sweep of two cells, one after the other; `swept` is its table.
sweep_both() {
    synrl sweep -j 1 --quiet s.lua seed=3,4
}
before_sweep() {
    [ ! -e runs ] || rm -rf runs
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
    record_whole
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
    reads synrl report whole/*-a -o made
}

test_other_commands_that_read_are_true_whichever_allocation_fails() {
    has_faults || return 0
    remembers synrl ls --json --where rule.parameters.epsilon=0.1
    remembers synrl show --json whole/*-a
    remembers synrl diff whole/*-a whole/*-a
    remembers synrl export --csv whole/*-a
    remembers synrl export --npz -o made whole/*-a
    remembers synrl export --tensorboard made whole/*-a
    remembers synrl evaluate whole/*-a points.csv
    remembers synrl evaluate --json whole/*-a points.csv
    remembers synrl predict whole/*-a points.csv
    remembers synrl data csv path=points.csv label=kind
    remembers synrl data --json csv path=points.csv label=kind
    remembers synrl plugins
    remembers synrl help rule qlearning
}

# A decoder that lacks memory says that the picture is damaged, and damaged ones are left out.
test_no_picture_is_left_out_for_lack_of_memory() {
    has_faults || return 0
    local grey='iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==' name
    mkdir -p pictures/a pictures/b
    for name in a/1 a/2 b/1 b/2; do
        base64 -d <<<"$grey" >pictures/$name.png
    done
    few=12 remembers synrl data images path=pictures
}

# The output is that of the command undisturbed, in read_whole, or the command has told.
before_whole() {
    :
}
after_whole() {
    if [ "$1" = 0 ]; then
        cmp -s out read_whole || fail "$point: exit code 0 and $(head -c 200 out)"
    else
        told "$1"
    fi
}
test_a_text_is_read_whole_or_not_at_all() {
    has_faults || return 0
    mkdir r
    printf '{"status": "done", "name": "%s"}\n' "$(printf '\\u00e9%.0s' {1..3000})" >r/run.json
    synrl show r >read_whole
    SYNRL_FAULTS=all error=12 each memory whole synrl show r
}

# What was to be removed is gone, or can still be removed.
before_rm() {
    rm -rf runs
    cp -r whole runs
}
after_rm() {
    local folders
    if [ "$1" = 0 ]; then
        [ ! -s err ] || told 1
    else
        told "$1"
        folders=(runs/[!.]*-a)
        [ "${#folders[@]}" -eq 0 ] || synrl rm "${folders[@]}" >out 2>err || fail "$point: $(cat err)"
    fi
    absent 'runs/*-a'
}
test_a_run_is_removed_whichever_call_fails() {
    has_faults || return 0
    before_rm
    local folder=(runs/*-a)
    for error in 5 13; do
        each files rm synrl rm "${folder[0]}"
    done
    error=12 each memory rm synrl rm "${folder[0]}"
}

# serve_once: the page and its data, from a server that is ended then.
serve_once() {
    local i server url path
    : >served
    synrl serve --port 0 --runs ready >served &
    server=$!
    for ((i = 0; i < 1000; i++)); do
        url=$(<served)
        if [[ $url = *Ctrl-C* ]] || ! kill -0 "$server" 2>/dev/null; then break; fi
        sleep 0.01
    done
    url=${url#http://} url=${url%%/*}
    trap '' PIPE # where the server ends a connection before it is asked
    for path in / /data.json "/data.json?run=$(basename ready/*-a)"; do
        [ -n "$url" ] || continue
        printf '%s\n' "$path"
        exec 3<>"/dev/tcp/${url/://}" || continue
        printf 'GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$path" "$url" >&3
        grep -v '^Date:' <&3 || true
        exec 3<&-
    done
    kill -INT "$server" 2>/dev/null || true
    wait "$server"
}
before_serve() {
    :
}
after_serve() {
    # The loader ends a process whose thread has no memory for the data of a library.
    ! grep -q 'memory for thread-local data: ABORT' err || return 0
    [ "$1" -eq 0 ] || told "$1"
    [ "$1" -ne 0 ] || cmp -s out read_whole || whole_or_none || fail "$point: served $(head -c 2000 out)"
}
# Each answer is one of the right ones, or an error that tells of memory, or none at all.
whole_or_none() {
    awk -v RS='\n/' 'NR == FNR { right[$0] = 1; next } !($0 in right) && !/ 500 .*memory/ && /\n./ { exit 1 }' \
        read_whole out
}
test_a_server_answers_or_tells_whichever_allocation_fails() {
    has_faults || return 0
    export -f serve_once
    cp -r whole ready
    serve_once >read_whole
    error=12 few=1 each memory serve bash -c serve_once
}

# A plugin to begin with: written whole, or again when what was written is removed.
before_new() {
    rm -f mine.c mine.lua
}
after_new() {
    [ "$1" -eq 0 ] || told "$1"
    if [ "$1" -ne 0 ]; then
        before_new
        synrl new rule mine >out
    fi
    cmp -s out read_whole || fail "$point: exit code 0 and $(head -c 200 out)"
    cat mine.c mine.lua | cmp -s - templates || fail "$point: exit code 0 and another file"
}
test_a_plugin_is_begun_whichever_call_fails() {
    has_faults || return 0
    synrl new rule mine >read_whole
    cat mine.c mine.lua >templates
    error=28 least=4 each files new synrl new rule mine
    error=12 few=1 each memory new synrl new rule mine
}

# Nothing wrong is found, or that it could not be checked is told.
test_a_plugin_is_checked_whichever_allocation_fails() {
    has_faults || return 0
    synrl check activation tanh >read_whole
    error=12 few=1 each memory whole synrl check activation tanh
}
