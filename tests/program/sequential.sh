#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Models made of layers: their record, and the runs that are made from it again.

setup() {
    cat >s.lua <<'END'
local synrl = require 'synrl'
local o = synrl.options { iterations = 60, units = 4 }
local set = { samples = 60, pixels = { 8, 8 }, classes = { 'a', 'b', 'c' } }
function set.inputs(i)
  local x = {}
  for p = 1, 64 do x[p] = (i * 31 + p * p * (i % 3 + 1) * 7) % 256 end
  return x
end
function set.labels(i) return set.classes[i % 3 + 1] end
local train, valid = synrl.data(set):split(0.8, 1)
local runs = {
  { 'win_stay', { synrl.layer('dense', { units = o.units, activation = 'relu' }), 'flatten', 'dense' } },
  { 'three_factor', { 'dense', synrl.layer('dense', { activation = synrl.activation('tanh') }) } },
}
for i, run in ipairs(runs) do
  local r = synrl.train { name = 'run' .. i, data = train, valid = valid, rule = run[1], loss = 'cross_entropy',
    model = synrl.model('sequential', { layers = run[2], seed = 3 }), iterations = o.iterations,
    batch = { size = 40, every = 7 }, checkpoint = { every = 20 }, evaluate_every = 10,
    on_evaluate = function(m)
      if i == 2 and m.iteration > 30 and os.remove('die') then os.execute('kill -9 $PPID') end
    end }
  print(r.summary.weights_hash)
end
END
}

run() {
    synrl run --quiet --no-pictures s.lua "$@"
}

test_layers_are_recorded_with_their_parameters() {
    exits 0 run iterations=1
    exits 0 synrl show --json "$(echo runs/*-run1)"
    says '"id": "dense"'
    says '"units": 4'
    says '"flatten"'
    says '"layer/dense"'
}

test_a_network_is_made_again_from_its_record() {
    exits 0 run iterations=9
    printf 'local synrl = require "synrl"\nreturn { n = #synrl.load(synrl.options { run = "" }.run):weights()["layer3.bias"] }\n' >load.lua
    exits 0 synrl run --json load.lua run="$(echo runs/*-run1)"
    says '3'
}

test_resumed_and_replayed_it_ends_the_same() {
    exits 0 run --threads 1
    cp "$OUTPUT" wanted
    exits 0 synrl replay "$(echo runs/*-run1)"
    rm -r runs
    touch die
    exits 137 run
    exits 0 synrl resume --quiet --threads 2 "$(echo runs/*-run2)"
    prints "$(cat wanted)"
}

test_layers_are_swept() {
    exits 0 synrl sweep s.lua units=2,3 iterations=5
    says '2      5           1'
    says '3      5           1'
}
