#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The same bits from any number of threads, from every variant of the engine that this machine has,
# and along every path through it.

bits() {
    synrl run --quiet --no-pictures bits.lua part="$PART" letters="$PWD/" "$@"
}

setup() {
    cp "$SOURCE/tests/program/bits.lua" . # out of the repository, whose state each run would ask git for
    PART=${SLOW:+4} # of the letters: a half, or a quarter
    PART=${PART:-2}
    gunzip -c "$SOURCE/datasets/glyphs/images-idx3-ubyte.gz" >images-idx3-ubyte # once, not in each run
    gunzip -c "$SOURCE/datasets/glyphs/labels-idx1-ubyte.gz" >labels-idx1-ubyte
}

test_any_number_of_threads_gives_the_same_bits() {
    bits --threads 1 iterations=500 metrics=false >wanted
    [ "$(wc -l <wanted)" -eq 10 ]
    for n in 2 4; do
        exits 0 bits --threads $n iterations=500 metrics=false
        prints "$(cat wanted)"
    done
}

# every_way ISA: each path with 1 to 4 threads, beside the scalar, dense one with one thread.
every_way() {
    local path n
    if ! SYNRL_ISA=$1 synrl run --quiet /dev/null >/dev/null 2>said; then
        grep -q "SYNRL_ISA=$1: not supported by this CPU" said
        skips "this machine has no $1" || return 0
    fi
    SYNRL_ISA=scalar SYNRL_PATH=dense bits --threads 1 >wanted
    [ "$(wc -c <wanted)" -gt 10000 ]
    for path in auto dense sparse; do
        for n in 1 2 3 4; do
            SYNRL_ISA=$1 SYNRL_PATH=$path exits 0 bits --threads $n
            prints "$(cat wanted)"
        done
    done
}

test_every_path_and_number_of_threads_gives_the_same_bits_with_scalar() {
    every_way scalar
}

test_every_path_and_number_of_threads_gives_the_same_bits_with_avx2() {
    every_way avx2
}

test_every_path_and_number_of_threads_gives_the_same_bits_with_avx512() {
    every_way avx512
}

test_every_path_and_number_of_threads_gives_the_same_bits_with_amx() {
    every_way amx
}
