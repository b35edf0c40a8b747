#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# synrl new: plugins to begin with.

# makes KIND: what it writes builds without a warning by the line that it prints, and is checked, alone
# and in its script, by the other.
makes() {
    exits 0 synrl new "$1" fresh
    cp "$OUTPUT" lines
    [ "$(grep -c '^    ' lines)" -eq 2 ]
    grep -q "[( \"]fresh\b" fresh.c
    ! grep -nE 'leaky_relu|my_loss|my_dataset|my_layer|my_rule|linear\.' fresh.c fresh.lua || fail 'the name of the example'
    sed -n 's/^    cc /cc -Wall -Wextra -Werror /p' lines >build
    exits 0 bash build
    complains ''
    exits 0 env SYNRL_PLUGIN_PATH=. synrl check "$1" fresh
    says ' 0 wrong, '
    sed -n 's/^    SYNRL/SYNRL/p' lines >check
    exits 0 bash check
    says ' 0 wrong, '
    complains ''
    exits 0 env SYNRL_PLUGIN_PATH=. synrl run --quiet --no-record fresh.lua iterations=20
    says 'iterations           20'
}

test_a_new_rule_is_sound() {
    makes rule
}
test_a_new_activation_is_sound() {
    makes activation
}
test_a_new_loss_is_sound() {
    makes loss
}
test_a_new_dataset_is_sound() {
    makes dataset
}
test_a_new_layer_is_sound() {
    makes layer
}
test_a_new_model_is_sound() {
    makes model
}

test_no_file_is_written_over() {
    echo mine >fresh.lua
    exits 1 synrl new rule fresh
    complains 'synrl: fresh.lua: is there already, and is not written over'
    absent fresh.c
    [ "$(cat fresh.lua)" = mine ]
    mv fresh.lua fresh.c
    exits 1 synrl new rule fresh
    complains 'synrl: fresh.c: is there already, and is not written over'
    absent fresh.lua
    ln -s nowhere linked.c
    refuses 1 'linked.c: is there already' synrl new rule linked
    absent nowhere
}

test_names_are_checked() {
    local name
    for name in ../x Fresh 'a b' '' int true linux 9a -x "$(printf 'x%.0s' {1..64})"; do
        [ "$name" = -x ] || refuses 1 "\"$name\" cannot be a plugin's name: must be lower-case letters" \
            synrl new rule "$name"
    done
    refuses 1 'there is a rule "gd" already, ' synrl new rule gd
    refuses 2 'synrl: "unit" is not a kind of plugin; the kinds are' synrl new unit fresh
    refuses 2 'write synrl new KIND NAME' synrl new rule
    refuses 2 'write synrl new KIND NAME' synrl new rule one two
    absent '*.c'
}

test_a_folder_that_cannot_be_written_is_named() {
    mkdir gone
    cd gone || return 1
    rmdir ../gone
    refuses 1 'fresh.c: cannot write it: ' synrl new rule fresh
}
