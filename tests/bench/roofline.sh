#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Draws the roofline of this machine: what reads and multiply-accumulates allow, and where the kernels are.
# usage: roofline.sh PICTURE.svg BENCH.json ...
# Each BENCH.json is from `build/bench --json machine iterations`, of one variant of the engine each.
set -euo pipefail
picture=$1
shift
python3 - "$picture" "$@" <<'PYTHON' | gnuplot
import json, re, sys

picture, *files = sys.argv[1:]
runs = [json.load(open(file)) for file in files]
first = runs[0]
near, far = first["reads of 4 MB, 1 thread"], first["reads of 512 MB, 1 thread"]
peaks = [(re.match(r"peak of (\w+), 1 thread$", key).group(1), value)
         for key, value in first.items() if re.match(r"peak of \w+, 1 thread$", key)]
highest = max(value for _, value in peaks)
points = []                      # (multiply-accumulates a byte, GMAC/s, title, colour, shape)
for run, colour in zip(runs, ("#009E73", "#CC79A7", "#56B4E9")):
    isa = next(re.search(r"\((\w+)\)$", key).group(1) for key in run if key.startswith("dense kernel 784-10 ("))
    kernel = [(n, run["dense kernel 784-%d (%s)" % (n, isa)]) for n in (10, 32)]
    points.append((kernel, "dense kernel, %s: 784-10 and 784-32" % isa, colour, 7))
    whole = [(n, run[key]) for n, key in ((10, "784-10 static, 1 thread, work"), (32, "784-32-10 static, 1 thread, work"))
             if key in run]
    if whole:
        points.append((whole, "whole iterations, %s" % isa, colour, 4))
print(f"""set terminal svg size 760,520 font "sans,13" background "white"
set output "{picture}"
set logscale xy
set xrange [1:128]
set yrange [10:{2 * highest}]
set xlabel "multiply-accumulates a byte of the batch"
set ylabel "GMAC/s, one thread"
set bmargin 10
set key at screen 0.97, screen 0.26 right
set grid
min(a, b) = a < b ? a : b""")
for name, value in peaks:
    print(f'set label "peak of {name}" at 1.1, {1.15 * value}')
for i, (values, *_) in enumerate(points):
    print(f"$p{i} << END\n" + "\n".join("%g %g" % value for value in values) + "\nEND")
roofs = [f'min({highest}, {near} * x) lw 2 lc rgb "#0072B2" title "third-level cache: reads of 4 MB"',
         f'min({highest}, {far} * x) lw 2 dt 2 lc rgb "#E69F00" title "memory: reads of 512 MB"']
roofs += [f'{value} dt 3 lw 1.5 lc rgb "#666666" notitle' for _, value in peaks]
roofs += [f'$p{i} with points pt {shape} ps 1.3 lc rgb "{colour}" title "{title}"'
          for i, (_, title, colour, shape) in enumerate(points)]
print("plot " + ", \\\n     ".join(roofs))
PYTHON
