# SPDX-License-Identifier: MIT
# The first samples of a data set:
#   $pixels        a matrix, 0 is white
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
if (n_captions > 0) {
    plot $pixels matrix with image pixels, \
        $captions using 1:2:(captions[int($0) + 1]) with labels noenhanced font ',12'
} else {
    plot $pixels matrix with image pixels
}
unset output
