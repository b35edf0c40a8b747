# SPDX-License-Identifier: MIT
# Two classes of points in a plane, as they are and as the network sees the plane:
#   $points               x, y, class (0 or 1), 1 where the network is wrong
#   $grid                 x, y, predicted class
#   x_min, x_max, y_min, y_max
#   percent_right, n_wrong
eval axes
set xrange [x_min:x_max]
set yrange [y_min:y_max]
unset key
unset colorbox
unset grid
set size ratio -1
set border 15
set palette defined (0 light_blue, 1 light_orange)
set cbrange [0:1]
colour(class) = class == 0 ? 0x0072b2 : 0xd55e00
do for [format in formats] {
    eval terminal(format, 1000, 520)
    set output path.'.'.format
    set multiplot layout 1,2
    set title 'target'
    plot $points using 1:2:(colour($3)) with points pt 7 ps 0.45 lc rgb variable
    set title sprintf('trained network: %.2f%% correct, %d wrong', percent_right, n_wrong)
    plot $grid using 1:2:3 with image, \
        $points using 1:2:(colour($3)) with points pt 7 ps 0.3 lc rgb variable, \
        $points using 1:($4 == 1 ? $2 : NaN) with points pt 2 ps 0.9 lw 1.6 lc rgb black
    unset multiplot
    unset output
}
