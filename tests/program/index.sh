#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The index of runs and the commands about runs: what they show, what they refuse, and that the database is
# only ever a copy of the folders.

setup() {
    synrl run --quiet --no-pictures "$SOURCE/tests/program/index.lua"
}

python() {
    /usr/bin/python3 "$@"
}

# order NAMES FLAG...: ls shows runs of these names, in this order; shows: in any order.
names() {
    synrl ls --json "$@" | python -c 'import json, sys
for run in json.load(sys.stdin): print(run["name"])'
}
order() {
    exits 0 names "${@:2}"
    prints "${1// /$'\n'}"
}
sorted() {
    names "$@" | sort
}
shows() {
    exits 0 sorted "${@:2}"
    prints "${1// /$'\n'}"
}

# ls ----------------------------------------------------------------------------------------------

test_ls_filters_by_status_and_name() {
    shows 'broken calm early wild'
    shows 'calm wild' --status 'done'
    shows early --status stopped
    shows broken --status failed
    shows '' --status running
    shows 'calm wild' --name '[cw]*'
    shows '' --name "' OR 1=1 --"
}

test_ls_filters_by_parameters() {
    shows calm --where rule.parameters.epsilon=0.1
    shows early --where rule.parameters.epsilon=0.25 --where iterations=40
    shows wild --where model.parameters.layers.1=5 --where name=wild
    shows '' --where data.parameters.samples=51
    shows '' --where 'name=x" OR 1=1 --'
}

# started NAME YEAR
started() {
    sed -i "s/\"started\": .*/\"started\": \"$2-01-01T00:00:00Z\",/" runs/*-"$1"/run.json
}

test_ls_sorts() {
    order 'broken wild calm early' --sort iterations
    order 'early calm' --sort iterations --reverse --limit 2
    started early 2035
    started calm 2033
    started wild 2034
    order 'broken calm wild early'
    order 'early wild calm broken' --reverse
    order 'wild early' --limit 2
}

test_ls_prints_a_table() {
    exits 0 synrl ls
    says 'done     '
    says ' 10/40 '
}

test_ls_refuses_what_it_cannot_filter_by() {
    refuses 2 'did you mean "crashed"' synrl ls --status crahsed
    refuses 2 'must be one of' synrl ls --sort 'loss; DROP TABLE runs'
    refuses 2 '--limit must be an integer from 1' synrl ls --limit 0
    refuses 2 'must be key=value' synrl ls --where epsilon
    refuses 1 'must be a dotted path' synrl ls --where 'a..b=1'
    refuses 2 'did you mean "--status"?' synrl ls --statu 'done'
    refuses 1 'none: must be a folder of runs' synrl ls --runs none
}

# Processes -------------------------------------------------------------------------------------

# A run that is killed: its process is gone, though run.json says that it is running.
test_a_run_whose_process_died_is_crashed() {
    has_proc || return 0
    rm -r runs
    cat >k.lua <<'END'
local synrl = require 'synrl'
local data = synrl.dataset('boundary', { samples = 50 })
synrl.train { name = 'killed', loss = 'mse', rule = 'win_stay', iterations = 9, data = data, valid = data,
  model = synrl.model('mlp', { layers = { 2, 5, 1 } }), evaluate_every = 3, on_evaluate = function(m)
    if m.iteration == 6 then
      assert(os.execute('synrl ls > during'))
      os.execute('kill -9 $PPID')
    end
  end }
END
    exits 137 synrl run --quiet --no-pictures k.lua
    grep -q running during
    grep -qx '  "status": "running"' runs/*/run.json
    shows killed --status crashed
    shows '' --status running
    exits 0 synrl show runs/*-killed
    says crashed
    exits 0 synrl report runs/*
    grep -q '"status":"crashed"' report.html
    exits 0 synrl rm runs/*-killed
    [ "$(ls runs)" = synrl.db ]
}

test_a_run_whose_process_is_alive_is_not_removed() {
    has_proc || return 0
    local start
    cp -r runs/*-calm runs/lives
    start=$(cut -d' ' -f22 /proc/$$/stat)
    sed -i "s/\"status\": .*/\"status\": \"running\",/; s/\"pid\": .*/\"pid\": $$,/
        s/\"start\": [0-9]*$/\"start\": $start/" runs/lives/run.json
    refuses 1 'it is running' synrl rm runs/lives
    ls runs/lives/run.json >/dev/null
}

# Two sweeps record and index, two loops list and one rebuilds the index, all at the same time.
test_many_processes_share_the_index() {
    local a b
    rm -r runs
    mkdir runs
    cat >c.lua <<'END'
local synrl = require 'synrl'
local o = synrl.options { seed = 1, name = 'x' }
return synrl.train { name = o.name, loss = 'mse', rule = 'win_stay', iterations = 20,
  data = synrl.dataset('boundary', { samples = 50 }),
  model = synrl.model('mlp', { layers = { 2, 5, 1 } }) }.summary
END
    synrl sweep --quiet c.lua name=a seed=1..8 -j 2 >one 2>&1 &
    a=$!
    synrl sweep --quiet c.lua name=b seed=1..8 -j 2 >two 2>&1 &
    b=$!
    for _ in 1 2; do
        while ! test -e stop; do
            synrl ls >/dev/null 2>>errors || echo failed >>errors
        done &
    done
    for _ in 1 2 3; do
        synrl reindex >/dev/null 2>>errors || echo failed >>errors
    done
    exits 0 wait $a
    exits 0 wait $b
    touch stop
    wait
    if grep -v 'no runs' errors; then
        fail 'there were errors'
    fi
    [ "$(names | wc -l)" -eq 16 ]
}

# Damage ----------------------------------------------------------------------------------------

# damaged: in spite of what was done to the database, the runs are listed as before.
damaged() {
    exits 0 synrl ls --json
    prints "$(cat before)"
}

sql() {
    python -c "import sqlite3; c = sqlite3.connect('runs/synrl.db'); c.execute('$1'); c.commit()"
}

test_a_damaged_database_is_made_again() {
    synrl ls --json >before
    rm runs/synrl.db
    damaged
    : >runs/synrl.db
    damaged
    head -c 5000 /dev/zero >runs/synrl.db
    damaged
    head -c 100 "$BUILD/synrl" >runs/synrl.db
    echo x >runs/synrl.db-wal
    damaged
    dd if=/dev/zero of=runs/synrl.db bs=1 seek=4096 count=3000 conv=notrunc 2>/dev/null
    damaged
    python -c "b = open('runs/synrl.db', 'rb').read(); i = b.find(b'-calm')
open('runs/synrl.db', 'wb').write(b[:i] + b'-cold' + b[i + 5:])"
    damaged
    sql 'PRAGMA user_version = 99'
    damaged
    sql 'ALTER TABLE runs DROP COLUMN loss'
    damaged
    sql 'DROP TABLE runs'
    damaged
    exits 0 synrl reindex
    prints 'runs/synrl.db: 4 runs'
    damaged
}

# One whose maker was killed before it had written anything is made again without a word; one of
# another version is not called damaged.
test_a_half_made_database_is_made_again() {
    synrl ls --json >before
    : >runs/synrl.db
    damaged
    complains ''
    rm runs/synrl.db*
    python -c "import sqlite3; c = sqlite3.connect('runs/synrl.db')
c.execute('PRAGMA journal_mode = WAL'); c.execute('BEGIN IMMEDIATE'); c.commit()"
    damaged
    complains ''
    sql 'PRAGMA user_version = 99'
    damaged
    says 'runs/synrl.db: is rebuilt, since it is of schema version 99, where this synrl has '
    head -c 5000 /dev/zero >runs/synrl.db
    damaged
    says 'runs/synrl.db: is rebuilt, since it is damaged: file is not a database'
}

test_what_lies_beside_the_runs_is_left_out() {
    synrl ls --json >before
    mkdir runs/stray runs/torn d
    echo '{"status":' >runs/torn/run.json
    cp runs/*-calm/* d
    ln -s ../d runs/link
    touch runs/file
    damaged
    exits 0 synrl reindex
    prints 'runs/synrl.db: 4 runs, 2 folders left out'
    says 'left out: runs/torn/run.json'
}

# A config of another run that SQLite cannot read does not hide the rest.
test_one_unreadable_run_does_not_hide_the_others() {
    mkdir runs/torn
    python -c "import glob; s = open(glob.glob('runs/*-calm/run.json')[0]).read()
deep = '\"config\": {\"deep\": ' + '[' * 2030 + ']' * 2030 + ','
open('runs/torn/run.json', 'w').write(s.replace('\"config\": {', deep))"
    shows calm --where rule.parameters.epsilon=0.1
}

test_a_run_that_is_changed_or_gone_is_seen_at_once() {
    exits 0 synrl ls
    sed -i 's/"name": "wild"/"name": "mild"/' runs/*-wild/run.json
    rm -r runs/*-broken
    shows 'calm early mild'
}

# root may write anything, so the folder is one that nobody can write to.
test_runs_are_listed_where_no_index_can_be_written() {
    if [ "$(id -u)" -eq 0 ] && ! chattr +i runs 2>/dev/null; then
        rm -f runs/synrl.db
        mkdir runs/synrl.db
        shows 'broken calm early wild'
    else
        chattr -i runs 2>/dev/null || true
        rm -f runs/synrl.db
        chmod a-w runs
        chattr +i runs 2>/dev/null || true
        trap 'chattr -i runs 2>/dev/null || true; chmod u+w runs' EXIT
        shows 'broken calm early wild'
    fi
    says 'cannot be used, so the index is not kept'
}

# export ----------------------------------------------------------------------------------------

test_export_as_csv() {
    exits 0 synrl export "$(basename runs/*-calm)" --csv
    cmp "$OUTPUT" runs/*-calm/metrics.csv
    exits 0 synrl export runs/*-calm --csv -o c.csv
    cmp c.csv runs/*-calm/metrics.csv
}

test_export_for_numpy_and_tensorboard() {
    has_numpy || return 0
    exits 0 synrl export runs/*-early --npz -o m.npz
    exits 0 synrl export runs/*-early --tensorboard tb
    exits 0 synrl export runs/*-early --tensorboard tb # replaces it
    [ "$(find tb -type f | wc -l)" -eq 1 ]
    python "$SOURCE/tests/program/exported.py" runs/*-early/metrics.csv m.npz tb/*-early/events.out.tfevents.*
}

full() {
    synrl "$@" >/dev/full
}

test_export_refuses() {
    refuses 2 'one of --csv, --npz and --tensorboard' synrl export runs/*-calm
    refuses 1 none/c.csv synrl export runs/*-calm --csv -o none/c.csv
    refuses 1 "must be a run's folder" synrl export runs/none --csv
    refuses 1 '4 runs begin with "2"' synrl export 2 --csv
    refuses 1 'no run "x"' synrl export x --csv
    refuses 1 'cannot write the result' full export runs/*-calm --csv
}

# Names ------------------------------------------------------------------------------------------

# names_run WORD NAME: the word stands for the run of that name.
names_run() {
    exits 0 synrl show "$1"
    grep -q "^folder  *$(echo runs/*-"$2")\$" "$OUTPUT"
}

test_a_run_is_found_by_the_name_of_its_script() {
    names_run calm calm
    names_run ea early
    cp -r runs/*-wild runs/20200101-000000-wildlife
    mkdir runs/20200101-000001-calm-notes runs/2020
    names_run wild wild
    names_run wildl wildlife
    names_run 20200101 wildlife # what is no run does not count
    refuses 1 '2 runs have a name that begins with "wi": 20200101-000000-wildlife, ' synrl show wi
    cp -r runs/*-calm runs/20200101-000000-calm
    refuses 1 '2 runs have the name "calm": 20200101-000000-calm, ' synrl show calm
    exits 0 synrl show 20200101-000000-c
    grep -q '^folder  *runs/20200101-000000-calm$' "$OUTPUT"
    refuses 1 'no run "alm"' synrl show alm
    refuses 1 'no run "life"' synrl show life
    refuses 1 'no run "calm-"' synrl show calm-
}

# rm and show -----------------------------------------------------------------------------------

test_rm_removes_only_whole_folders_of_runs() {
    mkdir -p zz/precious
    cp -r runs/*-calm runs/deep
    mkdir runs/deep/more
    cp -r runs/*-calm linked
    ln -s ../linked runs/link
    refuses 1 'no run "zz"' synrl rm zz
    refuses 1 "must be a run's folder" synrl rm zz/precious
    exits 1 synrl rm ..
    exits 1 synrl rm runs
    refuses 1 'contains "more", which is a folder' synrl rm runs/deep
    refuses 1 'not removed: a link' synrl rm runs/link
    refuses 1 'no run "nothing"' synrl rm runs/*-wild nothing
    refuses 2 'which run?' synrl rm
    ls runs/*-wild/run.json linked/run.json runs/deep/run.json >/dev/null
}

test_rm_removes_runs_by_folder_and_by_name() {
    exits 0 synrl rm runs/*-wild "$(basename runs/*-early)"
    shows '' --name '[we]*'
    shows 'broken calm'
}

test_show_shows_a_run() {
    exits 0 synrl show runs/*-early
    says stopped
    says enough
    exits 0 synrl show "$(basename runs/*-broken)"
    says 'on purpose'
    exits 0 synrl show runs/*-calm --json
    python -c 'import json, sys; r = json.load(open(sys.argv[1]))
assert r["status"] == "done" and r["files"]["rewards.bin"] == 4, r' "$OUTPUT"
    refuses 2 'which run?' synrl show
    refuses 2 'which run?' synrl show 2 2
}
