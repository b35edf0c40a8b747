#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Networks that come back: loaded by another process, from NumPy, replayed, resumed.

setup() {
    cat >s.lua <<'END'
local synrl = require "synrl"
local o = synrl.options { rule = "win_stay", iterations = 300, weights = "", keep = "last", die = -1 }
local data = synrl.dataset("boundary", { samples = 60, seed = 3 })
local train, valid = data:split(0.5, 1)
local r = synrl.train {
   name = "net", data = train, valid = valid, loss = "euclidean", iterations = o.iterations,
   model = synrl.model("mlp", { layers = { 2, 8, 1 }, activation = synrl.activation("sin"), seed = 4 }),
   rule = synrl.rule(o.rule, { alpha_s = 0.05 }), keep = o.keep, evaluate_every = 5,
   checkpoint = { every = 10, keep = 2 }, weights = o.weights ~= "" and o.weights or nil,
   on_evaluate = function(m) if m.iteration == o.die then os.exit(3) end end,
}
print(("%s %.17g %.17g"):format(r.summary.weights_hash, r:evaluate(valid).accuracy, r:evaluate(valid).loss))
END
    cat >load.lua <<'END'
local synrl = require "synrl"
local o = synrl.options { run = "", last = false }
local data = synrl.dataset("boundary", { samples = 60, seed = 3 })
local _, valid = data:split(0.5, 1)
local e = synrl.load(o.run, { last = o.last }):evaluate(valid)
print(("%.17g %.17g"):format(e.accuracy, e.loss))
END
}

run() {
    synrl run --quiet --no-pictures s.lua "$@"
}

test_another_process_has_the_same_network() {
    exits 0 run
    read -r hash answers <"$OUTPUT"
    rm s.lua
    exits 0 synrl run --quiet --no-record load.lua "run=$(echo runs/*/)"
    prints "$answers"
    [ ${#hash} -eq 16 ]
}

test_the_best_weights_are_those_that_are_loaded() {
    exits 0 run keep=valid_loss
    read -r _ best <"$OUTPUT"
    exits 0 synrl run --quiet --no-record load.lua "run=$(echo runs/*/)"
    prints "$best"
    exits 0 synrl run --quiet --no-record load.lua "run=$(echo runs/*/)" last=true
    [ "$(cat "$OUTPUT")" != "$best" ]
    says ' '
    grep -q '"metric": "valid_loss"' runs/*/run.json
}

test_a_resumed_run_keeps_the_same_best() {
    exits 0 run keep=valid_loss
    cp "$OUTPUT" whole
    cp runs/*/best.npz .
    rm -r runs
    exits 3 run keep=valid_loss die=205
    sed -i 's/os.exit(3)/o.die = -1/' s.lua
    exits 0 synrl resume --force-changed runs/*/
    cmp whole "$OUTPUT"
    cmp best.npz runs/*/best.npz
}

test_a_run_from_given_weights_replays_and_resumes() {
    exits 0 run
    mv runs/*/weights.npz w.npz
    rm -r runs
    exits 0 run weights=w.npz
    cp "$OUTPUT" whole
    ls runs/*/weights-????????????????.npz
    rm -r runs
    exits 3 run weights=w.npz die=100
    sed -i 's/os.exit(3)/o.die = -1/' s.lua
    exits 0 synrl resume --force-changed runs/*/
    cmp whole "$OUTPUT"
    rm w.npz
    exits 0 synrl replay runs/*/
    says 'the weights are those of the run'
}

# A model that asks for the height and width of its pictures.
test_a_network_of_pictures_comes_back() {
    export SYNRL_PLUGIN_PATH=$BUILD/tests/examples
    cat >conv.lua <<'END'
local synrl = require "synrl"
local o = synrl.options { run = "" }
local data = synrl.dataset("glyphs", {})
local r = o.run ~= "" and synrl.load(o.run) or synrl.train {
   data = data, model = synrl.model("conv", { filters = 2, kernel = 9 }), loss = "cross_entropy",
   rule = synrl.rule("win_stay", { alpha_s = 0.01 }), iterations = 5,
}
print(("%.17g"):format(r:evaluate(data).loss))
END
    exits 0 synrl run --quiet --no-pictures conv.lua
    cp "$OUTPUT" whole
    exits 0 synrl run --quiet --no-record conv.lua "run=$(echo runs/*/)"
    cmp whole "$OUTPUT"
    exits 0 synrl replay runs/*/
    says 'the weights are those of the run'
}

# A table of which half is for training, its inputs normalised, and the other half a file of its own.
table_run() {
    awk 'BEGIN { srand(5); for (f = 0; f < 2; f++) { name = f ? "test.csv" : "train.csv"
        print "a,b,kind" >name
        for (i = 0; i < 60; i++) { a = 10 * rand(); b = 3 * rand()
            printf "%.3f,%.3f,%s\n", a, b, (a > 3 * b ? "yes, sir" : "no") >name } } }'
    cut -d, -f1,2 test.csv >plain.csv
    cat >table.lua <<'END'
local synrl = require "synrl"
local data = synrl.dataset("csv", { path = "train.csv", label = "kind", header = "yes" })
local train = (data:split(0.9, 1))
local r = synrl.train {
   name = "table", data = (train:normalise {}), loss = "cross_entropy", iterations = 60,
   model = synrl.model("mlp", { layers = { 2, 6, 2 } }), rule = synrl.rule("gd", { alpha = 0.5 }),
}
END
    sed -i 's/,yes, sir$/,"yes, sir"/' train.csv test.csv
    exits 0 synrl run --quiet --no-pictures table.lua
}

test_a_network_asked_about_other_inputs_warns() {
    table_run
    cat >ask.lua <<'END'
local synrl = require 'synrl'
local network = synrl.load 'table'
local data = synrl.dataset('csv', { path = 'test.csv', label = 'kind' })
network:evaluate(network:normalise(data))
network:predict(network:normalise(data):subset { 2, 1 })
if synrl.options { ask = false }.ask then print(network:evaluate(data).accuracy) end
print(network:evaluate(network:normalise(data)).accuracy)
END
    exits 0 synrl run ask.lua
    complains ''
    cp "$OUTPUT" found
    exits 0 synrl evaluate --json table test.csv
    grep -q "\"accuracy\": $(cat found)" "$OUTPUT"
    exits 0 synrl run ask.lua ask=true
    complains 'synrl: warning: the network was trained on normalised inputs, and asked about inputs that are not: result:normalise(data) makes them so'
}

# What a loss says of its outputs counts, not how it is called.
test_a_loss_of_logits_gives_probabilities() {
    has "${CC:-cc}" || return 0
    local logits
    table_run
    for logits in true false; do
        rm -rf runs
        cat >loss.lua <<END
local synrl = require "synrl"
local softplus = synrl.loss.c {
   name = "softplus", targets = "labels", logits = $logits,
   terms = "for (size_t s = 0; s < SYNRL_LANES; s++) terms[s] = block->labels[s];",
}
synrl.train {
   data = synrl.dataset("csv", { path = "train.csv", label = "kind" }), loss = softplus, iterations = 2,
   model = synrl.model("mlp", { layers = { 2, 2 } }), rule = "win_stay",
}
END
        exits 0 synrl run --quiet --no-pictures loss.lua
        exits 0 synrl predict runs/*/ plain.csv label= -o answers.csv
        if $logits; then
            [ "$(head -n 1 answers.csv)" = 'sample,class,no,"yes, sir"' ]
        else
            [ "$(head -n 1 answers.csv)" = 'sample,class,output1,output2' ]
        fi
    done
}

test_data_is_read_and_normalised_as_the_run_did() {
    table_run
    rm train.csv table.lua
    exits 0 synrl evaluate --json runs/*/ test.csv
    cp "$OUTPUT" evaluation
    exits 0 synrl predict runs/*/ plain.csv label= -o answers.csv
    python3 - <<'END'
import csv, json
wanted = [r["kind"] for r in csv.DictReader(open("test.csv"))]
rows = list(csv.DictReader(open("answers.csv")))
found = [r["class"] for r in rows]
e = json.load(open("evaluation"))
assert len(found) == len(wanted) == e["samples"] == 60
assert list(rows[0]) == ["sample", "class", "no", "yes, sir"], rows[0]
assert [r["sample"] for r in rows] == [str(i) for i in range(2, 62)]
for r in rows:
    p = {k: float(r[k]) for k in ("no", "yes, sir")}
    assert abs(sum(p.values()) - 1) < 1e-8 and r["class"] == max(p, key=p.get)
assert e["accuracy"] == sum(a == b for a, b in zip(found, wanted)) / 60 > 0.9
for c in e["classes"]:
    both = sum(a == b == c["class"] for a, b in zip(found, wanted))
    n, m = wanted.count(c["class"]), found.count(c["class"])
    assert (c["samples"], c["recall"], c["precision"]) == (n, both / n, both / m)
    assert abs(c["f1"] - 2 / (n / both + m / both)) < 1e-12
END
    exits 0 synrl evaluate runs/*/ test.csv
    says 'class     samples'
}

test_questions_that_cannot_be_answered() {
    table_run
    refuses 2 'which run, and which data? write synrl evaluate RUN DATA' synrl evaluate
    refuses 2 'which data? write synrl predict RUN DATA' synrl predict runs/*/
    refuses 2 '"x": parameters of the data are written NAME=VALUE' synrl predict runs/*/ test.csv x
    refuses 1 'neither labels nor targets: there is nothing to compare' synrl evaluate runs/*/ plain.csv label=
    refuses 1 'no column "kind"' synrl predict runs/*/ plain.csv
    refuses 1 'unknown parameter "labl", did you mean "label"?' synrl predict runs/*/ plain.csv labl=
    refuses 1 'no run "nothing"' synrl predict nothing plain.csv
    sed 's/no$/perhaps/' test.csv >other.csv
    refuses 1 'has the class "perhaps", which the training data lacks' synrl evaluate runs/*/ other.csv
    cut -d, -f1 plain.csv >narrow.csv
    refuses 1 'for 2 inputs, and the data has 1' synrl predict runs/*/ narrow.csv label=
    refuses 1 'cannot' synrl predict runs/*/ plain.csv label= -o nowhere/answers.csv
}

test_other_weights_are_a_change() {
    exits 0 run
    cp runs/*/weights.npz w.npz
    exits 3 run weights=w.npz die=100
    run=$(grep -L '"status": "done"' runs/*/run.json)
    rm -r "$(dirname "$(grep -l '"status": "done"' runs/*/run.json)")"
    exits 0 run iterations=100
    cp "$(dirname "$(grep -l '"status": "done"' runs/*/run.json)")/weights.npz" w.npz
    refuses 1 'w.npz has changed' synrl resume "$(dirname "$run")"
}

test_damage_is_seen() {
    exits 0 run
    cp runs/*/weights.npz good.npz
    cp "$SOURCE/tests/program/networks.sh" runs/*/weights.npz
    refuses 1 'weights.npz: is neither an NPZ nor a safetensors file' synrl run --no-record load.lua "run=$(echo runs/*/)"
    cp good.npz w.npz
    exits 0 run iterations=10 weights=w.npz
    short=$(dirname "$(grep -l '"iterations": 10' runs/*/run.json)")
    echo '{"yes": 1}' >"$short/classes.json"
    refuses 1 'classes.json: must be a list of names' synrl run --no-record load.lua "run=$short"
    rm "$short/classes.json"
    cp good.npz "$short/weights.npz"
    refuses 1 'the file has changed' synrl run --no-record load.lua "run=$short"
    refuses 1 'there is no file "nothing", and no such run' synrl run --no-record load.lua run=nothing
    mkfifo "$short/fifo.npz"
    refuses 1 'fifo.npz' synrl run --no-record load.lua "run=$short/fifo.npz"
}

test_what_numpy_writes_is_read() {
    has_numpy || return 0
    exits 0 run
    for kind in savez savez_compressed; do
        for type in f2 '>f4' f8; do
            /usr/bin/python3 - "$kind" "$type" <<'END'
import numpy, glob, sys
z = numpy.load(glob.glob("runs/*/weights.npz")[0])
w = {k: numpy.asfortranarray(numpy.round(z[k], 3)) for k in z.files}
getattr(numpy, sys.argv[1])("w.npz", **{k: v.astype(sys.argv[2]) for k, v in w.items()})
numpy.savez("expected.npz", **{k: v.astype(sys.argv[2]).astype("f4") for k, v in w.items()})
END
            cat >numpy.lua <<'END'
local synrl = require "synrl"
synrl.load("w.npz"):save("back.safetensors")
synrl.load("back.safetensors"):save("back.npz")
END
            exits 0 synrl run --no-record numpy.lua
            /usr/bin/python3 - <<'END'
import numpy
a, b = numpy.load("expected.npz"), numpy.load("back.npz")
assert a.files == b.files
for k in a.files:
    assert a[k].shape == b[k].shape and a[k].tobytes() == b[k].tobytes(), k
END
        done
    done
}
