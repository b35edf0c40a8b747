#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Rules of other kinds in the program: what they read decides what is recorded, replayed and resumed.

setup() {
    export SYNRL_PLUGIN_PATH=$BUILD/tests/examples
    cat >s.lua <<'END'
local synrl = require "synrl"
local o = synrl.options { rule = "alopex", iterations = 400, every = 0, seed = 3 }
local result = synrl.train {
   name = o.rule, iterations = o.iterations, seed = o.seed, loss = "mse",
   data = synrl.dataset("boundary", { samples = 90 }),
   model = synrl.model("mlp", { layers = { 2, 6, 1 }, output = "tanh" }),
   batch = { size = 40, every = 7 }, rule = o.rule,
   checkpoint = o.every > 0 and { every = o.every } or nil,
}
return { hash = result.summary.weights_hash }
END
}

run() {
    synrl run --quiet --no-pictures s.lua "$@"
}

hash_of() {
    sed -n 's/^hash *//p' "$OUTPUT"
}

# A rule that reads losses is replayed from those that were recorded, two doubles per iteration.
test_a_rule_that_reads_losses_is_replayed() {
    exits 0 run
    local hash
    hash=$(hash_of)
    [ "$(stat -c %s runs/*/losses.bin)" -eq $((400 * 16)) ]
    exits 0 synrl replay runs/*/
    says "$hash"
    truncate -s 6000 runs/*/losses.bin
    refuses 1 'losses.bin: has 6000 bytes: must hold 16 for each of 400' synrl replay runs/*/
}

# RSO steps and takes steps back: the replay does too, and reads no loss.
test_steps_that_are_taken_back_are_replayed() {
    exits 0 run rule=rso
    local hash
    hash=$(hash_of)
    absent 'runs/*/losses.bin'
    exits 0 synrl replay runs/*/
    says "$hash"
}

# A rule may take no step in an iteration: the bits of the transcript stay with their iterations.
test_a_rule_that_skips_iterations_is_replayed_and_resumed() {
    has cc || return 0
    local hash run
    sed 's/my_rule/skips/g; s/^    double alpha_s;/&\n    if (env->iteration % 3 == 1) return SYNRL_OK;/' \
        "$SOURCE/plugins/template/my_rule.c" >skips.c
    cc -O2 -ffp-contract=off -w -shared -fPIC -I"$SOURCE/core/include" skips.c -o skips.so
    export SYNRL_PLUGIN_PATH=$PWD
    exits 0 run rule=skips iterations=400 every=300
    hash=$(hash_of)
    run=$(echo runs/*/)
    exits 0 synrl replay "$run"
    says "$hash"
    exits 0 synrl replay --synapse 1:1:1 --steps 0..399 "$run"
    awk '$1 == "iteration" { on = 1; next } on { print $1 % 3 == 1, $5 }' "$OUTPUT" | sort | uniq -c >rewards
    [ "$(grep ' 1 .$' rewards | tr -s ' ')" = ' 133 1 .' ] || fail "$(cat rewards)"
    grep -q ' 0 [+]$' rewards
    cp "$run/rewards.bin" whole.bin
    rm "$run"/checkpoint-000000000400.bin
    sed -i 's/"status": "done"/"status": "interrupted"/' "$run/run.json"
    exits 0 synrl resume --quiet "$run"
    says "$hash"
    cmp whole.bin "$run/rewards.bin"
}

test_a_rule_that_reads_more_is_not_replayed() {
    exits 0 run rule=open_es iterations=20
    refuses 1 'rule "open_es" needs more than rewards and losses' synrl replay runs/*/
}

# What a recorded run is not good for is said before it begins, once, and not of one that is not
# recorded.
test_a_rule_that_cannot_be_replayed_says_so_first() {
    sed -i 's/^local result/print "begins"\n&/' s.lua
    synrl run --no-pictures s.lua rule=open_es iterations=20 >all 2>&1
    grep -n 'cannot be replayed\|weights_hash\|^hash' all >order
    [ "$(grep -c 'synrl: rule "open_es" needs more than rewards and losses: the run cannot be replayed' order)" -eq 1 ]
    head -n 1 order | grep -q 'cannot be replayed'
    exits 0 synrl run --no-record s.lua rule=open_es iterations=20
    ! grep -q 'cannot be replayed' "$ERROR" || fail 'said of a run that is not recorded'
    exits 0 synrl run --no-pictures s.lua rule=win_stay iterations=20
    ! grep -q 'replayed\|resum' "$ERROR" || fail 'said of a rule that can be'
}

# told LINE SETTING...: training with these settings says the line once, before it begins, and the run
# is not replayed; of a run that is not recorded nothing is said.
told() {
    cat >f.lua <<END
local synrl = require 'synrl'
local settings = { data = synrl.dataset('boundary', { samples = 50 }), loss = 'mse', iterations = 9,
   model = synrl.model('mlp', { layers = { 2, 3, 1 } }), on_evaluate = function() print 'begins' end, $2 }
return synrl.train(settings).summary
END
    rm -rf runs
    exits 0 synrl run --no-pictures f.lua
    [ "$(grep -c "^synrl: $1\$" "$ERROR")" -eq 1 ]
    exits 1 synrl replay runs/2*
    exits 0 synrl run --no-record f.lua
    ! grep -q 'cannot be replayed' "$ERROR" || fail 'said of a run that is not recorded'
}

test_a_function_of_the_script_cannot_be_replayed_and_says_so_first() {
    local rule="step = function(self, env) env:step(synrl.array(env.n_synapses, 1), 0.001) end"
    told 'rule "mine" is a function of the script: the run cannot be replayed' \
        "rule = synrl.rule { name = 'mine', $rule }"
    told 'rule "mine" needs more than rewards and losses: the run cannot be replayed' \
        "rule = synrl.rule { name = 'mine', reads = 'more', $rule }"
    told 'rule "win_stay": epsilon is a function of the script: the run cannot be replayed' \
        "rule = synrl.rule('win_stay', { epsilon = function() return 0.1 end })"
    exits 0 synrl run --no-pictures f.lua
    ! grep -q 'resum' "$ERROR" || fail 'it can be resumed'
}

# Half of a run, and the rest of it, end as the whole: weights, metrics and losses.
test_a_rule_that_reads_losses_is_resumed() {
    exits 0 run every=100
    local hash newest
    hash=$(hash_of)
    mkdir whole
    cp runs/*/{metrics.csv,losses.bin,rewards.bin} whole
    rm -r runs
    exits 0 run every=100 # and lose what came after the checkpoint at 300
    newest=$(echo runs/*/checkpoint-000000000400.bin)
    mv "$newest" last
    compgen -G 'runs/*/checkpoint-*.bin' >/dev/null || cp last "$newest"
    exits 0 synrl resume --quiet runs/*/
    says "$hash"
    for file in metrics.csv losses.bin rewards.bin; do
        cmp whole/$file runs/*/$file
    done
}

# A metric of the rule's own is a column, in every place that has metrics.
test_a_rule_reports_metrics_of_its_own() {
    exits 0 run
    head -n 1 runs/*/metrics.csv | grep -q ',temperature$'
    exits 0 synrl export runs/*/ --csv
    says ',temperature'
    exits 0 synrl report runs/*/ -o page.html
    grep -q '"temperature"' page.html
    grep -q '^    "temperature": [0-9]' runs/*/run.json
    exits 0 synrl export runs/*/ --tensorboard events
    [ "$(grep -ac temperature events/*/*)" -gt 0 ]
    exits 0 synrl export runs/*/ --npz -o metrics.npz
    grep -aq temperature.npy metrics.npz
    cat >own.lua <<'END'
local synrl = require "synrl"
local last
local summary = synrl.train {
   iterations = 200, loss = "mse", rule = "alopex", on_evaluate = function(m) last = m.temperature end,
   data = synrl.dataset("boundary", { samples = 90 }), model = synrl.model("mlp", { layers = { 2, 6, 1 } }),
}.summary
return { same = last == summary.temperature and last > 0 }
END
    exits 0 synrl run --quiet --no-record own.lua
    prints 'same                 true'
}

# Rows of other columns do not follow those that are there.
test_a_run_whose_rule_reports_other_metrics_is_not_resumed() {
    local change
    exits 0 run every=100
    sed -i 's/"status": "done"/"status": "interrupted"/' runs/*/run.json
    cp runs/*/metrics.csv sound.csv
    for change in s/,temperature$/,temperament/ s/,reward_rate/,reward_mean/ s/,loss,accuracy/,accuracy,loss/; do
        sed "1$change" sound.csv >"$(echo runs/*/)metrics.csv"
        refuses 1 'metrics.csv: its columns are not those of this synrl, followed by' \
            synrl resume --quiet runs/*/
    done
    cp sound.csv runs/*/metrics.csv
    exits 0 synrl resume --quiet runs/*/
}

# What was made with plugins of another ABI can be looked at, and is not resumed.
test_runs_of_an_older_abi_are_shown_but_not_resumed() {
    exits 0 run rule=win_stay
    local hash
    hash=$(hash_of)
    sed -i '/"abi": /d' runs/*/run.json
    exits 0 synrl ls
    says win_stay
    exits 0 synrl show runs/*/
    exits 0 synrl report runs/*/ -o page.html
    exits 0 synrl replay runs/*/
    says "$hash"
    refuses 1 'was made with plugin ABI 2, and this synrl speaks 3' synrl resume runs/*/
}

# The template, without its state: it can be trained, and nothing of it is continued wrongly.
test_a_rule_without_state_is_not_resumed() {
    has cc || return 0
    sed 's/my_rule/forgetful/g; s/, .state = state//' "$SOURCE/plugins/template/my_rule.c" >forgetful.c
    cc -O2 -ffp-contract=off -w -shared -fPIC -I"$SOURCE/core/include" forgetful.c -o forgetful.so
    export SYNRL_PLUGIN_PATH=$PWD
    refuses 1 'checkpoint: rule "forgetful" cannot be resumed' run rule=forgetful every=10
    exits 0 synrl run --no-pictures s.lua rule=forgetful
    says 'rule "forgetful" does not say what it remembers: if the run is interrupted, resuming it begins it again'
    rm -rf runs
    exits 0 run rule=forgetful
    local hash
    hash=$(hash_of)
    absent 'runs/*/checkpoint-*'
    sed -i 's/"status": "done"/"status": "interrupted"/' runs/*/run.json
    exits 0 synrl resume --quiet runs/*/
    says "$hash"
}
