#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# synrl data: what a data set turns out to be; and runs whose data a script made.

table() {
    printf 'id,size,kind\n1,10,plum\n2,?,plum\n3,20,cherry\n4,30,plum\n' >t.csv
}

test_a_table_is_summed_up() {
    table
    exits 0 synrl data csv path=t.csv label=kind ignore=id missing=drop
    complains ''
    prints '3 samples of 1 inputs, floats
note: dataset "csv": t.csv: 1 of 4 rows dropped for missing values, the first in line 3

class   samples  share
cherry        1  33.3%
plum          2  66.7%

input  min  max  mean    stdev
all     10   30    20  8.16497'
    exits 0 synrl data --json csv path=t.csv label=kind ignore=id missing=drop
    grep -q '"samples": 3' "$OUTPUT"
    tr -d ' \n' <"$OUTPUT" | grep -q '"classes":\[{"name":"cherry","samples":1},{"name":"plum","samples":2}\]'
    exits 0 synrl data csv path=t.csv missing=mean one_hot=kind
    says '4 samples of 4 inputs, floats, neither labels nor targets'
    says 'column 2 ("size"): 1 of 4 values missing, 20 for each'
}

test_pictures_are_shown() {
    printf '0,255,0,255,a\n255,0,255,0,b\n' >p.csv
    exits 0 synrl data csv path=p.csv label=5 'pixels={2,2}'
    says '2 samples of 4 inputs, bytes, pictures of 2 x 2'
    [ "$(tail -n 1 "$OUTPUT")" = ' @ @ ' ]
    if ! command -v gnuplot >/dev/null; then
        echo 'skipped: pictures of samples, since gnuplot is not installed' >&2
        return
    fi
    exits 0 synrl data csv path=p.csv label=5 'pixels={2,2}' -o p.png
    [ "$(head -c 4 p.png | tail -c 3)" = PNG ]
    exits 0 synrl data csv path=p.csv label=5 -o p.svg
    grep -q '<svg' p.svg
    refuses 1 'p.gif: the name of a picture must end in .svg or .png' \
        synrl data csv path=p.csv label=5 -o p.gif
}

# pictures/CLASS/1.png of 2 x 2: red; blue above green.
colours() {
    mkdir -p pictures/red pictures/two
    base64 -d >pictures/red/1.png <<<iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR42mP4z8AARAwQCgAf7gP9Y167WwAAAABJRU5ErkJggg==
    base64 -d >pictures/two/1.png <<<iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAADUlEQVR42mNgYPiPQAAZ9AP9ekzIgAAAAABJRU5ErkJggg==
}

test_colours_are_kept_where_asked() {
    colours
    exits 0 synrl data images path=pictures
    says '2 samples of 4 inputs, bytes, pictures of 2 x 2'
    says 'pictures: 2 of 2 pictures have colours, read as grey: colour = "rgb" keeps them'
    exits 0 synrl data images path=pictures colour=rgb
    says '2 samples of 12 inputs, bytes, pictures of 2 x 2 x 3 channels'
    ! grep -q 'read as grey' "$OUTPUT" "$ERROR"
    refuses 1 'colour = "color"' synrl data images path=pictures colour=color
    has gnuplot || return 0
    local colour
    exits 0 synrl data images path=pictures colour=rgb -o p.svg
    for colour in '255, *0, *0' '0, *255, *0' '0, *0, *255'; do
        grep -qE "rgb\( *$colour\)" p.svg || fail "$colour is not drawn"
    done
}

# A model of pictures is told of the channels, and so is one that comes back.
test_a_model_of_pictures_has_their_channels() {
    colours
    cp pictures/red/1.png pictures/two/2.png # a mistake in any case
    cat >s.lua <<'END'
local synrl = require "synrl"
synrl.train {
   name = "colours", data = synrl.dataset("images", { path = "pictures", colour = "rgb" }), iterations = 30,
   model = synrl.model("conv", { kernel = 2 }), loss = "cross_entropy", rule = "win_stay",
}
END
    export SYNRL_PLUGIN_PATH=$BUILD/tests/examples/models
    exits 0 synrl run --quiet s.lua
    grep -q '"channels": 3' runs/*/run.json
    ! has gnuplot || grep -qE 'rgb\( *255, *0, *0\)' runs/*/mistakes.svg
    exits 0 synrl evaluate runs/*-colours pictures
    says 'accuracy'
}

# As from a camera: in one folder, without classes.
test_pictures_without_classes_are_answered_by_name() {
    colours
    mkdir new
    cp pictures/red/1.png new/b.png
    cp pictures/two/1.png new/a.png
    cat >s.lua <<'END'
local synrl = require "synrl"
synrl.train {
   name = "colours", data = synrl.dataset("images", { path = "pictures", colour = "rgb" }), iterations = 30,
   model = synrl.model("mlp", { layers = { 12, 2 } }), loss = "cross_entropy", rule = synrl.rule("gd", { alpha = 0.5 }),
}
END
    exits 0 synrl run --quiet --no-pictures s.lua
    refuses 1 'a.png is in no such folder (labels = "none" reads pictures without classes)' \
        synrl predict runs/*-colours new
    exits 0 synrl predict runs/*-colours new labels=none
    cut -d, -f1-2 "$OUTPUT" >answers
    printf 'sample,class\na.png,two\nb.png,red\n' | diff - answers
}

test_inputs_of_different_sizes_are_pointed_out() {
    printf 'grams,share,kind\n4000,0.1,x\n3000,0.2,y\n' >t.csv
    exits 0 synrl data csv path=t.csv label=kind
    says 'grams  3000  4000'
    says 'The inputs are of very different sizes: data:normalise {} makes them alike.'
    exits 0 synrl data csv path=t.csv label=kind ignore=grams
    ! grep -q 'different sizes' "$OUTPUT"
}

test_what_is_wrong_is_said() {
    table
    refuses 2 'which data set? write synrl data ID [NAME=VALUE ...]' synrl data
    refuses 2 '"x": parameters are written NAME=VALUE' synrl data csv x
    refuses 1 'no dataset "cvs", did you mean "csv"?' synrl data cvs
    refuses 1 'unknown parameter "labels", did you mean "label"?' synrl data csv path=t.csv labels=kind
    refuses 1 't.csv:3: column 2 ("size") is "?": must be a finite number' \
        synrl data csv path=t.csv label=kind
}

# The values of a script's function are what a resumed run is compared by.
test_a_run_on_values_of_a_script_is_resumed_only_with_the_same() {
    cat >s.lua <<'END'
local synrl = require "synrl"
local file = assert(io.open "factor")
local factor = tonumber(file:read "a")
file:close()
local data = synrl.data { samples = 30,
   inputs = function(i) return { i / 30, i > 20 and factor or i % 3 } end,
   labels = function(i) return i % 2 end }
local train, statistics = data:subset(1, 20):normalise()
local run = synrl.train {
   data = train, valid = data:subset(21, 30):normalise(statistics), loss = "cross_entropy",
   rule = "win_stay", model = synrl.model("mlp", { layers = { 2, 2 } }), iterations = 400,
   on_evaluate = function(m) if m.iteration == 200 and io.open "stop" then os.exit(3) end end,
   checkpoint = { every = 50 },
}
return run.summary.weights_hash
END
    echo 1 >factor
    exits 0 synrl run --quiet --no-pictures s.lua
    local expected run
    expected=$(cat "$OUTPUT")
    rm -r runs
    touch stop
    exits 3 synrl run --quiet --no-pictures s.lua
    rm stop
    run=$(basename runs/*-run)
    echo 2 >factor
    refuses 1 'since the run was recorded, the samples of valid have changed' synrl resume "$run"
    echo 1 >factor
    exits 0 synrl resume "$run"
    says "${expected##* }"
    exits 0 synrl replay "$run"
}

# Inputs as targets, after a split and a normalisation: interrupted and resumed, loaded, evaluated and asked about a
# file without labels.
test_an_autoencoded_run_is_resumed_and_evaluated() {
    awk 'BEGIN { srand(3); print "a,b,c,kind" > "t.csv"; print "a,b,c" > "plain.csv"
        for (i = 0; i < 40; i++) { a = rand(); b = rand()
            printf "%.3f,%.3f,%.3f,%s\n", a, b, a + b, (a > b ? "x" : "y") > "t.csv"
            printf "%.3f,%.3f,%.3f\n", b, a, a + b > "plain.csv" } }'
    cat >s.lua <<'END'
local synrl = require "synrl"
local data = synrl.dataset("csv", { path = "t.csv", label = "kind" })
local train, valid = data:split(0.75, 1)
local fitted, statistics = train:normalise()
local run = synrl.train {
   name = "code", data = fitted:autoencode(), valid = valid:normalise(statistics):autoencode(), loss = "mse",
   rule = "win_stay", model = synrl.model("mlp", { layers = { 3, 2, 3 } }), iterations = 400,
   on_evaluate = function(m) if m.iteration == 200 and io.open "stop" then os.exit(3) end end,
   checkpoint = { every = 50 },
}
return run.summary.weights_hash
END
    exits 0 synrl run --quiet --no-pictures s.lua
    local expected
    expected=$(cat "$OUTPUT")
    rm -r runs
    touch stop
    exits 3 synrl run --quiet --no-pictures s.lua
    rm stop
    exits 0 synrl resume code
    says "${expected##* }"
    cat >ask.lua <<'END'
local synrl = require "synrl"
local network = synrl.load "code"
local data = network:normalise(synrl.dataset("csv", { path = "plain.csv" }))
print(("%.9g"):format(network:evaluate(data).loss))
END
    exits 0 synrl run ask.lua
    cp "$OUTPUT" loss
    exits 0 synrl evaluate --json code plain.csv label=
    grep -q "\"loss\": $(cut -c 1-8 loss)" "$OUTPUT"
    exits 0 synrl predict code plain.csv label= -o answers.csv
    [ "$(head -n 1 answers.csv)" = 'sample,output1,output2,output3' ]
    [ "$(wc -l <answers.csv)" -eq 41 ]
}
