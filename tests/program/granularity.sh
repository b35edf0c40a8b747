#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# scripts/granularity.lua, on few letters' own slopes and few passes: each granularity is measured, held
# against theory, and drawn.

granularity() {
    synrl run --quiet --no-record "$SOURCE/scripts/granularity.lua" trials=1 draws=1 samples=2 hidden=0 groups=1000,0 "$@"
}

# Of 18,720 letters 14,040 are for training: 15 groups of 1,000 where noise is at the units, and 2 passes
# per iteration; else batches of 1,000, seen twice, 28 of them in 4 passes.
test_bits_and_passes_are_counted() {
    exits 0 granularity passes=4
    says 'accuracy (bits) after 4 passes'
    for row in 'units, bit per 1000 samples .*(3.0e+01)' 'units, bit per batch .*(2.0e+00)' \
        'weights, bit per 1000 samples .*(2.8e+01)' 'weights, bit per batch .*(4.0e+00)' \
        'rows and columns, bit per 1000 samples .*(2.8e+01)' 'rows and columns, bit per batch .*(4.0e+00)' \
        'units, bit per 1000 samples  *[-0-9.]* +- 0.0000  *[0-9.]*  *[0-9.]*  *0.0299$' 'win_stay, bit per batch .*0.0090$'; do
        grep -q "^$row" "$OUTPUT" || fail "no such row: $row"
    done
}

test_the_curves_are_drawn() {
    has gnuplot || return 0
    exits 0 granularity passes=2,4 kinds=units,rank1 picture=g.svg
    grep -q 'noise at rows and columns' g.svg
    grep -q 'units / agreement' g_cosine.svg
}
