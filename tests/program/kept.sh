#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# When a sweep's kept cells hold: as long as all that their processes have read is the same.

# Each cell reads a file of every kind and leaves a line in `log`.
setup() {
    mkdir -p lib/sub pictures/a plugins
    printf 'x,y\n0,0\n1,1\n' >d.csv
    for module in beside lib/sub/deep "done" loaded; do
        echo 'return 1' >$module.lua
    done
    echo 1 >number
    rule '(int8_t)-last'
    cat >s.lua <<'LUA'
local synrl = require 'synrl'
local o = synrl.options { n = 1 }
local log = assert(io.open('log', 'a'))
log:write(o.n, '\n')
log:close()
local sum = require 'beside' + require 'lib.sub.deep' + dofile 'done.lua' + loadfile 'loaded.lua' ()
   + io.lines('number')()
local run = synrl.train { loss = 'mse', rule = 'my_rule', iterations = 20,
   data = synrl.dataset('csv', { path = 'd.csv', targets = 'y' }),
   model = synrl.model('mlp', { layers = { 1, 3, 1 } }) }
return { sum = sum, loss = run.summary.loss }
LUA
}

# rule TEXT: compiles the template with this in the place of what it does after a reward of -1.
rule() {
    sed "s/(int8_t)-last/$1/" "$SOURCE/plugins/template/my_rule.c" >my_rule.c
    cc -shared -fPIC -I"$SOURCE/core/include" my_rule.c -o my_rule.so
}

sweep() {
    SYNRL_PLUGIN_PATH=${path:-.} synrl sweep --no-record s.lua n=1,2 --metric sum,loss "$@"
}

# runs N: the sweep runs so many of its cells; the results of all are those that --fresh gives.
runs() {
    : >log
    exits 0 sweep
    [ "$(wc -l <log)" -eq "$1" ] || fail "$(wc -l <log) cells ran, not $1"
    cp "$OUTPUT" table
    cp "$ERROR" said
    sweep --runs fresh --fresh --quiet | diff - table >&2 || fail 'not the results of --fresh'
    cp said "$ERROR"
}

# after TEXT COMMAND...: both cells run again after the command, since TEXT; then they are kept.
after() {
    "${@:2}"
    runs 2
    says "synrl: 0 cells kept, 2 run again: $1"
    runs 0
    says 'synrl: 2 cells kept'
}

write() {
    echo "$2" >"$1"
}

test_cells_are_kept_while_nothing_changes() {
    runs 2
    runs 0
    touch d.csv beside.lua my_rule.so s.lua # other times, the same bytes
    cp d.csv x && mv x d.csv
    echo 'return 2' >lib/other.lua
    runs 0
    says 'synrl: 2 cells kept'
}

test_cells_run_again_after_a_change_of_anything_they_read() {
    runs 2
    after 'd.csv has changed' sed -i 's/1,1/1,5/' d.csv
    after './beside.lua has changed' write beside.lua 'return 2'
    after './lib/sub/deep.lua has changed' write lib/sub/deep.lua 'return 2'
    after 'done.lua has changed' write done.lua 'return 2'
    after 'loaded.lua has changed' write loaded.lua 'return 2'
    after 'number has changed' write number 2
    after 's.lua has changed' sed -i 's/iterations = 20/iterations = 30/' s.lua
    sed -i 's/iterations = 30/iterations = 20/' s.lua
    runs 0 # what was kept for this text still holds
}

test_cells_run_again_after_a_plugin_was_built_again() {
    has cc || return 0
    runs 2
    after 'plugin my_rule has changed' rule '(int8_t)0'
    mv my_rule.so plugins
    path=plugins
    runs 0 # the same plugin elsewhere
    path=.:plugins
    after 'plugin my_rule has changed' rule '(int8_t)-last'
}

# A new file in the place that package.path names first; one of another name does not count.
test_cells_run_again_where_another_module_would_be_found() {
    local before="package.path = './first/?.lua;./first/?/init.lua;' .. package.path"
    sed -i "1i $before" s.lua
    mkdir -p first/beside
    runs 2
    echo 'return 3' >first/other.lua
    runs 0
    after './first/beside/init.lua is new' write first/beside/init.lua 'return 3'
    after './first/beside.lua is new' write first/beside.lua 'return 4'
    after './first/beside.lua is gone' rm first/beside.lua
    mkdir -p first/lib/sub
    after './first/lib/sub/deep.lua is new' write first/lib/sub/deep.lua 'return 5'
}

test_cells_run_again_where_a_variable_of_the_environment_is_another() {
    sed -i "s/^local sum = /&(tonumber(os.getenv 'STEP_OF_IT') or 0) + /" s.lua
    runs 2
    OTHER=1 runs 0
    export STEP_OF_IT=3
    runs 2
    says '2 run again: the environment variable STEP_OF_IT has changed'
    runs 0
    export STEP_OF_IT=4
    runs 2
    unset STEP_OF_IT
    runs 2
    says '2 run again: the environment variable STEP_OF_IT has changed'
    ! grep -rq '"4"' runs/.cells || fail 'the value is kept, and not its hash'
}

# A file that no parameter names, and that the plugin tells the host of.
test_cells_run_again_after_a_change_of_what_a_plugin_reads() {
    sed -i "s/'csv', { path = 'd.csv', targets = 'y' }/'second_file', {}/; s/{ 1, 3, 1 }/{ 1, 3, 2 }/" s.lua
    path=.:$BUILD/tests/fixtures
    runs 2
    runs 0
    after 'second.txt is new' write second.txt 5
    touch second.txt
    runs 0
    after 'second.txt has changed' write second.txt 6
    after 'second.txt is gone' rm second.txt
}

# Only the half of the cells that depends on it.
test_only_what_is_concerned_runs_again() {
    sed -i "s/'d.csv'/o.n == 1 and 'd.csv' or 'e.csv'/" s.lua
    cp d.csv e.csv
    runs 2
    sed -i 's/1,1/1,5/' e.csv
    runs 1
    says 'synrl: 1 cell kept, 1 run again: e.csv has changed'
}

# The folder of pictures keeps its number of files and their sizes.
test_a_folder_is_known_by_its_files() {
    sed -i "s/'csv', { path = 'd.csv', targets = 'y' }/'images', { path = 'pictures' }/; s/{ 1, 3, 1 }/{ 1, 3, 2 }/" s.lua
    mkdir pictures/b
    for c in a b; do # one grey pixel: 0 and 255
        synrl_png $c >pictures/$c/x.png
    done
    runs 2
    runs 0
    touch pictures/a/x.png
    runs 0
    cp pictures/b/x.png pictures/a/x.png
    runs 2
    says '2 run again: pictures has changed'
    cp pictures/a/x.png pictures/a/y.png
    runs 2
    says '2 run again: pictures has changed'
}

# synrl_png a|b: a PNG of one pixel.
synrl_png() {
    /usr/bin/python3 -c 'import struct, sys, zlib
def chunk(t, d): return struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d))
v = 0 if sys.argv[1] == "a" else 255
sys.stdout.buffer.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(bytes([0, v]), 0)) + chunk(b"IEND", b""))' "$1"
}

# What a script writes and reads again is not what it depends on.
test_the_products_of_a_script_do_not_count() {
    sed -i "s/^local log/local out = io.open('made', 'w') out:write(os.time(), os.clock()) out:close()\nio.lines('made')()\n&/" s.lua
    runs 2
    echo other >made
    runs 0
}

# The second sweep of a script depends on the results of the first.
test_a_later_sweep_of_a_script_follows_the_earlier() {
    cat >t.lua <<'LUA'
local synrl = require 'synrl'
local first = synrl.sweep { grid = { n = { 1, 2 } }, run = function(p)
   return { value = dofile('done.lua') * p.n }
end }
local sum = first.cells[1].result.value + first.cells[2].result.value
local second = synrl.sweep { grid = { n = { 1 } }, run = function() return { value = sum } end }
return { sum = second.cells[1].result.value }
LUA
    exits 0 synrl run --quiet t.lua
    prints "$(printf '%-21s3' sum)"
    echo 'return 10' >done.lua
    exits 0 synrl run t.lua
    prints "$(printf '%-21s30' sum)"
    says '0 cells kept, 2 run again: done.lua has changed'
    says '0 cells kept, 1 run again: an earlier sweep of the script was run again'
}

# Recorded: the page of a sweep shows the runs of the last call of each cell.
test_the_record_of_a_sweep_names_the_last_runs() {
    sed -i 's/^local log/if io.open("twice") then\nsynrl.train { loss = "mse", rule = "my_rule", iterations = 1, data = synrl.dataset("csv", { path = "d.csv", targets = "y" }), model = synrl.model("mlp", { layers = { 1, 1 } }) }\nend\n&/' s.lua
    echo 1 >twice
    export SYNRL_PLUGIN_PATH=.
    exits 0 synrl sweep s.lua n=1
    sleep 1 # runs are ordered by the second
    rm twice
    exits 0 synrl sweep s.lua n=1
    says '1 run again: twice is gone'
    [ "$(compgen -G 'runs/*-run*' | wc -l)" -eq 3 ]
    exits 0 synrl report runs/sweep-*.json -o page.html
    [ "$(grep -o '"weights_hash"' page.html | wc -l)" -eq 1 ]
}

# half_done FILE EDIT: a cell is killed half done, the file is edited, and the sweep is called again.
half_done() {
    rm -rf runs fresh
    cp s.lua saved.lua
    echo 0.25 >rate
    sed -i "s/rule = 'my_rule'/rule = synrl.rule('my_rule', { alpha_s = function() return rate end })/; s/^local log/local rate = io.lines('rate', 'n')()\\n&/" s.lua
    # shellcheck disable=SC2016
    sed -i 's/iterations = 20/iterations = 2000, checkpoint = { every = 100 }, on_evaluate = function(m) if m.iteration >= 1000 and os.remove("die") then os.execute("kill -9 $PPID") end end, record_every = 500/' s.lua
    export SYNRL_PLUGIN_PATH=.
    touch die
    exits 1 synrl sweep s.lua n=1
    says 'ended by signal 9'
    sed -i "$2" "$1"
    exits 0 synrl sweep --quiet s.lua n=1 --metric loss
    cp "$OUTPUT" table
    exits 0 synrl sweep --quiet --no-record --runs fresh s.lua n=1 --metric loss
    prints "$(cat table)"
    cp saved.lua s.lua
}

# It goes on from its checkpoint only over the same files.
test_a_half_done_cell_begins_again_over_other_files() {
    half_done d.csv s/1,1/1,5/
    half_done rate s/0.25/0.5/
}
