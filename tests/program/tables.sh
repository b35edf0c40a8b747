#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tables, arrays and pictures as they are found: the guide says by which parameters each form is
# read, and a small one of each form is read by them here.

# reads PAGE FORM FILE SHAPE [CLASSES]: the file, read by the parameters of the row FORM, has this
# many samples, inputs and targets, and these classes. `...` in the row stands for the file.
reads() {
    local words key
    grep -F "| $2 |" "$SOURCE/docs/guide/$1" | cut -d '|' -f 4 | tr -d '`' | sed "s:\.\.\.:$3:g" | xargs -n 1 >words
    [ -s words ] || fail "$1 has no row \"$2\""
    mapfile -t words <words
    exits 0 synrl data --json "${words[@]}"
    tr -d ' \n' <"$OUTPUT" >json
    for key in samples inputs targets; do
        grep -oE "\"$key\":[0-9]+" json | tail -n 1 | cut -d : -f 2
    done | paste -sd ' ' >shape
    [ "$(cat shape)" = "$4" ] || fail "$2: $(cat json)"
    [ "$(sed 's/"format".*//' json | grep -oE '"name":"[^"]*"' | cut -d '"' -f 4 | paste -sd ' ')" = "${5-}" ] || fail "$2: $(cat json)"
}

# table FORM TEXT SHAPE [CLASSES]: the same of a table with this text.
table() {
    printf '%b' "$2" >table
    reads own-table.md "$1" table "${@:3}"
}

test_tables_of_every_form() {
    table 'iris' 'SepalLength,PetalLength,Species\r\n5.1,1.4,setosa\r\n6.3,6,virginica\r\n' \
        '2 2 0' 'setosa virginica'
    table 'wine' '1,14.23,.28\n2,12.37,.2\n1,13.1,.3\n' '3 2 0' '1 2'
    table 'seeds' '15.26\t14.84\t\t5.22\t1\n14.11\t14.1\t   5 \t2\n' '2 3 0' '1 2'
    table 'breast cancer' 'id,size,nuclei,class\n1000025,5,1,2\n1002945,8,?,4\n1015425,3,2,2\n' '3 2 0' '2 4'
    table "MONK's problems" ' class a1 a2 ID\n 1 1 3 data_5\n 0 2 1 data_51\n' '2 2 0' '0 1'
    table "MONK's problems, test" ' 1 1 3 data_1\n 0 2 1 data_2\n' '2 2 0' '0 1'
    table 'penguins' 'species,island,bill_mm,sex,year
Adelie,Torgersen,39.1,male,2007\nAdelie,Torgersen,NA,NA,2007\nGentoo,Biscoe,46.1,female,2008\n' '2 5 0' 'Adelie Gentoo'
    table 'wine quality' '"fixed acidity";"pH";"quality"\n7.4;3.51;5\n7.8;3.2;6\n' '2 2 0' '5 6'
    table 'room occupancy' '"date","T","CO2","Occupancy"
"1","2015-02-04 17:51:00",23.18,721,1\n"2","2015-02-04 17:52:00",23.1,700,0\n' '2 2 0' '0 1'
    table 'optical digits' 'Block 1\n0,1,6,0\n0,15,10,7\n' '2 3 0' '0 7'
    table 'MNIST' "label$(printf ',%dx1' {1..784})\\n7$(printf ',%d' {1..200} {1..200} {1..200} {1..184})
3$(printf ',%d' {1..200} {1..200} {1..200} {1..184})\\n" '2 784 0' '3 7'
    table 'census income' '39, State-gov, Bachelors, <=50K\n50, ?, Masters, >50K\n28, Private, Masters, >50K\n' \
        '2 5 0' '<=50K >50K'
    table 'fuel consumption' '18.0   8   307.0  70\t"chevrolet malibu"\n15.0   8   ?      70\t"buick"\n9.0    4   120.0  71\t"fiat"\n' \
        '2 3 1'
    table 'air quality' 'Date;CO(GT);PT08;T;;\n10/03/2004;2,6;1360;13,6;;\n10/03/2004;-200;1292;13,3;;\n11/03/2004;2;1292;1,3;;\n' \
        '2 2 1'
    table 'sensors' '# volts\n1.5 2.25\n# a pause\n2.5 2.5\n' '2 2 2'
}

# The same packed, as such files often are.
test_tables_may_be_packed() {
    printf '1,14.23,.28\n2,12.37,.2\n' | gzip >table.gz
    reads own-table.md 'wine' table.gz '2 2 0' '1 2'
}

test_every_form_of_the_guide_is_read() {
    local form n=0
    while IFS='|' read -r _ form _; do
        form=${form# }
        grep -qF "${form% }" "${BASH_SOURCE[0]}" || fail "no table of the form \"$form\""
        n=$((n + 1))
    done <<<"$(grep -F '`csv path=...' "$SOURCE/docs/guide/own-table.md")"
    [ "$n" -ge 15 ]
}
