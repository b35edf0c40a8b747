# SPDX-License-Identifier: MIT
# Curves in panels:
#   n_panels, n_columns
# Arrays with one entry per panel:
#   titles, x_labels, y_labels
#   is_log         0 or 1, of the y axis
#   first, last    its lines
#   is_empty       1 where none of them has a point
# and of each line i:
#   $lineI         x, y
#   names[i]       in the key
#   n_points[i]
colours = blue.' '.vermilion.' '.green.' '.purple.' '.orange.' '.sky.' '.black

# The line as a part of a plot command, in the colour at a place.
line(i, place) = sprintf( \
    "%s with %s lw 1.8 pt 7 ps 0.5 lc rgb '%s' title names[%d]", \
    n_points[i] > 0 ? sprintf('$line%d using 1:2', i) : 'NaN', \
    n_points[i] < 30 ? 'linespoints' : 'lines', word(colours, place % words(colours) + 1), i)

n_rows = (n_panels + n_columns - 1) / n_columns
eval terminal(formats, 520 * n_columns, 380 * n_rows)
set output path.'.'.formats
eval axes
set key noenhanced outside above right horizontal
set multiplot layout n_rows,n_columns
do for [p = 1:n_panels] {
    set title titles[p] noenhanced
    set xlabel x_labels[p] noenhanced
    set ylabel y_labels[p] noenhanced
    if (is_log[p]) { set logscale y } else { unset logscale y }
    if (is_empty[p]) { set xrange [0:1]; set yrange [0.1:1] } else { set autoscale }
    lines = ''
    do for [i = first[p]:last[p]] {
        lines = lines.(i > first[p] ? ', ' : '').line(i, i - first[p])
    }
    eval 'plot '.lines
}
unset multiplot
unset output
