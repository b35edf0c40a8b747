# SPDX-License-Identifier: MIT
# The greedy actions of a policy, one column per situation, one row per history of rewards:
#   $cells        column, row, action (-1, 0 or 1), its symbol
#   n_columns, n_rows
#   n_actions     remembered
#   n_features
#   features      array of their names
#   has_names     0 where there are too many columns to name
#   columns, rows arrays of names, where has_names is 1
if (has_names) {
    set xtics noenhanced ()
    if (n_actions + n_features > 2) { set xtics rotate by 90 right } else { set xtics norotate }
    set ytics noenhanced ()
    do for [i = 1:n_columns] { set xtics add (columns[i] i - 1) }
    do for [i = 1:n_rows] { set ytics add (rows[i] i - 1) }
}
set tics scale 0
set xrange [-0.5:n_columns - 0.5]
set yrange [-0.5:n_rows - 0.5]
unset key
unset colorbox
unset grid
set cbrange [-1:1]
set palette defined (-1 sky, 0 '#e6e6e6', 1 orange)
set ylabel 'last rewards, the newest on the right'
if (n_features == 0) {
    set title 'greedy action by the last actions and rewards'
    set xlabel 'last actions, the newest on the right'
} else {
    set title 'greedy action by features and the last actions and rewards'
    names = features[1]
    do for [i = 2:n_features] { names = names.', '.features[i] }
    set xlabel names.' | last actions, the newest on the right' noenhanced
}
do for [format in formats] {
    eval terminal(format, 240 + (has_names ? 44 : 5) * n_columns, 170 + 44 * n_rows)
    set output path.'.'.format
    if (has_names) {
        plot $cells using 1:2:3 with image, \
            $cells using 1:2:4 with labels noenhanced font ',18'
    } else {
        plot $cells using 1:2:3 with image
    }
    unset output
}
