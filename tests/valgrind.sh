#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The suites in C under valgrind, one after another: those of the program's scripts start processes of
# their own, which the sanitizers look at. An error or a lost block fails a suite.
# usage: tests/valgrind.sh PROGRAM [SUITE...]
set -euo pipefail

program=$1
shift
if ! command -v valgrind >/dev/null; then
    echo 'skipped: valgrind is not installed; run: sh tools/setup more'
    exit 0
fi
if [ $# = 0 ]; then
    mapfile -t suites <<<"$(grep -hoE '^SUITE\("[a-z_0-9]+"' tests/*/*_suite.c tests/unit/*/*_suite.c |
        cut -d'"' -f2 | sort -u)"
    set -- "${suites[@]}"
fi
# It runs one thread at a time, and thirty times as slowly. Each test is a process of its own, whose
# exit code says what valgrind has found in it.
export CK_TIMEOUT_MULTIPLIER=${CK_TIMEOUT_MULTIPLIER:-100} SYNRL_FUZZ_CASES=${SYNRL_FUZZ_CASES:-3} TEST_PROCESSES=1
failed=()
for suite in "$@"; do
    echo "$suite:"
    CK_RUN_SUITE=$suite timeout 1800 valgrind --quiet --error-exitcode=9 --leak-check=full \
        --errors-for-leak-kinds=definite --show-leak-kinds=definite --child-silent-after-fork=no \
        "$program" || failed+=("$suite")
done
[ ${#failed[@]} = 0 ] || { echo "valgrind: ${failed[*]}"; exit 1; }
