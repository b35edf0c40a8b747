#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# synrl resume RUN iterations=N: a run that has ended is trained longer, to the same weights, metrics
# and transcript as one that was given N from its start.

setup() {
    cat >s.lua <<'END'
local synrl = require 'synrl'
local o = synrl.options { seed = 3, iterations = 1480, rule = 'qlearning', stop = 0, every = 37, valid = true, twice = false }
local train, valid = synrl.dataset('boundary', { samples = 200, seed = o.seed }):split(0.75, 1)
local asked = 0
local function run(name, more)
   local options = { name = name, data = train, valid = o.valid and valid or nil, loss = 'euclidean',
      model = synrl.model('mlp', { layers = { 2, 9, 1 }, output = 'tanh', seed = o.seed }),
      rule = synrl.rule(o.rule, { alpha_s = synrl.schedule { { 0, 1e-3 }, { 1475, 5e-4 }, { 2000, 2.5e-4 } } }),
      iterations = o.iterations, evaluate_every = o.every, record_every = o.every,
      checkpoint = { every = 500 }, batch = { size = 120, every = 70 },
      on_evaluate = function(m)
         asked = asked + 1
         if m.iteration > 1600 and os.remove('die') then os.execute('kill -9 $PPID') end
         if m.iteration == o.iterations and os.remove('last') then
            os.execute('kill -INT $PPID')
            while true do os.time() end
         end
      end,
      stop = o.stop > 0 and function(m) return m.iteration >= o.stop and 'enough' end or nil }
   for key, value in pairs(more or {}) do options[key] = value end
   return synrl.train(options)
end
local first = run('first')
local second = o.twice and run('second', { weights = first })
return { hash = first.summary.weights_hash, iterations = first.summary.iterations, asked = asked,
   best = first.summary.best, second = second and second.summary.weights_hash }
END
}

run() {
    synrl run --quiet --no-pictures s.lua "$@"
}

# same FOLDER: all that its run left is what the one in whole/ left.
same() {
    local file
    for file in metrics.csv rewards.bin weights.npz policy.csv; do
        ! compgen -G "whole/*-first/$file" >/dev/null || cmp whole/*-first/$file "$1"/*-first/$file
    done
}

# lengthened OPTION...: a run of 1480 iterations, trained to 2960, and one of 2960.
lengthened() {
    rm -rf runs whole
    run "$@" >/dev/null
    run --runs whole "$@" iterations=2960 >result
    exits 0 synrl resume --quiet runs/*-first iterations=2960
    prints "$(cat result)"
    same runs
}

test_a_run_trained_longer_is_the_longer_run() {
    lengthened
    lengthened rule=win_stay valid=false
    lengthened rule=rank1
    grep -q '"script_iterations": 1480' runs/*/run.json
    grep -q '    "iterations": 2960' runs/*/run.json
    grep -A6 '"resumed"' runs/*/run.json | grep -q '"iterations": 2960'
    exits 0 synrl replay runs/*-first
    says '2960 iterations'
    exits 0 synrl diff runs/*-first whole/*-first
    exits 0 synrl ls
    says '2960'
}

# Of a reward bit's byte that is half full, and twice.
test_a_run_can_be_trained_longer_again() {
    local n
    run --runs whole iterations=1961 every=53 >result
    run iterations=1643 every=53 >/dev/null
    for n in 1749 1961; do
        exits 0 synrl resume --quiet iterations=$n runs/*-first
    done
    prints "$(cat result)"
    same runs
    exits 0 synrl resume --quiet runs/*-first
    prints "$(cat result)"
    grep -q '"script_iterations": 1643' runs/*/run.json
}

test_a_run_interrupted_in_its_longer_part_is_resumed() {
    run --runs whole iterations=2960 >result
    run >/dev/null
    touch die
    exits 137 synrl resume --quiet runs/*-first iterations=2960
    exits 0 synrl resume --quiet runs/*-first
    prints "$(cat result)"
    same runs
    # Before its first checkpoint, too, and one that had not ended.
    rm -r runs
    touch die
    exits 137 run iterations=1702
    exits 0 synrl resume --quiet runs/*-first iterations=2960
    prints "$(cat result)"
    same runs
}

# It has done all its iterations, but has not said so.
test_a_run_interrupted_in_its_last_call_is_trained_longer() {
    has_prompt_signals || return 0
    run --runs whole iterations=2960 >result
    touch last
    exits 75 run
    exits 0 synrl resume --quiet runs/*-first iterations=2960
    prints "$(cat result)"
    same runs
}

# The row of the former end stays where the longer run has none; its weights are the same.
test_the_row_of_the_former_end_stays() {
    run --runs whole iterations=1961 valid=false >result
    run iterations=1500 valid=false >/dev/null
    exits 0 synrl resume runs/*-first iterations=1961
    says 'from iteration 1500 to 1961; all else is as the script makes it for 1500, schedules too'
    prints "$(cat result)"
    cmp whole/*/weights.npz runs/*/weights.npz
    grep -q '^1500,' runs/*/metrics.csv
    cut -d, -f1-3 whole/*/metrics.csv >rows
    grep -v '^1500,' runs/*/metrics.csv | cut -d, -f1-3 | diff rows -
}

test_a_run_after_it_that_depends_on_it_is_refused() {
    run twice=true >/dev/null
    refuses 1 'a run before it was trained longer, and the script no longer makes the recorded one: weights.hash' \
        synrl resume --quiet runs/*-first iterations=2960
    grep -q '"status": "done"' runs/*-first/run.json
    grep -q '    "iterations": 2960' runs/*-first/run.json
    refuses 1 'a run before it was trained longer' synrl resume --quiet runs/*-second
    # One that does not depend on it keeps its length.
    rm -r runs
    run twice=true >/dev/null
    exits 0 synrl resume --quiet runs/*-second iterations=2960
    grep -q '    "iterations": 1480' runs/*-first/run.json
    grep -q '    "iterations": 2960' runs/*-second/run.json
}

# Refusals --------------------------------------------------------------------------------------

# unchanged WHY OPTION...: resuming is refused, and nothing has changed.
unchanged() {
    cat runs/*-first/run.json runs/*-first/metrics.csv >before
    refuses 1 "$1" synrl resume --quiet runs/*-first "${@:2}"
    cat runs/*-first/run.json runs/*-first/metrics.csv | cmp - before
}

test_what_cannot_be_trained_longer_is_refused() {
    run >/dev/null
    unchanged 'iterations=1480 must be more than the 1480 that the run has' iterations=1480
    unchanged 'iterations=7 must be more than the 1480 that the run has' iterations=7
    rm runs/*-first/checkpoint*
    unchanged 'cannot be trained longer: it has no intact checkpoint of its end' iterations=2000
    rm -r runs
    run stop=700 >/dev/null
    unchanged 'was stopped before its end, where it would stop again: enough' iterations=2000
    rm -r runs
    run stop=1480 >/dev/null
    unchanged 'was stopped before its end, where it would stop again: enough' iterations=2000
}

# It has a rule that does something at its end, or does not say what it remembers.
test_a_rule_that_cannot_go_on_is_refused() {
    has cc || return 0
    export SYNRL_PLUGIN_PATH=.
    sed '/^SYNRL_RULE/i static synrl_status finish(const synrl_host *host, const void *config, void *self, synrl_env *env) { return SYNRL_OK; }' \
        "$SOURCE/plugins/template/my_rule.c" | sed 's/\.step = step/.step = step, .finish = finish/; s/(my_rule,/(ends,/' >ends.c
    sed 's/, *\.state = state//; s/(my_rule,/(silent,/' "$SOURCE/plugins/template/my_rule.c" >silent.c
    for rule in ends silent; do
        cc -shared -fPIC -w -I"$SOURCE/core/include" $rule.c -o $rule.so
    done
    sed -i '/checkpoint =/s/checkpoint = { every = 500 },//' s.lua
    run rule=ends iterations=100 >/dev/null
    unchanged 'cannot be trained longer: rule "ends" ends a run by moving weights once more' iterations=200
    rm -r runs
    touch last
    exits 75 run rule=ends iterations=111
    unchanged 'cannot be trained longer: rule "ends" ends a run by moving weights once more' iterations=222
    exits 0 synrl resume --quiet runs/*-first
    rm -r runs
    run rule=silent iterations=100 >/dev/null
    unchanged 'no intact checkpoint of its end, since its rule does not say what it remembers' iterations=200
}

test_wrong_words_are_refused() {
    run iterations=10 >/dev/null
    exits 2 synrl resume runs/*-first iterations=1e6
    complains 'synrl: iterations must be an integer of at least 1, not "1e6"'
    exits 2 synrl resume runs/*-first iterations=
    complains 'synrl: iterations must be an integer of at least 1, not ""'
    exits 2 synrl resume runs/*-first seed=4
    complains 'synrl: resume takes only iterations=N, not "seed=4": the script is called as it was'
    exits 2 synrl resume iterations=20
    complains 'synrl: which run? write synrl resume RUN'
}

test_a_changed_script_is_refused_unless_forced() {
    run iterations=370 >/dev/null
    echo '-- more' >>s.lua
    unchanged 's.lua has changed' iterations=740
    exits 0 synrl resume --quiet --force-changed runs/*-first iterations=740
    grep -A6 '"resumed"' runs/*/run.json | grep -q '"changes": ".*s.lua has changed'
}

test_a_cell_of_a_sweep_is_refused() {
    exits 0 synrl sweep s.lua iterations=50 seed=1,2
    cp -r runs before
    refuses 1 "is the run of a sweep's cell" synrl resume --quiet "$(compgen -G 'runs/*-first' | head -n 1)" iterations=90
    diff -r --exclude='synrl.db*' before runs
}
