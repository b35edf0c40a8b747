# SPDX-License-Identifier: MIT
# The first samples of a data set:
#   is_coloured    0: $pixels is a matrix, where 0 is white; 1: rows of x, y, red, green, blue
#   width, height  of the matrix
#   heading        the title
#   n_captions     0: none
#   $captions      x, y
#   captions       array of their texts
set xrange [-1:width]
set yrange [height:-1]
if (n_captions > 0) { set size ratio -1 } else { set size noratio }
unset tics
unset border
unset key
unset colorbox
set cbrange [0:1]
set palette defined (0 '#ffffff', 1 '#101010')
set title heading noenhanced
eval terminal(formats, 1000, n_captions > 0 ? 60 + 1000 * height / width : 500)
set output path.'.'.formats
captioned = "$captions using 1:2:(captions[int($0) + 1]) with labels noenhanced font ',12'"
if (is_coloured) {
    plot $pixels using 1:2:3:4:5 with rgbimage pixels, @captioned
} else {
    if (n_captions > 0) {
        plot $pixels matrix with image pixels, @captioned
    } else {
        plot $pixels matrix with image pixels
    }
}
unset output
