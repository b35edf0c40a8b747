# SPDX-License-Identifier: MIT
# What all pictures share. The program writes a picture's data and names first, then this file,
# then the picture's own. Among the names are
#   path     where it goes, without the ending
#   formats  its endings: "svg png", or one of them

set encoding utf8

# Okabe and Ito's colours, which are distinguishable for the colour-blind, and lighter ones.
blue = '#0072b2'
vermilion = '#d55e00'
green = '#009e73'
purple = '#cc79a7'
orange = '#e69f00'
sky = '#56b4e9'
black = '#000000'
light_blue = '#bfdcf0'
light_orange = '#f8d3b8'

# For eval: opens one file, of a size in pixels, with: set output path.'.'.format
terminal(format, width, height) = sprintf( \
    "set terminal %s size %d,%d font 'Helvetica,14' background '#ffffff'", \
    format eq 'png' ? 'pngcairo' : format, width, height)

# For eval: axes of curves and points.
axes = "set border 3 lc rgb '#555555';" \
    ."set tics nomirror textcolor rgb '#333333';" \
    ."set grid lc rgb '#dddddd'"
