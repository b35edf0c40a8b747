#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# synrl check: nothing is wrong with the plugins of this repository, and what is wrong with those of
# tests/fixtures/check_*.c is found.

setup() {
    export TMPDIR=$PWD
    export SYNRL_PLUGIN_PATH=$BUILD/tests/fixtures:$BUILD/tests/examples
}

# holds KIND ID [NAME=VALUE...]: nothing is wrong.
holds() {
    exits 0 synrl check "$@"
    says "$1 \"$2\": "
    says ' 0 wrong, '
    complains ''
}

# finds KIND ID CHECK TEXT: this check finds it, and no other does. The host may warn of it too.
finds() {
    exits 1 synrl check "$1" "$2"
    complains ''
    grep "^wrong  $3  *[a-z]" "$OUTPUT" | grep -qF -e "$4" || fail "not found: $3 $4"$'\n'"$(cat "$OUTPUT")"
    [ "$(grep ^wrong "$OUTPUT" | grep -vc '^wrong  warning')" -eq 1 ] || fail "more is wrong"$'\n'"$(cat "$OUTPUT")"
}

# files_of FOLDER: the ids of the plugins in it.
files_of() {
    basename -s .so -a "$1"/*.so
}

# What holds ------------------------------------------------------------------------------------

# every KIND FOLDER: each of the kind's plugins in build/FOLDER.
every() {
    local id n=0
    for id in $(files_of "$BUILD/$2"); do
        holds "$1" "$id"
        n=$((n + 1))
    done
    [ $n -ge "$3" ]
}

test_nothing_is_wrong_with_the_activations() {
    every activation plugins/activations 6
    every activation tests/examples/activations 1
}

test_nothing_is_wrong_with_the_losses() {
    every loss plugins/losses 3
    every loss tests/examples/losses 1
}

test_nothing_is_wrong_with_the_models() {
    every model plugins/models 1
    every model tests/examples/models 4
    holds model check_linear
}

test_nothing_is_wrong_with_the_rules() {
    every rule plugins/rules 9
    every rule tests/examples/rules 4
    holds rule check_nothing
}

test_nothing_is_wrong_with_the_data_sets() {
    holds dataset boundary samples=500
    every dataset tests/examples/datasets 1
    printf '1,2,a\n3,4,b\n5,6,a\n' >data.csv
    holds dataset csv path=data.csv label=3
    mkdir -p png/a png/b
    cp "$SOURCE/docs/pictures/policy.png" png/a/1.png
    cp "$SOURCE/docs/pictures/policy.png" png/b/1.png
    holds dataset images path=png
    printf '\0\0\10\3\0\0\0\2\0\0\0\2\0\0\0\1\1\2\3\4' >images
    printf '\0\0\10\1\0\0\0\2\0\1' >labels
    holds dataset idx images=images labels=labels
    if has_numpy; then
        /usr/bin/python3 -c "import numpy as n
n.savez('d.npz', images=n.arange(24.).reshape(6, 4).astype('f4'), labels=n.arange(6) % 3)"
        holds dataset npz path=d.npz
    fi
}

test_nothing_is_wrong_with_glyphs() {
    compgen -G '/usr/share/fonts/*' >/dev/null || skips 'there are no fonts' || return 0
    holds dataset glyphs letters=AB size=8
}

test_parameters_can_be_given() {
    holds model mlp 'layers={64, 5, 4}' activation=relu
    holds rule qlearning memory=1 'alpha_q=0.5'
    says 'ok     replay'
    holds rule qlearning memory=1 'features={credit,pre}' sigma=0.1
    says 'note   replay      cannot be replayed without data: it is SYNRL_RULE_READS_MORE'
    refuses 1 'unknown parameter "memry", did you mean "memory"?' synrl check rule qlearning memry=1
    refuses 1 'wrong  parameters' synrl check rule qlearning epsilon=7
    refuses 1 'path must be given' synrl check dataset csv
}

# What is found ---------------------------------------------------------------------------------

test_what_is_wrong_with_a_rule_is_found() {
    finds rule check_static twice 'first in weights after iteration 1'
    finds rule check_workers threads 'with 3 threads than with 1'
    finds rule check_process scalar 'in another process'
    finds rule check_unsaved resume 'weights after iteration 16: something it remembers is not in'
    finds rule check_still moves 'no weight is another after 40 iterations'
    finds rule check_leak memory 'leaks memory: 40 blocks (320 bytes)'
}

# Memory that has been damaged is not given back.
test_what_writes_past_its_memory_is_found() {
    [ -z "$SANITIZER" ] || skips 'a sanitizer finds the leak that follows' || return 0
    finds rule check_overrun runs 'wrote past the end of a block'
}

test_memory_of_malloc_that_is_not_freed_is_found() {
    [ -z "$SANITIZER" ] || skips 'a sanitizer has a malloc of its own' || return 0
    exits 1 synrl check rule check_malloc
    says 'wrong  malloc      each use leaves '
}

test_traits_that_are_not_used_are_noted() {
    holds rule check_traits
    says 'note   traits      declares SYNRL_RULE_READS_LOSS, and ends with the same weights without it'
    exits 0 synrl check --quiet rule check_traits
    [ "$(wc -l <"$OUTPUT")" -eq 1 ]
    holds rule gd
    says 'note   replay      cannot be replayed without data: it is SYNRL_RULE_READS_MORE'
}

test_what_is_wrong_with_an_activation_is_found() {
    finds activation check_derivative derivative 'at x = -1.125, where the differences of the values'
    finds activation check_in_place parameters ', and 0 where y is x' # the host sees it first
    finds activation check_pieces 'any n' 'with n = 1, x = '
    exits 1 synrl check activation check_nan
    says 'wrong  values      the value at x = -16 is not a number'
}

test_what_is_wrong_with_a_loss_is_found() {
    finds loss check_falls finish 'falls from 24 to 23.'
    finds loss check_slope gradient 'where differences of the loss give'
    finds loss check_negative terms 'must be at least 0'
    finds loss check_lanes lanes 'beside other samples: must depend on its own outputs only'
}

test_what_is_wrong_with_a_model_is_found() {
    finds model check_worker threads '3 threads'
    finds model check_block batches 'sample 224 has output'
    finds model check_idle synapses 'of "bias" that were moved changes an output'
    finds model check_backward gradient '(wrong for 2 of 2 synapses of it)'
    finds model check_passes runs 'the next time' # the host sees it first
}

test_what_is_wrong_with_a_data_set_is_found() {
    finds dataset check_data twice 'first in the inputs'
}

# Scripts ---------------------------------------------------------------------------------------

# script CODE KIND ID OPTION...: check ends so with a script that trains with this rule.
script() {
    cat >s.lua <<'LUA'
local synrl = require 'synrl'
local o = synrl.options { rule = '', iterations = 40000 }
synrl.train { data = synrl.dataset('boundary', { samples = 100 }), loss = 'mse', rule = o.rule,
  model = synrl.model('mlp', { layers = { 2, 8, 1 } }), iterations = o.iterations }
LUA
    local code=$1
    shift
    exits "$code" synrl check "$1" "$2" s.lua rule="$2" "${@:3}"
    complains ''
}

test_a_script_is_run_resumed_and_replayed() {
    script 0 rule my_rule
    grep -qx 'ok     runs        1' "$OUTPUT"
    grep -qx 'ok     threads' "$OUTPUT"
    grep -qx 'ok     resume' "$OUTPUT"
    grep -qx 'ok     replay      run 1' "$OUTPUT"
    script 0 rule gd iterations=5000
    says 'note   replay      run 1: rule "gd" needs more than rewards and losses'
    absent 'synrl-check-*' # nothing is left behind
}

test_what_is_wrong_in_a_script_is_found() {
    script 1 rule check_unsaved
    says 'wrong  resume      interrupted and resumed, it gives other results'
    script 1 rule check_workers iterations=100
    says 'wrong  threads     gives other results with 3 threads than with 1'
    exits 1 synrl check rule check_nothing s.lua rule=win_stay iterations=10
    says 'wrong  runs        no run of s.lua uses rule "check_nothing"'
    exits 1 synrl check rule win_stay s.lua rule=winstay
    says 'wrong  runs        s.lua:3: no rule "winstay", did you mean "win_stay"?'
}

# Refusals --------------------------------------------------------------------------------------

test_wrong_words_are_refused() {
    refuses 2 'write synrl check KIND ID' synrl check
    refuses 2 'write synrl check KIND ID' synrl check rule
    refuses 2 '"ruel" is not a kind of plugin' synrl check ruel x
    refuses 1 'wrong  opens       no rule "nowhere"' synrl check rule nowhere
}
