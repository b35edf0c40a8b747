#!/usr/bin/env bash
# Draws the roofline of this machine: what reads and multiply-accumulates allow, and where the kernels are.
# usage: roofline.sh BENCH.json PICTURE.svg     (BENCH.json: from `synrl bench --json`)
set -euo pipefail
value() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$1" "$2"; }
peak=$(value "$1" "peak, 1 thread")
near=$(value "$1" "reads of 4 MB, 1 thread")
far=$(value "$1" "reads of 512 MB, 1 thread")
ten=$(value "$1" "dense kernel 784-10")
thirty=$(value "$1" "dense kernel 784-32")
whole_ten=$(value "$1" "784-10 static, 1 thread, work")
whole_thirty=$(value "$1" "784-32-10 static, 1 thread, work")
gnuplot <<PLOT
set terminal svg size 760,460 font "sans,13" background "white"
set output "$2"
set logscale xy
set xrange [0.5:64]
set yrange [5:600]
set xlabel "multiply-accumulates a byte of the batch read"
set ylabel "GMAC/s, one thread"
set key right bottom
set grid
min(a, b) = a < b ? a : b
\$kernels << END
10 $ten
16 $thirty
END
\$whole << END
10 $whole_ten
16 $whole_thirty
END
plot min($peak, $near * x) lw 2 lc rgb "#0072B2" title "batch in the caches (reads of 4 MB)", \
     min($peak, $far * x) lw 2 dt 2 lc rgb "#E69F00" title "batch in memory (reads of 512 MB)", \
     \$kernels with points pt 7 ps 1.4 lc rgb "#009E73" title "dense kernel: 784-10, 784-32 (two passes of 16)", \
     \$whole with points pt 5 ps 1.2 lc rgb "#D55E00" title "whole iterations, frozen policy"
PLOT
