#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One run by several processes, as mpirun starts them: the same bits, one record, one message; and
# what becomes of it when one of them fails, is killed, or is not like the others.

setup() {
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    export OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_plm=isolated
    export OMPI_MCA_btl_vader_single_copy_mechanism=none
    export ASAN_OPTIONS=detect_leaks=0 # OpenMPI's own
    cp "$SOURCE/tests/program/ranks.lua" .
}

has_mpi() {
    has mpirun || return 1
    [ -e "$BUILD/plugins/comm/mpi.so" ] || skips 'plugins/comm/mpi.so is not built'
}

# ranks N ARGUMENT...: synrl as N processes.
ranks() {
    mpirun --quiet --oversubscribe -n "$1" synrl "${@:2}"
}

# letters NAME [ARGUMENT...]: the arguments of synrl for the script of all rules.
letters() {
    echo run --quiet --no-pictures "${@:2}" ranks.lua "letters=$SOURCE/datasets/glyphs" "plots=$PWD/$1" \
        "golden=$SOURCE/datasets/policies/golden.csv"
}

# bytes RUN: what each rank has given to the others, from run.json.
bytes() {
    sed -n '/"ranks"/,/}/ s/.*"bytes": \([0-9]*\).*/\1/p' "$1/run.json"
}

test_any_number_of_ranks_gives_the_same_bits() {
    has_mpi || return 0
    export SYNRL_PLUGIN_PATH=$BUILD/tests/examples/models
    # shellcheck disable=SC2046 # words
    synrl $(letters alone --threads 1) >wanted
    [ "$(grep -cE '^[0-9a-f]{16}$' wanted)" -eq 12 ]
    # shellcheck disable=SC2046
    exits 0 mpirun --quiet --oversubscribe -n 1 -x SYNRL_ISA=scalar synrl $(letters two --threads 2) : \
        -n 1 synrl $(letters two --threads 1)
    prints "$(cat wanted)"
    # shellcheck disable=SC2046
    exits 0 ranks 3 $(letters three --threads 1)
    prints "$(cat wanted)"
    cmp alone.npz two.npz # one of them by rank 0 alone
    cmp alone.npz three.npz
    [ "$(find runs -name run.json | wc -l)" -eq 36 ] # which alone has recorded, too
}

small() {
    cat >small.lua <<'END'
local synrl = require 'synrl'
local o = synrl.options { iterations = 4000, rule = 'win_stay', seed = 1, check = 50 }
local r = synrl.train { name = 'small', data = synrl.dataset('boundary', { samples = 120, seed = 3 }),
  model = synrl.model('mlp', { layers = { 2, 9, 1 }, seed = tonumber(os.getenv('NET_SEED')) or 1 }),
  loss = 'mse', rule = synrl.rule(o.rule), iterations = o.iterations, checkpoint = { every = o.check } }
print(r.summary.weights_hash)
END
}

test_of_a_reward_per_batch_32_bytes_are_exchanged() {
    has_mpi || return 0
    small
    exits 0 ranks 2 run --quiet --no-pictures --compare 0 small.lua iterations=500 check=1000
    # Beside them, what a run begins and ends with: two passes, five agreements, a comparison.
    [ "$(bytes runs/*-small)" -le $((500 * 32 + 200)) ]
}

test_a_rank_that_is_killed_ends_all_and_one_alone_goes_on() {
    has_mpi || return 0
    has_proc || return 0
    small
    synrl run --quiet --no-record small.lua >wanted
    ranks 2 run --quiet --no-pictures small.lua >/dev/null 2>said &
    await 'runs/*/checkpoint-*'
    local at processes=()
    for at in /proc/[0-9]*; do
        if [ "$at/cwd" -ef "$PWD" ] && grep -qs '^synrl$' "$at/comm"; then
            processes+=("${at#/proc/}")
        fi
    done
    [ ${#processes[@]} -eq 2 ]
    kill -KILL "${processes[RANDOM % 2]}"
    ! wait $! || fail 'a killed rank went unnoticed'
    # tests/cluster/mpi.sh has other numbers; three ranks on two cores take turns.
    exits 0 synrl resume --quiet runs/*-small
    prints "$(cat wanted)"
}

test_a_signal_to_one_rank_is_for_all() {
    has_mpi || return 0
    small
    mpirun --quiet --oversubscribe -n 2 synrl run --quiet --no-pictures small.lua iterations=1000000 \
        >/dev/null 2>said &
    await 'runs/*/checkpoint-*'
    kill -USR1 $! # mpirun passes it on
    local code=0
    wait $! || code=$?
    [ $code -eq 75 ]
    grep -qF 'small.lua: interrupted' said
    grep -qF '"status": "interrupted"' runs/*-small/run.json
}

test_what_is_wrong_on_all_ranks_is_said_once() {
    has_mpi || return 0
    small
    refuses 1 'rule "win_sty"' ranks 3 run --quiet --no-record small.lua rule=win_sty
    [ "$(grep -c win_sty "$ERROR")" -eq 1 ]
}

test_what_is_wrong_on_one_rank_is_said_by_it() {
    has_mpi || return 0
    small
    mkdir -p rules
    cp "$BUILD/tests/bad/newer_minor.so" rules/win_stay.so
    exits 1 mpirun --quiet --oversubscribe -n 2 synrl run --quiet --no-record small.lua : \
        -n 1 -x SYNRL_PLUGIN_PATH="$PWD" synrl run --quiet --no-record small.lua
    says 'rank 2: '
    says 'built for ABI'
}

test_ranks_that_differ_are_named() {
    has_mpi || return 0
    small
    exits 1 mpirun --quiet --oversubscribe -n 2 synrl run --quiet --no-record --compare 20 small.lua : \
        -n 1 -x NET_SEED=2 synrl run --quiet --no-record --compare 20 small.lua
    says 'rank 2: after iteration 20 its weights (compared every 20 iterations) differ from rank 0'
    [ "$(grep -c 'differ from' "$ERROR")" -eq 1 ]
}

test_cells_of_a_sweep_are_shared_out() {
    has_mpi || return 0
    small
    cat >inside.lua <<'END'
local synrl = require 'synrl'
local s = synrl.sweep { grid = { n = { 3, 4 } }, seeds = 2, run = function(p)
  local r = synrl.train { data = synrl.dataset('boundary', { samples = 60, seed = p.seed }), loss = 'mse',
    model = synrl.model('mlp', { layers = { 2, p.n, 1 } }), rule = 'win_stay', iterations = 20 }
  return { loss = r.summary.loss } end }
print(#s.cells, s.failed, s.missing, s.groups[1].mean.loss, s.groups[2].mean.loss)
END
    exits 0 ranks 3 sweep --quiet small.lua iterations=50 rule=win_stay,rank1 seed=1..2
    [ "$(find runs -name run.json | wc -l)" -eq 4 ]
    exits 0 synrl run --quiet --runs alone inside.lua
    cp "$OUTPUT" wanted
    exits 0 ranks 2 run --quiet --runs together inside.lua
    prints "$(cat wanted)"
    [ "$(find together -name run.json | wc -l)" -eq 4 ]
    refuses 2 'each process of mpirun' ranks 2 sweep --fresh --quiet small.lua seed=1..2
}

# No launcher is needed for these.
test_a_launched_run_without_the_plugin_says_so() {
    small
    mkdir -p elsewhere/plugins
    cp "$BUILD/synrl" elsewhere/
    cp -r "$BUILD"/plugins/{rules,models,losses,datasets,activations} elsewhere/plugins/
    OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=2 refuses 1 'no comm "mpi"' \
        elsewhere/synrl run --quiet --no-record small.lua
    says 'mpirun started this as one of several processes'
    OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=2 exits 0 \
        elsewhere/synrl run --comm self --quiet --no-record small.lua iterations=20
    refuses 1 'no comm "smoke"' synrl run --comm smoke --quiet --no-record small.lua
}
