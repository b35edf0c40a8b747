# SPDX-License-Identifier: MIT
# The loss of a run in a terminal:
#   folder   of the run, with its metrics.csv
#   columns  of the terminal
set terminal dumb size columns,20
set datafile separator ','
set logscale y
set xlabel 'iteration'
set title 'loss'
unset key
plot folder.'/metrics.csv' every ::1 using 1:2 with lines
