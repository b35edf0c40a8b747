#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Sweeps, from a script and from the command line: every cell once, nothing silently dropped, the same
# command runs what is missing.

setup() {
    cp "$SOURCE/tests/program/sweep.lua" s.lua
}

# sweep FLAG...: two groups of three cells.
sweep() {
    synrl sweep --json --no-record s.lua n=1,2 seed=1..3 x=1e-3 -j 2 "$@"
}

# holds EXPRESSION...: Python expressions of `it`, the JSON that the last command printed, are true.
holds() {
    python3 -c 'import json, sys
it = json.load(open(sys.argv[1]))
for expression in sys.argv[2:]: assert eval(expression), expression + ": " + str(it)' "$OUTPUT" "$@"
}

# ran N: so many cells have run so far.
ran() {
    [ "$(wc -l <log)" -eq "$1" ] || fail "$(wc -l <log) cells ran, not $1"
}

# The command line ------------------------------------------------------------------------------

# 10 n + seed^2 for seeds 1, 2, 3: mean 10 n + 14/3, variance 16.33; t of three numbers is 4.303.
test_every_cell_runs_once_and_groups_are_right() {
    exits 0 sweep
    ran 6
    holds 'len(it["cells"]) == 6' 'len(it["groups"]) == 2'
    for g in 0 1; do
        holds "it['groups'][$g]['n'] == 3 and it['groups'][$g]['failed'] == 0" \
            "it['groups'][$g]['parameters']['n'] == $g + 1" \
            "abs(it['groups'][$g]['mean']['accuracy'] - (10 * ($g + 1) + 14 / 3)) < 1e-12" \
            "abs(it['groups'][$g]['stdev']['accuracy'] ** 2 - 49 / 3) < 1e-11" \
            "abs(it['groups'][$g]['ci95']['accuracy'] - 4.303 * 7 / 3) < 1e-9" \
            "abs(it['groups'][$g]['mean']['nested.loss'] - 1e-3) < 1e-15"
    done
}

test_the_same_command_runs_only_what_is_missing() {
    exits 0 sweep
    exits 0 sweep
    ran 6
    # Two cells are gone and one is torn.
    compgen -G 'runs/.cells/*' >cells
    [ "$(wc -l <cells)" -eq 6 ]
    head -n 2 cells | xargs rm
    : >"$(tail -n 1 cells)"
    exits 0 sweep
    ran 9
}

test_a_change_of_the_script_runs_all_cells_again() {
    exits 0 sweep
    echo '-- another' >>s.lua
    exits 0 sweep
    ran 12
    exits 0 sweep --fresh
    ran 18
}

test_shards_share_the_cells() {
    exits 0 sweep --shard 1/2
    holds 'it["missing"] == 3'
    exits 0 sweep --shard 2/2
    holds 'it["missing"] == 0'
    ran 6
}

test_failures_are_reported_counted_and_can_be_mended() {
    touch fails
    exits 1 sweep --retries 1
    says 'n=2 x=1e-3 seed=2 failed, and is tried again: exit code 1'
    says 'seed=2 failed: exit code 1: s.lua:10: no luck'
    holds 'it["failed"] == 3' 'it["groups"][0]["n"] == 3' 'it["groups"][1]["failed"] == 3'
    ran 9
    rm fails
    exits 0 sweep
    holds 'it["failed"] == 0'
    ran 12
}

test_the_first_failure_may_end_it() {
    touch fails
    exits 1 synrl sweep s.lua n=2,1 seed=1..20 --fail-fast
    ran 1
}

test_a_killed_sweep_is_finished_by_the_same_command() {
    export PAUSE=0.05
    synrl sweep --json --no-record s.lua n=1,2 seed=1..3 x=1e-3 -j 2 >/dev/null 2>&1 &
    sleep 0.1
    kill -9 $!
    sleep 0.2
    exits 0 sweep
    holds 'it["missing"] == 0'
    [ "$(compgen -G 'runs/.cells/*.json' | wc -l)" -eq 6 ]
}

test_an_interrupted_sweep_says_how_to_finish() {
    export PAUSE=0.05
    synrl sweep --json --no-record s.lua n=1,2 seed=1..3 x=1e-3 -j 2 --fresh >/dev/null 2>said &
    await log
    kill -INT $!
    exits 75 wait $!
    grep -q 'interrupted; the same command finishes what is missing' said
}

test_misuse_is_refused() {
    refuses 2 'which script?' synrl sweep
    refuses 2 'options are written key=value' synrl sweep s.lua n
    refuses 2 'option "n" is given twice' synrl sweep s.lua n=1 n=2
    refuses 2 '-j must be an integer from 1 to 100000, not "0"' synrl sweep s.lua -j 0
    refuses 2 '--shard must be K/N with K from 1 to N' synrl sweep s.lua --shard 3/2
    refuses 2 "unknown option --preposterous; see \`synrl sweep --help\`" synrl sweep s.lua --preposterous
    refuses 1 'none.lua: cannot open it' synrl sweep none.lua n=1
    refuses 2 's.lua: unknown option "nn", did you mean "n"?' synrl sweep s.lua nn=1
    refuses 2 '--threads 2000 with -j 1: each process has at most 1024 workers' \
        synrl sweep s.lua --threads 2000
    refuses 2 'option "seed": 5..1: a range goes upwards: write 1..5' synrl sweep s.lua seed=5..1
    absent log
}

# Scripts ---------------------------------------------------------------------------------------

# 5 + a seed over three seeds: 7 and 9. The second sweep depends on the first.
test_a_script_sweeps() {
    cp "$SOURCE/tests/program/sweep_in_script.lua" t.lua
    for _ in 1 2; do
        exits 0 synrl run --json --quiet t.lua
        holds 'it["cells"] == 12' 'len(it["groups"]) == 4' 'it["groups"][0]["mean"]["value"] == 7' \
            'it["groups"][3]["mean"]["value"] == 9' 'it["second"] == 7.25'
        [ "$(cat first second)" = xxxxxxxxxxxxx ] # 12 and 1
    done
    exits 0 synrl run --json --quiet t.lua base=6
    holds 'it["second"] == 8.25'
}

test_a_script_sweeps_in_the_stock_interpreter() {
    has_stock_lua || return 0
    cp "$SOURCE/tests/program/sweep_in_script.lua" t.lua
    exits 0 stock_lua t.lua
    [ "$(cat first)" = xxxxxxxxxxxx ]
}
