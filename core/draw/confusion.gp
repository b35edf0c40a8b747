# SPDX-License-Identifier: MIT
# A confusion matrix: the share of each actual class as a colour, with the counts as numbers:
#   $cells     predicted class, actual class, share, count
#   n_classes
#   names      array of their names
set xtics scale 0 noenhanced ()
set ytics scale 0 noenhanced ()
do for [i = 1:n_classes] {
    set xtics add (names[i] i - 1)
    set ytics add (names[i] i - 1)
}
set xrange [-0.5:n_classes - 0.5]
set yrange [n_classes - 0.5:-0.5]
unset key
unset colorbox
set size ratio -1
set cbrange [0:1]
set xlabel 'predicted'
set ylabel 'actual'
set palette defined (0 '#ffffff', 0.05 light_blue, 1 blue)
do for [format in formats] {
    eval terminal(format, 140 + 46 * n_classes, 140 + 46 * n_classes)
    set output path.'.'.format
    plot $cells using 1:2:3 with image, \
        $cells using 1:2:($4 > 0 ? sprintf('%d', $4) : '') with labels font ',11'
    unset output
}
