# SPDX-License-Identifier: MIT
# Images that a network takes for another class, side by side:
#   is_coloured    0: $pixels is a matrix, where 0 is white; 1: rows of x, y, red, green, blue
#   width, height  of the matrix
#   $captions      x, y
#   captions       array of their texts: actual: predicted
set xrange [-1:width]
set yrange [height:-1]
set size ratio -1
unset tics
unset border
unset key
unset colorbox
set palette defined (0 '#ffffff', 1 '#101010')
set title 'worst mistakes, actual: predicted'
captioned = "$captions using 1:2:(captions[int($0) + 1]) with labels noenhanced font ',12'"
do for [format in formats] {
    eval terminal(format, 1000, 60 + 1000 * height / width)
    set output path.'.'.format
    if (is_coloured) {
        plot $pixels using 1:2:3:4:5 with rgbimage pixels, @captioned
    } else {
        plot $pixels matrix with image pixels, @captioned
    }
    unset output
}
