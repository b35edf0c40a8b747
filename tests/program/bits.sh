#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The same bits from any number of threads, from every variant of the engine that this machine has,
# and along every path through it.

bits() {
    synrl run --quiet --no-pictures "$SOURCE/tests/program/bits.lua" part="$PART" "$@"
}

setup() {
    PART=${SLOW:+4} # of the letters: a half, or a quarter
    PART=${PART:-2}
}

test_any_number_of_threads_gives_the_same_bits() {
    bits --threads 1 iterations=500 metrics=false >wanted
    [ "$(wc -l <wanted)" -eq 10 ]
    for n in 2 4; do
        exits 0 bits --threads $n iterations=500 metrics=false
        prints "$(cat wanted)"
    done
}

# every_way N: each variant and path with N threads, beside the scalar, dense one with one thread.
every_way() {
    local isa path
    SYNRL_ISA=scalar SYNRL_PATH=dense bits --threads 1 >wanted
    [ "$(wc -c <wanted)" -gt 10000 ]
    for isa in scalar avx2 avx512 amx; do
        if ! SYNRL_ISA=$isa synrl run --quiet /dev/null >/dev/null 2>said; then
            grep -q "SYNRL_ISA=$isa: not supported by this CPU" said
            skips "this machine has no $isa" || true
            continue
        fi
        for path in auto dense sparse; do
            SYNRL_ISA=$isa SYNRL_PATH=$path exits 0 bits --threads "$1"
            prints "$(cat wanted)"
        done
    done
}

test_every_variant_and_path_gives_the_same_bits_with_1_thread() {
    every_way 1
}

test_every_variant_and_path_gives_the_same_bits_with_2_threads() {
    every_way 2
}

test_every_variant_and_path_gives_the_same_bits_with_3_threads() {
    every_way 3
}

test_every_variant_and_path_gives_the_same_bits_with_4_threads() {
    every_way 4
}
