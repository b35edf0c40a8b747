#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The table of a sweep says how many results each metric is of: a seed that diverged is shown, never
# left out of a mean without a word.

setup() {
    cat >s.lua <<'END'
local synrl = require 'synrl'
local o = synrl.options { seed = 1, lost = 0, none = false, diverged = 0 }
return { loss = (o.seed <= o.lost or o.none) and math.huge or o.seed, accuracy = o.seed,
  extra = o.seed == 1 and 3 or nil, sub = { diverged = o.seed <= o.diverged } }
END
}

# sweep OPTION...: leaves the table, blanks squeezed; shows ROW: it has this row.
sweep() {
    exits 0 synrl sweep --no-record --quiet s.lua seed=1..5 "$@"
    tr -s ' ' <"$OUTPUT" >table
}
shows() {
    grep -qxF -e "$1" table || fail "not in the table: $1"$'\n'"$(cat table)"
}

# 3, 4, 5: mean 4, deviation 1, t of three numbers 4.303.
test_a_metric_says_how_many_results_have_it() {
    sweep lost=2
    shows 'lost n failed missing accuracy loss'
    shows '2 5 0 0 3 +- 2 (1.6) 4 +- 2.5 (1), 3 of 5'
    sweep none=true
    shows 'true 5 0 0 3 +- 2 (1.6) -, 0 of 5'
    sweep lost=0
    shows '0 5 0 0 3 +- 2 (1.6) 3 +- 2 (1.6)'
    sweep --metric extra,loss lost=4
    shows 'lost n failed missing extra loss'
    shows '4 5 0 0 3, 1 of 5 5, 1 of 5'
}

test_json_counts_too() {
    exits 0 synrl sweep --no-record --quiet --json s.lua seed=1..5 lost=0,2 diverged=1
    python3 -c 'import json, sys
it = json.load(open(sys.argv[1]))
first, second = it["groups"]
assert first["count"] == {"accuracy": 5, "extra": 1, "loss": 5}, first
assert second["count"] == {"accuracy": 5, "extra": 1, "loss": 3}, second
assert second["mean"]["loss"] == 4 and second["n"] == 5 and second["diverged"] == 1, second
assert it["diverged"] == 2 and [c["status"] for c in it["cells"]].count("diverged") == 2' "$OUTPUT"
}

test_diverged_cells_have_a_column() {
    sweep diverged=2,0
    says '2 cells diverged'
    shows 'diverged n diverged failed missing accuracy loss'
    shows '2 5 2 0 0 3 +- 2 (1.6) 3 +- 2 (1.6)'
    shows '0 5 0 0 0 3 +- 2 (1.6) 3 +- 2 (1.6)'
}

test_a_metric_that_no_result_has_is_refused() {
    refuses 2 '--metric accurac: no result has it, did you mean "accuracy"?' \
        synrl sweep --no-record --quiet s.lua seed=1..2 --metric accurac
    refuses 2 '--metric los: no result has it, did you mean "loss"?' \
        synrl sweep --no-record --quiet s.lua seed=1..2 --metric accuracy,los
    prints ''
}

# It is said as soon as there is a result, which may have been kept: before the other cells run.
test_a_metric_that_the_first_result_lacks_is_warned_of() {
    exits 2 synrl sweep --no-record s.lua seed=1..2 --metric loss,accurac
    says 'synrl: --metric accurac: the first result does not have it, did you mean "accuracy"?'
    [ "$(grep -c 'the first result' "$ERROR")" -eq 1 ]
    exits 2 synrl sweep --no-record --quiet s.lua seed=1..3 --metric accurac
    head -n 1 "$ERROR" | grep -q 'the first result'
    exits 0 synrl sweep --no-record --quiet s.lua seed=1..3 --metric accuracy
    complains ''
}

test_metrics_that_are_not_shown_are_counted() {
    echo "local t = {} for i = 1, 20 do t['m' .. i] = i end
        require 'synrl'.options { seed = 1 }
        return t" >s.lua
    sweep
    says '4 metrics are not shown: --metric chooses, --json prints all'
    sweep --metric "$(seq -s, -f m%g 20)"
    shows "n failed missing $(seq -s' ' -f m%g 20)"
}
