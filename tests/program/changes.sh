#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What a run depends on is recorded, and compared before the run is resumed or replayed. A project may
# be somewhere else by then.

# A run of a rule of one's own over a file of data, which is killed at iteration 1000 where `die` is.
setup() {
    mkdir -p p/lib
    cd p || return
    printf 'x,y\n0,0\n1,1\n0.5,0\n0.25,1\n' >d.csv
    printf 'x,y\n0,1\n1,0\n' >v.csv
    echo 'return 0.125' >lib/step.lua
    rule '(int8_t)-last'
    cat >s.lua <<'LUA'
local synrl = require 'synrl'
local o = synrl.options { hidden = 3, rate = 0.5, word = 'a', list = { 1, 2 }, flag = true }
local run = synrl.train { loss = 'mse', name = 'x', iterations = 2000,
   rule = synrl.rule('my_rule', { alpha_s = require 'lib.step' }),
   data = synrl.dataset('csv', { path = 'd.csv', targets = 'y' }),
   valid = synrl.dataset('csv', { path = 'v.csv', targets = 'y' }),
   model = synrl.model('mlp', { layers = { 1, o.hidden, 1 } }),
   checkpoint = { every = 100 }, record_every = 500,
   on_evaluate = function(m)
      if m.iteration == 1000 and os.remove 'die' then
         os.execute('kill -9 $PPID')
      end
   end }
return { hash = run.summary.weights_hash }
LUA
    export SYNRL_PLUGIN_PATH=.
}

# rule TEXT: compiles the template with this in the place of what it does after a reward of -1.
rule() {
    sed "s/(int8_t)-last/$1/" "$SOURCE/plugins/template/my_rule.c" >my_rule.c
    cc -shared -fPIC -I"$SOURCE/core/include" my_rule.c -o my_rule.so
}

run() {
    synrl run --quiet --no-pictures s.lua hidden=4 "$@"
}

# killed: $run is the run. whole: what it prints undisturbed.
killed() {
    rm -rf runs
    touch die
    exits 137 run
    run=$(echo runs/*-x)
}
whole() {
    run --runs "$PWD/../whole" >../result
}

# refused CHANGES: the run is not resumed, and not touched.
refused() {
    cp "$run/run.json" before
    refuses 1 "cannot resume: since the run was recorded, $1; --force-changed resumes it all the same" \
        synrl resume --quiet "$run"
    cmp before "$run/run.json"
}

write() {
    echo "$2" >"$1"
}

# holds EXPRESSION...: of `it`, the run.json of the run.
holds() {
    /usr/bin/python3 -c 'import json, sys
it = json.load(open(sys.argv[1]))
made = it["provenance"]
files = {one["path"].removeprefix("./"): one for one in made["files"]}
for expression in sys.argv[2:]: assert eval(expression), expression + ": " + str(it)' "$run/run.json" "$@"
}

test_a_run_is_resumed_while_nothing_has_changed() {
    whole
    killed
    touch d.csv lib/step.lua my_rule.so s.lua
    cp v.csv x && mv x v.csv
    exits 0 synrl resume --quiet "$run"
    prints "$(cat ../result)"
    holds 'len(it["resumed"]) == 1 and it["resumed"][0]["changes"] is None'
    cmp "$run/metrics.csv" ../whole/*-x/metrics.csv
}

test_what_has_changed_is_refused_by_name() {
    killed
    cp -r ../p ../saved
    for change in 'd.csv has changed=sed -i s/0.25/0.75/ d.csv' \
        'v.csv has changed=sed -i s/1,0/1,1/ v.csv' \
        'd.csv is gone=rm d.csv' \
        'd.csv has changed, v.csv is gone=eval echo >>d.csv; rm v.csv' \
        './lib/step.lua has changed=sed -i s/125/1250/ lib/step.lua' \
        's.lua has changed=sed -i s/return.{/return{/ s.lua' \
        'plugin my_rule has changed=rule (int8_t)0'; do
        eval "${change#*=}" 2>/dev/null || ${change#*=}
        refused "${change%%=*}"
        cp -r ../saved/. .
    done
    exits 0 synrl resume --quiet "$run"
}

# Before the module that was found, in the environment, and beside a plugin.
test_what_would_be_found_otherwise_is_refused_by_name() {
    sed -i "1i package.path = './first/?.lua;' .. package.path\nlocal _ = os.getenv 'IT_AND_NO_OTHER'" s.lua
    sed -i "s/valid = synrl.dataset('csv', { path = 'v.csv', targets = 'y' })/valid = synrl.dataset('second_file', {})/; s/loss = 'mse'/loss = 'cross_entropy'/; s/'d.csv', targets = 'y'/'d.csv', label = 'y', header = 'yes'/; s/o.hidden, 1 }/o.hidden, 2 }/" s.lua
    export SYNRL_PLUGIN_PATH=.:$BUILD/tests/fixtures
    killed
    holds 'files["IT_AND_NO_OTHER"] == {"kind": "variable", "path": "IT_AND_NO_OTHER", "xxh3": None}' \
        'files["second.txt"] == {"kind": "data", "path": "second.txt"}' \
        'files["first/lib/step.lua"] == {"kind": "module", "path": "./first/lib/step.lua"}'
    mkdir -p first/lib
    echo 'return 0.125' >first/lib/step.lua
    refused './first/lib/step.lua is new'
    rm first/lib/step.lua
    IT_AND_NO_OTHER=1 refused 'the environment variable IT_AND_NO_OTHER has changed'
    echo 3 >second.txt
    refused 'second.txt is new'
    rm second.txt
    exits 0 synrl resume --quiet "$run"
}

test_a_run_may_be_resumed_all_the_same() {
    killed
    rule '(int8_t)0'
    sed -i 's/0.25/0.75/' d.csv
    exits 0 synrl resume --force-changed "$run"
    says 'resumed although d.csv has changed, plugin my_rule has changed, the samples of data have changed'
    holds 'it["status"] == "done"' 'it["resumed"][0]["iteration"] == 900' \
        '"plugin my_rule has changed" in it["resumed"][0]["changes"]'
    # The record is of what it went on with: a complete run is loaded again without a word.
    exits 0 synrl resume --quiet "$run"
    complains ''
}

# Data without a file, of a generator that has become another one.
test_samples_are_compared_in_memory() {
    killed
    hash=$(grep -A1 '"samples": {' "$run/run.json" | grep -o '[0-9a-f]\{16\}')
    sed -i "s/$hash/0123456789abcdef/" "$run/run.json"
    refused 'the samples of data have changed'
}

test_another_version_of_synrl_is_refused() {
    killed
    sed -i 's/"synrl": "[0-9.]*"/"synrl": "0.0.9"/' "$run/run.json"
    refuses 1 'since the run was recorded, synrl 0.0.9 has become' synrl resume --quiet "$run"
}

test_a_plugin_that_has_changed_is_not_replayed() {
    exits 0 run
    exits 0 synrl replay runs/*-x
    rule '(int8_t)0'
    refuses 1 'cannot be replayed: since the run was recorded, plugin my_rule has changed' synrl replay runs/*-x
    refuses 1 'plugin my_rule has changed' synrl replay --synapse 2:1:1 runs/*-x
    refuses 1 'the replay ends with weights' synrl replay --force-changed runs/*-x
    says 'warning: '
    refuses 1 'the replay ends with weights' synrl replay --force-changed --synapse 2:1:1 --steps 1..2 runs/*-x
    exits 0 synrl diff runs/*-x runs/*-x
    says 'no replay'
}

# Moving ----------------------------------------------------------------------------------------

test_a_project_that_was_moved_resumes() {
    whole
    killed
    cd .. || return
    mv p q
    cd q/lib || return
    exits 0 synrl resume --quiet "../$run"
    prints "$(cat ../../result)"
}

# The copy is resumed, with what lies in it; the project stays as it is.
test_a_copy_of_a_project_resumes() {
    whole
    killed
    cp -r ../p ../q
    find . -type f -exec sha1sum {} + >../before
    cd ../q || return
    exits 0 synrl resume --quiet "$run"
    prints "$(cat ../result)"
    cd ../p || return
    sha1sum --quiet -c ../before
}

# Of a script called by its whole path, with its runs elsewhere.
test_the_new_place_can_be_given() {
    whole
    touch die
    exits 137 synrl run --quiet --no-pictures --runs ../elsewhere "$PWD/s.lua" hidden=4
    cd .. || return
    mv p q
    refuses 1 '/p/s.lua is not in ' synrl resume --quiet elsewhere/*-x
    says '--folder DIR says where'
    refuses 1 'is not in none' synrl resume --quiet --folder none elsewhere/*-x
    exits 0 synrl resume --quiet --folder q elsewhere/*-x
    prints "$(cat result)"
    refuses 2 'unknown option --folder' synrl run --folder q q/s.lua
}

# What is recorded ------------------------------------------------------------------------------

test_the_record_has_all_that_decides_the_run() {
    local before
    before=$(date +%s)
    exits 0 run word=b
    run=$(echo runs/*-x)
    cmp s.lua "$run/script.lua"
    holds 'it["call"]["options"] == {"hidden": 4, "rate": 0.5, "word": "b", "list": [1, 2], "flag": True}' \
        'it["call"]["overrides"] == ["hidden=4", "word=b"]' 'it["call"]["from_run"] == "../.."' \
        'it["command"] == "synrl run --quiet --no-pictures s.lua hidden=4 word=b"' \
        '{n: f["kind"] for n, f in files.items() if "size" in f} == {"s.lua": "script", "lib/step.lua": "module",
             "d.csv": "data", "v.csv": "data"}' \
        'all(len(f["xxh3"]) == 16 for f in files.values() if "size" in f)' \
        'all(n.endswith(("/lib/step.lua", "/lib/step/init.lua")) for n, f in files.items() if "size" not in f)' \
        "files['d.csv']['size'] == $(stat -c %s d.csv) and files['d.csv']['inode'] == $(stat -c %i d.csv)" \
        'len({made["samples"]["data"], made["samples"]["valid"]}) == 2' \
        'set(made["plugins"]) >= {"rule/my_rule", "model/mlp", "loss/mse", "dataset/csv"}' \
        "made['host'] == '$(uname -n)' and made['system'].startswith('$(uname -s) ')" \
        '"gcc" in made["compiler"] or "clang" in made["compiler"].lower()' '"-std=c11" in made["flags"]' \
        "abs(__import__('calendar').timegm(__import__('time').strptime(it['ended'], '%Y-%m-%dT%H:%M:%SZ')) - $before) < 60"
    # Of the same bytes the same hash, of others another.
    holds "files['d.csv']['xxh3'] != files['v.csv']['xxh3']"
    cp d.csv v.csv
    rm -rf runs
    exits 0 run
    run=$(echo runs/*-x)
    holds "files['d.csv']['xxh3'] == files['v.csv']['xxh3']" 'made["samples"]["data"] == made["samples"]["valid"]'
}

# qlearning ends with another policy than it began with.
test_a_run_that_began_with_a_policy_replays() {
    cat >q.lua <<'LUA'
local synrl = require 'synrl'
local policy = synrl.policy.from(function(s)
   return s.rewards[1] >= 0 and s.actions[1] or -s.actions[1]
end, { memory = 1 })
policy:save('p.csv')
synrl.train { name = 'q', loss = 'mse', iterations = 300, data = synrl.dataset('boundary', { samples = 50 }),
   model = synrl.model('mlp', { layers = { 2, 5, 1 } }),
   rule = synrl.rule('qlearning', { policy = synrl.policy.load('p.csv'), memory = 1 }) }
LUA
    exits 0 synrl run --quiet --no-pictures q.lua
    exits 0 synrl replay runs/*-q
    says '300 iterations, 21 synapses: the weights are those of the run'
    cmp p.csv runs/*-q/policy-*.csv
    ! cmp -s p.csv runs/*-q/policy.csv
    exits 0 synrl diff runs/*-q runs/*-q
    rm runs/*-q/policy-*.csv
    refuses 1 'policy.csv: is not the policy that the run was made with' synrl replay runs/*-q
}
