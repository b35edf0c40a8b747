#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the tests of the program share. `helper.sh FILE` runs the function test_$SYNRL_TEST of FILE,
# after its function setup where it has one, in the present folder, which is empty. $BUILD/synrl
# comes first in the PATH; $SOURCE is the folder of the sources; $SANITIZER names the sanitizer of the
# build, $SLOW is set where it makes all slow, and $STOCK_LUA where Lua's own interpreter can load the
# module. A command that fails ends the test, and what it printed is shown.
set -Eeuo pipefail
PATH=$BUILD:$PATH
OUTPUT=$PWD/../stdout
ERROR=$PWD/../stderr

# places: the lines of the test that led here.
places() {
    local i=1
    for (( ; i < ${#FUNCNAME[@]} - 1; i++)); do
        [ "${BASH_SOURCE[i]}" = "$0" ] || echo "${BASH_SOURCE[i]}:${BASH_LINENO[i - 1]}: in ${FUNCNAME[i]}"
    done
}
trap 'echo "failed: $BASH_COMMAND" >&2; places >&2; exit 1' ERR

fail() {
    echo "$1" >&2
    places >&2
    exit 1
}

# exits CODE COMMAND [ARGUMENT...]: runs it; what it prints is for `says`, `prints` and `complains`.
exits() {
    local code=0
    "${@:2}" >"$OUTPUT" 2>"$ERROR" || code=$?
    [ "$code" -eq "$1" ] || fail "exit code $code, not $1: ${*:2}"$'\n'"$(tail -c 2000 "$OUTPUT" "$ERROR")"
}

# What follows is called thousands of times, so it starts no process unless it finds a difference.
# contains TEXT FILE
contains() {
    local IFS='' lines
    mapfile lines <"$2"
    [[ ${lines[*]} == *"$1"* ]]
}
# consists LINES FILE: of nothing else; '' is nothing. From a zero byte on, mapfile leaves out a line and its end.
consists() {
    local IFS='' lines wanted=()
    mapfile lines <"$2"
    [ -z "$1" ] || mapfile wanted <<<"$1"
    [[ ${#lines[@]} -eq ${#wanted[@]} && ${lines[*]} == "${wanted[*]}" ]]
}

# says TEXT: the last command printed this, among other text, on stdout or stderr.
says() {
    contains "$1" "$OUTPUT" || contains "$1" "$ERROR" || grep -qF -e "$1" "$OUTPUT" "$ERROR" ||
        fail "not said: $1"$'\n'"$(tail -c 2000 "$OUTPUT" "$ERROR")"
}

# prints LINES: the last command printed these on stdout; complains: on stderr.
prints() {
    consists "$1" "$OUTPUT" || differs "$1" "$OUTPUT" "not what was to be printed"
}
complains() {
    consists "$1" "$ERROR" || differs "$1" "$ERROR" "not the error that was to be printed"
}
differs() {
    printf '%s' "${1:+$1$'\n'}" | diff - "$2" >&2 || true
    fail "$3"
}

# refuses CODE TEXT COMMAND [ARGUMENT...]: exits with CODE and says TEXT.
refuses() {
    exits "$1" "${@:3}"
    says "$2"
}

# absent PATTERN: there is no such file.
absent() {
    ! compgen -G "$1" || fail "$1 should not be there"
}

# await PATTERN: waits for such a file, for at most ten seconds.
await() {
    local i
    for ((i = 0; i < 500; i++)); do
        ! compgen -G "$1" >/dev/null || return 0
        sleep 0.02
    done
    fail "$1 did not come"
}

# skips WHY: says that this test, or a part of it, is skipped; fails, so that `has x || return 0` ends it.
skips() {
    echo "skipped: ${SYNRL_TEST//_/ }, since $1"
    return 1
}
# has COMMAND: whether there is this command.
has() {
    command -v "$1" >/dev/null || skips "$1 is not installed"
}
has_proc() {
    [ -r /proc/self/stat ] || skips 'there is no /proc'
}
has_terminal() {
    script -qec true /dev/null >/dev/null 2>&1 || skips 'there is no terminal'
}
# Debian's, where there is one, and not a version manager's script, which takes long to start it.
python3() {
    local program=/usr/bin/python3
    [ -x $program ] || program=$(type -P python3)
    "$program" "$@"
}
has_numpy() {
    /usr/bin/python3 -c 'import numpy' 2>/dev/null || skips 'python3-numpy is not installed'
}
# The browser, without a window. browse ADDRESS prints the page as it has rendered it.
has_browser() {
    has_proc && has chromium
}
browse() {
    chromium --headless --no-sandbox --disable-gpu --enable-logging=stderr --user-data-dir=profile \
        --virtual-time-budget=8000 --host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE 127.0.0.1' \
        --dump-dom "$1"
}
# draws N ADDRESS: the page is rendered with so many charts, and nothing went wrong on the way.
draws() {
    exits 0 browse "$2"
    says "data-charts=\"$1\""
    says '<canvas'
    if grep CONSOLE "$ERROR" >&2; then
        fail 'the browser complains'
    fi
}

# The thread sanitizer keeps a signal until the program calls something that can wait.
has_prompt_signals() {
    [ "$SANITIZER" != thread ] || skips 'the thread sanitizer hands signals on when it sees fit'
}

# Lua's own interpreter.
has_stock_lua() {
    [ -n "$STOCK_LUA" ] || skips 'lua5.4 cannot load a module with this sanitizer'
}
stock_lua() {
    LUA_CPATH="$BUILD/lua/?.so" lua5.4 "$@"
}

# shellcheck source=/dev/null
. "$1"
if declare -F setup >/dev/null; then
    setup
fi
"test_$SYNRL_TEST"
