#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Replays: a run's weights from its transcript by itself, what one synapse did, where two runs part.

setup() {
    cp "$SOURCE/tests/program/replay.lua" s.lua
}

run() {
    synrl run --quiet --no-pictures s.lua "$@"
}

# Without data ----------------------------------------------------------------------------------

# replayed OPTION...: with neither the data nor the script, a replay ends with the run's weights.
replayed() {
    rm -rf runs
    cp "$SOURCE/tests/program/replay.lua" s.lua
    exits 0 run "$@"
    hash=$(sed -n 's/^hash *//p' "$OUTPUT")
    [ "${#hash}" -eq 16 ]
    rm data.csv s.lua
    exits 0 synrl replay runs/*/
    says "$hash"
}

test_a_replay_of_qlearning_ends_with_the_same_weights() {
    replayed rule=qlearning batch=30
    replayed rule=qlearning batch=60
}

test_a_replay_of_static_ends_with_the_same_weights() {
    replayed rule=static batch=30
    replayed rule=static batch=60
}

test_a_replay_of_win_stay_ends_with_the_same_weights() {
    replayed rule=win_stay batch=30
    replayed rule=win_stay batch=60
}

test_a_replay_of_rank1_ends_with_the_same_weights() {
    replayed rule=rank1 batch=30
    replayed rule=rank1 batch=60
}

test_one_synapse_is_shown_step_by_step() {
    exits 0 run rule=static
    exits 0 synrl replay --synapse 2:3:5 --steps 0..499 runs/*/
    python3 "$SOURCE/tests/program/synapse.py" "$OUTPUT" runs/*/rewards.bin
}

test_how_an_action_was_chosen_is_said_only_of_policies() {
    exits 0 run rule=rank1 iterations=200
    exits 0 synrl replay --synapse 2:3:5 --steps 0..199 runs/*/
    [ "$(grep -cE '^ +[0-9]+  -  +-  ' "$OUTPUT")" -eq 200 ]
}

# Refusals --------------------------------------------------------------------------------------

test_what_a_transcript_does_not_determine_is_refused() {
    run rule=gd >/dev/null
    refuses 1 'needs more than rewards' synrl replay runs/*/
    rm -r runs
    run lua_alpha=true >/dev/null
    refuses 1 'alpha_s was a function of the script' synrl replay runs/*/
}

# Whether a rule can be replayed depends on its policy; one that cannot is refused before anything runs.
test_a_policy_that_sees_its_credit_is_not_replayed() {
    run rule=static features=true >/dev/null
    grep -q '"features": \[' runs/*/run.json
    refuses 1 'rule "static" needs more than rewards and losses: it cannot be replayed without data' \
        synrl replay runs/*/
}

test_a_damaged_transcript_is_refused() {
    run >/dev/null
    cp runs/*/rewards.bin saved
    truncate -s 20 runs/*/rewards.bin
    refuses 1 'has 20 bytes: must hold one bit for each of 500 iterations' synrl replay runs/*/
    cp saved runs/*/rewards.bin
    printf '\377\377' | dd of="$(echo runs/*/rewards.bin)" conv=notrunc 2>/dev/null
    refuses 1 'the record is damaged, or a plugin has changed' synrl replay runs/*/
}

test_a_damaged_policy_is_refused() {
    run rule=static >/dev/null
    sed -i 's/,1.*/,5/' runs/*/policy-*.csv
    refuses 1 '/policy-' synrl replay runs/*/
}

test_a_run_that_has_not_ended_is_refused() {
    run >/dev/null
    sed -i 's/"summary"/"sum"/' runs/*/run.json
    refuses 1 'has not ended' synrl replay runs/*/
}

test_a_wrong_parameter_is_refused() {
    run >/dev/null
    sed -i 's/"sequential"/"always"/' runs/*/run.json
    refuses 1 '-qlearning: rule "qlearning": sweep = "always"' synrl replay runs/*/
}

test_wrong_arguments_are_refused() {
    refuses 2 'which run?' synrl replay
    refuses 2 '--steps must be two iterations' synrl replay --steps 5..3 x
    refuses 2 '--steps must be two iterations' synrl replay --steps 5 x
}

test_synapses_that_are_not_there_are_refused() {
    run >/dev/null
    refuses 1 '"9:1:1" is not a synapse' synrl replay --synapse 9:1:1 runs/*/
    refuses 1 '"1:0:1" is not a synapse' synrl replay --synapse 1:0:1 runs/*/
    refuses 1 'is not a synapse' synrl replay --synapse 1:1:99999999999999999999 runs/*/
}

# diff ------------------------------------------------------------------------------------------

# parts CODE TEXT OPTION...: what diff says of the plain run and one with these options.
parts() {
    rm -rf other
    run --runs other "${@:3}" >/dev/null
    refuses "$1" "$2" synrl diff runs/*/ other/*/
}

test_diff_shows_where_two_runs_part() {
    run >/dev/null
    parts 0 'they do not part in 500 iterations'
    says 'configs are equal'
    parts 1 'they are the same for 400 iterations; then one ends' iterations=400
    parts 1 'they part before the first iteration: synapse 1:1:1 begins at' seed=4
    parts 1 'at iteration 0: all synapses move by 0.001 and 0.002' alpha=2e-3
    parts 1 'the actions are the same, the rewards' bad=40.0
    parts 1 'by their recorded losses they part after iteration 0' rule=gd
}
