#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# scripts/mnist.lua, with the shipped letters in the place of digits, and Fashion-MNIST where it is
# installed.

# first N_BYTES HEADER FILE: a header in the place of the file's, and that many bytes of what follows it.
first() {
    gunzip -c "$SOURCE/datasets/glyphs/$3" >whole
    printf '%b' "$2" >part
    head -c $((${#2} / 5 + $1)) whole | tail -c "$1" >>part
    gzip -1 <part
}

# Pooling, in Lua, takes as long as there are letters, so there are 3,000 (0xbb8) of them.
setup() {
    local part
    mkdir digits
    first $((3000 * 28 * 28)) '\0000\0000\0010\0003\0000\0000\0013\0270\0000\0000\0000\0034\0000\0000\0000\0034' \
        images-idx3-ubyte.gz >images
    first 3000 '\0000\0000\0010\0001\0000\0000\0013\0270' labels-idx1-ubyte.gz >labels
    for part in train t10k; do
        ln -s ../images "digits/$part-images-idx3-ubyte.gz"
        ln -s ../labels "digits/$part-labels-idx1-ubyte.gz"
    done
}

mnist() {
    synrl run --quiet --no-record "$SOURCE/scripts/mnist.lua" "$@"
}

# value NAME: of what the last script returned, as it was printed; the first of several.
value() {
    awk -v name="$1" '$1 == name { print int($2); exit }' "$OUTPUT"
}

test_each_row_learns() {
    local row
    for row in bit trit graded; do
        exits 0 mnist folder=digits rows="$row" hidden=16 iterations=60 batch=400 draws=3 trials=1 from=0.05
        [ "$(value forwards)" -eq $((60 * 400 * 4)) ]
        [ "$(value accuracies)" -ge 35 ] # of ten classes
    done
    exits 0 mnist folder=digits rows=lif hidden=16 iterations=40 batch=400 draws=3 trials=1 from=0.05
    [ "$(value accuracies)" -ge 35 ]
    exits 0 mnist folder=digits rows=conv iterations=2 batch=40 draws=1 trials=1
    exits 0 mnist folder=digits rows=batch iterations=4000 batch=300 trials=1
    [ "$(value accuracies)" -ge 20 ]
}

# Linear units may do as well as principal components, and not better: by NumPy's LAPACK.
test_an_autoencoder_comes_near_to_principal_components() {
    exits 0 synrl run --quiet --no-record "$SOURCE/scripts/autoencoder.lua" folder=digits hidden=4 iterations=200 \
        batch=200 draws=7 trials=1 from=0.02 to=5e-4
    awk '$1 == "errors" { print $2 }' "$OUTPUT" >error
    /usr/bin/python3 -c 'import numpy' 2>/dev/null || skips 'NumPy is not installed' || return 0
    /usr/bin/python3 - "$(cat error)" <<'END'
import gzip, sys, numpy
x = numpy.frombuffer(gzip.open("digits/train-images-idx3-ubyte.gz").read()[16:], numpy.uint8)
x = x.reshape(-1, 784) / 255
x = x - x.mean(0)
least = numpy.linalg.eigvalsh(x.T @ x / len(x))[:-4].sum() / 784
print("error", sys.argv[1], "of principal components", least)
assert 0.999 * least < float(sys.argv[1]) < 1.25 * least
END
}

test_tuning_never_opens_the_test_set() {
    rm digits/t10k-*
    exits 0 mnist folder=digits rows=trit hidden=4 iterations=2 batch=50 trials=1 tune=true
    refuses 1 digits/t10k-images-idx3-ubyte.gz mnist folder=digits rows=trit iterations=2 trials=1
}

# Two images of 4 x 6: 0 .. 23, and 255 everywhere but for the first pixel.
test_pixels_are_pooled() {
    cat >s.lua <<'END'
package.path = os.getenv 'SOURCE' .. '/scripts/?.lua;' .. package.path
local pooled = require 'lib.pooled'
local pixels = {}
for i = 0, 47 do pixels[i + 1] = string.char(i < 24 and i or i == 24 and 0 or 255) end
local images = ('>I4I4I4I4'):pack(0x803, 2, 4, 6) .. table.concat(pixels)
for _, how in ipairs { { 0, 2 }, { 1, 2 }, { 0, 3 } } do
  local made = pooled.pool(images, how[1], how[2])
  local _, count, rows, columns = ('>I4I4I4I4'):unpack(made)
  print(count, rows, columns, table.concat({ made:byte(17, -1) }, ' '))
end
assert(pooled.pool(images, 0, 1) == images)
assert(not pcall(pooled.pool, images, 2, 1) and not pcall(pooled.pool, images, 0, 5))
END
    exits 0 synrl run --quiet --no-record s.lua
    prints $'2\t2\t3\t4 6 8 16 18 20 191 255 255 255 255 255
2\t1\t2\t11 13 255 255
2\t1\t2\t7 10 227 255'
}

has_fashion() {
    [ -r /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz ] ||
        skips "Debian's dataset-fashion-mnist is not installed"
}

test_fashion_is_the_default() {
    has_fashion || return 0
    exits 0 mnist rows=graded hidden=16 iterations=40 batch=500 draws=3 trials=1 from=0.02
    [ "$(value accuracies)" -ge 35 ]
}
