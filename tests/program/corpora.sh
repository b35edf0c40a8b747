#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The inputs that fuzzing begins with, and those that it has found something with: each is read once by
# its harness, in this build.

test_every_harness_has_a_corpus_and_reads_it() {
    local harness n=0
    ln -s "$SOURCE/build" build
    SYNRL_FUZZ=list "$BUILD/tests/fuzz" >harnesses
    while read -r harness; do
        ls "$SOURCE/tests/fuzz/corpus/$harness"/* >/dev/null
        SYNRL_FUZZ=$harness "$BUILD/tests/fuzz" "$SOURCE/tests/fuzz/corpus/$harness"/*
        n=$((n + 1))
    done <harnesses
    [ "$n" -eq "$(find "$SOURCE/tests/fuzz/corpus" -mindepth 1 -type d | wc -l)" ] || fail "$n harnesses"
}

# One that waits for ever ends neither the others nor `make check`.
test_a_harness_that_does_not_end_is_named() {
    has_proc || return 0
    cat >program <<'END'
#!/bin/sh
case $SYNRL_FUZZ in
list) printf 'first\nstuck\nlast\n' ;;
stuck) exec sleep 1000 ;;
*) echo 'stat::number_of_executed_units: 7' ;;
esac
END
    chmod +x program
    FUZZ_PATIENCE=1 exits 1 "$SOURCE/tests/fuzz/guided.sh" ./program 1
    says 'stuck: exit code 137'
    says 'does not end within 1 s after it was asked to'
    says 'found: stuck'
    [ "$(grep -c '7 inputs' "$OUTPUT")" -eq 2 ]
}
