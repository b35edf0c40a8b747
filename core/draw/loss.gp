# SPDX-License-Identifier: MIT
# The loss of a run, and the accuracy where there are classes:
#   folder       of the run, with its metrics.csv
#   run          the run's name
#   has_classes  0 or 1
#   has_valid    0 or 1: whether there is a validation set
metrics = folder.'/metrics.csv'
eval axes
set datafile separator ','
set key top right noenhanced
set xlabel 'iteration'

# Parts of plot commands; y is a column.
training(y) = sprintf("metrics every ::1 using 1:%d" \
    ." with lines lw 1.5 lc rgb blue title 'training'", y)
validation(y) = sprintf("metrics every ::1 using 1:(valid(%d) ? column(%d) : NaN)" \
    ." with linespoints pt 7 ps 0.4 lw 1.5 lc rgb vermilion title 'validation'", y, y)

do for [format in formats] {
    eval terminal(format, has_classes ? 1000 : 600, 420)
    set output path.'.'.format
    set multiplot layout 1,(1 + has_classes) title run noenhanced
    do for [panel = 0:has_classes] {
        if (panel == 0) {
            set ylabel 'loss'
            set logscale y
        } else {
            set ylabel 'accuracy'
            unset logscale y
            set yrange [*:1]
            set key bottom right
        }
        eval 'plot '.training(2 + panel).(has_valid ? ', '.validation(5 + panel) : '')
    }
    unset multiplot
    unset output
    set yrange [*:*]
    set key top right
}
