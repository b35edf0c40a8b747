#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The documents say what the program does: their examples run, and their tables are complete.

# Cuts the Lua examples of a page into example1.lua, example2.lua ... and prints how many there are.
examples_of() {
    awk '/^```lua$/ { file = "example" ++n ".lua"; next }
         /^```$/ { file = ""; next }
         file != "" { print > file }
         END { print n }' "$1"
}

test_examples_of_the_lua_reference_run() {
    local n i
    n=$(examples_of "$SOURCE/docs/reference/lua.md")
    [ "$n" -ge 7 ]
    for ((i = 1; i <= n; i++)); do
        exits 0 synrl run --quiet --no-pictures "example$i.lua"
        complains ''
    done
}

test_examples_of_the_pages_on_data_run() {
    local page n i
    for page in "$SOURCE"/docs/reference/datasets.md "$SOURCE"/docs/guide/own-*.md "$SOURCE"/docs/guide/trained-networks.md; do
        n=$(examples_of "$page")
        [ "$n" -ge 1 ]
        for ((i = 1; i <= n; i++)); do
            exits 0 synrl run --quiet --no-pictures "example$i.lua"
        done
    done
}

test_examples_of_the_guide_run() {
    local page
    for page in README.md docs/guide/quickstart.md docs/guide/local-information.md docs/guide/networks.md; do
        [ "$(examples_of "$SOURCE/$page")" -eq 1 ]
        exits 0 synrl run --quiet --no-pictures example1.lua iterations=50
        complains ''
    done
}

# The names in the first cells of the tables of a section of docs/reference/runs.md.
names_of() {
    awk -v heading="$1" '
        /^#/ { is_in = $0 == heading }
        is_in && /^\| `/ {
            split($0, cells, "|")
            n = split(cells[2], parts, "`")
            for (i = 2; i < n; i += 2) print parts[i]
        }
    ' "$SOURCE/docs/reference/runs.md"
}

test_the_page_on_runs_lists_what_a_run_records() {
    local key
    cat >s.lua <<'END'
local synrl = require "synrl"
local train, valid = synrl.dataset("boundary", { samples = 60 }):split(0.5)
synrl.train {
   data = train, valid = valid, batch = { size = 20, every = 5 }, iterations = 20,
   model = synrl.model("mlp", { layers = { 2, 5, 1 } }), loss = "mse", rule = "win_stay",
   stop = function(metrics) return metrics.iteration >= 10 and "enough" end, evaluate_every = 5,
}
END
    exits 0 synrl run --quiet --no-pictures s.lua
    names_of '### metrics.csv' >documented
    head -n 1 runs/*/metrics.csv | tr ',' '\n' | diff - documented
    # The keys of run.json and of the objects in it.
    for key in $(grep -oE '^ {2}( {2})?"[a-z_]+"' runs/*/run.json | tr -d ' "'); do
        names_of '### run.json' | grep -qx -- "$key" || fail "$key is not on the page"
    done
}

test_the_page_on_reliability_names_tests_that_exist() {
    local file name
    # shellcheck disable=SC2016 # backticks of Markdown
    grep -oE '`[a-z_/]+\.(sh|c|lua): [a-z_0-9]+`' "$SOURCE/docs/results/reliability.md" | tr -d '`:' | sort -u >named
    [ "$(wc -l <named)" -gt 100 ]
    while read -r file name; do
        grep -qE "^(test_|TEST\(|TEST_EACH\(|function test\.)$name([,)]|\(\))" "$SOURCE/tests/$file" ||
            fail "tests/$file has no test $name"
    done <named
}

test_the_page_on_rules_lists_all_of_them() {
    local file
    for file in "$SOURCE"/plugins/rules/*.c; do
        grep -q "^| \`$(basename "$file" .c)\` |" "$SOURCE/docs/reference/rules.md" || fail "$file is not on the page"
    done
}
