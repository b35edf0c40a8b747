#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A script's own metrics in what a run leaves and what is made of it, and in runs that are resumed.

setup() {
    cat >s.lua <<'END'
local synrl = require 'synrl'
local o = synrl.options { seed = 1, iterations = 2000, at = 1210, what = '' }
local train, valid = synrl.dataset('boundary', { samples = 200, seed = o.seed }):split(0.75, 1)
return synrl.train { name = 'own', data = train, valid = valid, loss = 'mse', rule = 'win_stay',
   model = synrl.model('mlp', { layers = { 2, 9, 1 } }), iterations = o.iterations,
   record_every = 7, evaluate_every = 10, checkpoint = { every = 300 }, keep = { highest = 'gap' },
   on_evaluate = function(metrics)
      metrics.gap = metrics.valid_loss - metrics.loss
      metrics.thousands = metrics.iteration / 1000
      if metrics.iteration == o.at and os.remove('now') then
         os.execute('kill -' .. o.what .. ' $PPID')
         while true do os.time() end
      end
   end }.summary
END
}

run() {
    synrl run --quiet --no-pictures s.lua "$@"
}

test_they_are_shown_and_exported() {
    run iterations=50 >result
    grep -q '^thousands *0.05$' result
    head -n 1 runs/*-own/metrics.csv | grep -q ',sample_backwards,gap,thousands$'
    exits 0 synrl show runs/*-own
    says '  thousands          0.05'
    exits 0 synrl export --csv runs/*-own
    says ',gap,thousands'
    exits 0 synrl export --tensorboard logs runs/*-own
    grep -qar thousands logs
    exits 0 synrl report runs/*-own -o page.html
    grep -q '"thousands":\[' page.html
    exits 0 synrl run --no-pictures s.lua iterations=50
    says 'thousands'
}

test_a_sweep_shows_them() {
    exits 0 synrl sweep --no-record s.lua iterations=20,50 seed=1,2 --metric thousands
    says '0.05 +- 0 (0)'
    refuses 2 '--metric thousand: no result has it, did you mean "thousands"?' \
        synrl sweep --no-record s.lua iterations=20,50 seed=1,2 --metric thousand
}

# resumes WHAT AT CODE: the script is cut short within a call, at this iteration, and resumed; also
# in the first call, when no row is recorded yet, and in the last.
resumes() {
    rm -rf whole runs
    run --runs whole | grep -v '^run\|^seconds' >result
    touch now
    exits "$3" run what="$1" at="$2"
    exits 0 synrl resume --quiet runs/*-own
    grep -v '^run\|^seconds' "$OUTPUT" | diff result -
    cmp whole/*-own/metrics.csv runs/*-own/metrics.csv
    cmp whole/*-own/best.npz runs/*-own/best.npz
}

test_a_crashed_run_keeps_them() {
    resumes KILL 1210 137
    resumes KILL 0 137
}

test_an_interrupted_run_keeps_them() {
    has_prompt_signals || return 0
    resumes INT 1210 75
    resumes TERM 0 75
    resumes TERM 2000 75
}

test_a_run_that_fails_has_its_last_row() {
    sed -i 's/if metrics.iteration == o.at .*/if metrics.iteration == o.at then error("no") end if false then/' s.lua
    refuses 1 's.lua:10: no' run
    tail -n 1 runs/*-own/metrics.csv | grep -q '^1210,.*,,$'
    sed -i 's/metrics.iteration == o.at/false/' s.lua
    exits 0 synrl resume --quiet --force-changed runs/*-own
    tail -n 1 runs/*-own/metrics.csv | grep -q '^2000,.*,2$'
}

test_a_resumed_run_has_its_columns() {
    touch now
    exits 137 run what=KILL
    sed -i 's/metrics.thousands = /metrics.hundreds = /' s.lua
    refuses 1 'metrics.hundreds comes only at iteration 1210: a metric must be set in the first call' \
        synrl resume --quiet --force-changed runs/*-own
}

test_what_the_best_is_kept_by_must_come() {
    sed -i "s/highest = 'gap'/highest = 'gab'/" s.lua
    refuses 1 'keep: unknown metric "gab", did you mean "gap"?' run
    grep -q '"status": "failed"' runs/*-own/run.json
}
