#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each file of examples/, and the template of a rule, built as the guide says: with its one line, by
# the compiler of the system. Each runs to the same bits with one thread and with two, and as the
# plugin that make builds.

setup() {
    # As of an installed tree.
    printf 'Name: synrl\nDescription: x\nVersion: 1\nCflags: -I%s/core/include\n' "$SOURCE" >synrl.pc
    export PKG_CONFIG_PATH=$PWD
}

# run KIND ID PATH THREADS: prints the weights hash.
run() {
    SYNRL_PLUGIN_PATH=$3:$BUILD/tests/fixtures synrl run --no-record --quiet --threads "$4" \
        "$SOURCE/tests/program/examples.lua" kind="$1" id="$2" | sed -n 's/^weights_hash *//p'
}

# builds FILE KIND: by the line of the guide that compiles my_rule.c.
builds() {
    local id line hash
    id=$(basename "$1" .c)
    line=$(sed -n "s/^    \(cc .*my_rule.*\)/\1/p" "$SOURCE/docs/guide/first-rule.md" | sed "s/my_rule/$id/g")
    [ -n "$line" ] || fail 'the guide has no line that compiles a plugin'
    cp "$1" .
    exits 0 bash -c "$line"
    complains ''
    hash=$(run "$2" "$id" . 1)
    [ "${#hash}" -eq 16 ] || fail "$id: $hash"
    [ "$hash" = "$(run "$2" "$id" . 2)" ] || fail "$id: other weights with two threads"
    [ "$hash" = "$(run "$2" "$id" "$BUILD/tests/examples" 2)" ] || fail "$id: other weights as make builds it"
}

each_builds() {
    local file n=0
    for file in "$SOURCE/examples/$1"/*.c; do
        builds "$file" "$1"
        n=$((n + 1))
    done
    [ $n -gt 0 ]
}

test_the_template_builds_by_the_line_of_the_guide() {
    builds "$SOURCE/plugins/template/my_rule.c" rules
}

test_examples_of_rules_build_by_the_line_of_the_guide() {
    each_builds rules
}

test_examples_of_models_build_by_the_line_of_the_guide() {
    each_builds models
}

test_examples_of_layers_build_by_the_line_of_the_guide() {
    each_builds layers
}

test_examples_of_activations_build_by_the_line_of_the_guide() {
    each_builds activations
}

test_examples_of_losses_build_by_the_line_of_the_guide() {
    each_builds losses
}

test_examples_of_data_sets_build_by_the_line_of_the_guide() {
    each_builds datasets
}
