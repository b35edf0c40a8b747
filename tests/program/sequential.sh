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
local function conv(t) return synrl.layer("conv2d", t) end
local train, valid = synrl.data(set):split(0.8, 1)
local runs = {
  { 'win_stay', { synrl.layer('dense', { units = o.units, activation = 'relu' }), 'flatten', 'dense' } },
  { 'three_factor', { conv { filters = 3, activation = 'relu' }, 'maxpool', synrl.layer('dropout', { rate = 0.2 }),
    conv { filters = 2, kernel = 2, padding = { 1, 0 }, activation = synrl.activation('tanh') }, 'normalise',
    synrl.layer('avgpool', { kernel = { 2, 1 }, stride = 1 }), 'dense' } },
  { 'win_stay', { 'dropout', conv { filters = 2, kernel = { 3, 2 }, padding = 1, stride = 2 }, 'dense' } },
  { 'three_factor', { synrl.layer('lif', { units = 9, init = 3 }), synrl.layer('lif', { units = 6, init = 3,
    output = 'potential', leak = 2 }), synrl.layer('spike_readout', { take = 'largest' }), 'dense' } },
  { 'win_stay', { synrl.layer('elman', { units = 5, sequence = true }), synrl.layer('gru', { units = 4 }), 'dense' } },
  { 'open_es', { conv { filters = 2, stride = { 2, 1 } }, 'dropout', 'dense' } },
}
for i, run in ipairs(runs) do
  local r = synrl.train { name = 'run' .. i, data = train, valid = valid, rule = run[1], loss = 'cross_entropy',
    model = synrl.model('sequential', { layers = run[2], seed = 3 }), iterations = o.iterations,
    batch = { size = 40, every = 7 }, checkpoint = { every = 20 }, evaluate_every = 10,
    on_evaluate = function(m)
      if m.iteration > 30 and os.remove('die' .. i) then os.execute('kill -9 $PPID') end
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
    local i
    exits 0 run --threads 1
    cp "$OUTPUT" wanted
    exits 0 synrl replay "$(echo runs/*-run1)"
    for i in 2 3 4; do
        rm -r runs
        touch die$i
        exits 137 run
        exits 0 synrl resume --quiet --threads 2 "$(echo runs/*-run$i)"
        prints "$(cat wanted)"
    done
}

test_the_bits_are_the_same_everywhere() {
    local isa n path
    SYNRL_ISA=scalar SYNRL_PATH=dense exits 0 run --no-record --threads 1
    cp "$OUTPUT" wanted
    [ "$(sort -u wanted | wc -l)" -eq 6 ]
    for n in 2 3; do
        exits 0 run --no-record --threads $n
        prints "$(cat wanted)"
    done
    for isa in scalar avx2 avx512 amx; do
        if SYNRL_ISA=$isa synrl run --quiet /dev/null >/dev/null 2>&1; then
            for path in dense sparse; do
                SYNRL_ISA=$isa SYNRL_PATH=$path exits 0 run --no-record --threads 2
                prints "$(cat wanted)"
            done
        fi
    done
}

test_ranks_do_not_change_a_bit() {
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_mpi_yield_when_idle=1
    export OMPI_MCA_plm=isolated OMPI_MCA_btl_vader_single_copy_mechanism=none
    export ASAN_OPTIONS=detect_leaks=0 # OpenMPI's own
    has mpirun || return 0
    [ -e "$BUILD/plugins/comm/mpi.so" ] || skips 'plugins/comm/mpi.so is not built' || return 0
    sed -i "s/'open_es'/'gd'/" s.lua
    exits 0 run --no-record iterations=20
    cp "$OUTPUT" wanted
    exits 0 mpirun --quiet --oversubscribe -n 2 synrl run --quiet --no-record --threads 1 s.lua iterations=20
    prints "$(cat wanted)"
}

# Both losses of a step are of the same draws: where weights do not move, they are equal.
test_rewards_compare_losses_of_the_same_draws() {
    cat >same.lua <<'END'
local synrl = require 'synrl'
local seen, last = 0, nil
local rule = synrl.rule { name = 'look', reads = 'losses', step = function(_, env)
  local _, before, after = env:step(synrl.array(env.n_synapses), 1e-3)
  assert(before == after and after ~= last)
  seen, last = seen + 1, after
end }
synrl.train { data = synrl.dataset('boundary', { samples = 40 }), loss = 'mse', iterations = 20, record = false,
  rule = rule, model = synrl.model('sequential', { layers = { synrl.layer('dense', { units = 9 }), 'dropout',
    'dense' } }) }
return { seen = seen }
END
    exits 0 synrl run --json same.lua
    says '"seen": 20'
}

test_layers_are_swept() {
    exits 0 synrl sweep s.lua units=2,3 iterations=5
    says '2      5           1'
    says '3      5           1'
}
