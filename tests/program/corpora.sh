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
