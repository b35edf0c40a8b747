#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Rules within a script, in C (compiled once, kept, and otherwise like any plugin) and in Lua.

# The compiler writes a line into `compiled` whenever it runs.
setup() {
    cp "$SOURCE/tests/program/inscript.lua" s.lua
    mkdir bin
    compiler=$(type -ap cc | grep -v ccache | head -n 1) # which would look for the next cc
    printf '#!/bin/sh\necho >>%s/compiled\nexec %s "$@"\n' "$PWD" "$compiler" >bin/cc
    chmod +x bin/cc
    PATH=$PWD/bin:$PATH
    cache=$XDG_CACHE_HOME/synrl
    : >compiled
}

run() {
    synrl run --quiet --no-pictures "${script:-s.lua}" "$@"
}

# compiled N: so often since the last time.
compiled() {
    [ "$(wc -l <compiled)" -eq "$1" ] || fail "compiled $(wc -l <compiled) times, not $1"
    : >compiled
}

# rule FIELDS: a script with a rule of these fields.
rule() {
    printf 'local synrl = require "synrl"\nreturn synrl.rule.c { name = "mine",\n%s }.id\n' "$1" >rule.lua
}

# As a plugin -----------------------------------------------------------------------------------

test_it_ends_with_the_weights_of_the_plugin() {
    SYNRL_PLUGIN_PATH=$BUILD/tests/examples/rules exits 0 run plugin=true alpha=0.002
    compiled 0
    cp "$OUTPUT" plugin
    exits 0 run alpha=0.002
    prints "$(cat plugin)"
    exits 0 run alpha=0.002 --threads 3
    prints "$(cat plugin)"
    compiled 1
    exits 0 run alpha=0.002 lua=true
    prints "$(cat plugin)"
    [ "$(sed -n '/synrl.rule.c {/,/^  }/p' s.lua | wc -l)" -le 16 ]
}

test_it_is_compiled_once_for_each_text() {
    exits 0 run
    compiled 1
    sed 's/^local o/\n\n&/' s.lua >moved.lua
    script=moved.lua exits 0 run
    compiled 0
    sed 's|/ 25;|/ 26;|' s.lua >other.lua
    script=other.lua exits 0 run
    compiled 1
    touch -d yesterday bin/cc # another compiler
    exits 0 run
    compiled 1
}

test_a_sweep_compiles_it_and_keeps_its_cells() {
    exits 0 synrl sweep --no-record s.lua alpha=0.001,0.002 --metric hash
    [ "$(wc -l <compiled)" -le 2 ]
    [ "$(find "$cache" -name '*.so' | wc -l)" -eq 1 ]
    exits 0 synrl sweep --no-record s.lua alpha=0.001,0.002 --metric hash
    says 'synrl: 2 cells kept'
}

# Recorded --------------------------------------------------------------------------------------

test_a_killed_run_is_resumed_without_what_was_compiled() {
    exits 0 run --runs whole
    cp "$OUTPUT" whole.result
    touch die
    exits 137 run
    rm -r "$cache"
    : >compiled
    exits 0 synrl resume --quiet runs/*-first
    prints "$(cat whole.result)"
    compiled 1
}

test_a_run_whose_rule_was_changed_is_not_resumed() {
    touch die
    exits 137 run
    sed -i 's|/ 25;|/ 26;|' s.lua
    refuses 1 'cannot resume: the script has changed since the run was recorded: rule.code: ' \
        synrl resume --quiet runs/*-first
    says '/ 26;'
}

test_it_is_replayed_from_its_record_when_that_is_trusted() {
    exits 0 run
    hash=$(sed -n 's/^hash *//p' "$OUTPUT")
    rm s.lua
    exits 0 synrl replay runs/*-first
    says "$hash"
    rm -r "$cache"
    : >compiled
    refuses 1 'rule "alopex": it was written in the script, and here it has not been compiled' \
        synrl replay runs/*-first
    compiled 0
    exits 0 synrl replay --compile runs/*-first
    says "$hash"
    exits 0 synrl diff runs/*-first runs/*-second
    says 'they do not part in 600 iterations'
}

# Functions -------------------------------------------------------------------------------------

test_a_rule_in_lua_is_resumed() {
    exits 0 run --runs whole lua=true
    cp "$OUTPUT" whole.result
    touch die
    exits 137 run lua=true
    exits 0 synrl resume --quiet runs/*-first
    prints "$(cat whole.result)"
    diff whole/*-first/metrics.csv runs/*-first/metrics.csv
    compiled 0
}

test_a_rule_in_lua_is_not_replayed() {
    exits 0 run lua=true
    refuses 1 'rule "alopex" was a function of the script, which the record does not hold' \
        synrl replay runs/*-first
}

test_a_rule_in_lua_whose_script_has_changed_is_not_resumed() {
    touch die
    exits 137 run lua=true
    sed -i 's|/ 25$|/ 26|' s.lua
    refuses 1 's.lua has changed' synrl resume --quiet runs/*-first
}

# An activation and a loss of Lua functions, for the rule of C of any number of threads.
in_lua() {
    sed -i "s/output = 'tanh'/output = leaky/; s/loss = 'mse'/loss = squares/" s.lua
    cat - s.lua >t.lua <<'END'
local leaky = require 'synrl'.activation { name = 'leaky', parameters = { leak = 0.1 },
  apply = function(x, p) return x:max(x * p.leak) end }
local squares = require 'synrl'.loss { name = 'squares',
  terms = function(y, t) local d = y[1] - t[1] return d * d end }
END
    mv t.lua s.lua
    export SYNRL_PLUGIN_PATH=$BUILD/tests/examples/rules
}

test_units_in_lua_give_the_same_with_any_number_of_threads() {
    local n
    in_lua
    for n in 1 2 3; do
        exits 0 run --runs "threads$n" --threads $n plugin=true
        cp "$OUTPUT" "result$n"
    done
    diff result1 result2
    diff result1 result3
    exits 0 synrl run --no-pictures --threads 2 s.lua plugin=true
    [ "$(cat "$OUTPUT" "$ERROR" | grep -c 'Lua has one thread')" -eq 1 ]
    exits 0 synrl run --no-pictures --threads 1 s.lua plugin=true
    ! grep -q 'Lua has one thread' "$OUTPUT" "$ERROR"
}

test_units_in_lua_are_resumed_but_not_replayed() {
    in_lua
    exits 0 run --runs whole plugin=true
    cp "$OUTPUT" whole.result
    touch die
    exits 137 run plugin=true
    exits 0 synrl resume --quiet runs/*-first
    prints "$(cat whole.result)"
    diff whole/*-first/metrics.csv runs/*-first/metrics.csv
    refuses 1 'activation "leaky" was a function of the script, which the record does not hold' \
        synrl replay runs/*-first
    rm -r runs
    exits 0 synrl run --no-pictures s.lua plugin=true
    says 'activation "leaky" is a function of the script, which the record does not hold: the run can be resumed, but not replayed'
}

test_what_a_script_makes_is_checked_by_it() {
    in_lua
    exits 0 run # compiles the rule, so that a check's first call takes as long as those after it
    sed -i 's/iterations = 600/iterations = 5000/; s/evaluate_every = 50/evaluate_every = 1000/' s.lua
    local made
    for made in 'rule alopex' 'activation leaky' 'loss squares'; do
        # shellcheck disable=SC2086 # two words
        exits 0 synrl check $made s.lua
        says 'ok     threads'
        says 'ok     resume'
        says 'note   replay      run 1: activation "leaky" was a function of the script'
    done
    refuses 1 'no run of s.lua uses rule "other"; no rule "other"' synrl check rule other s.lua
    refuses 1 'no run of s.lua uses rule "win_stay"' synrl check rule win_stay s.lua
}

test_help_names_what_shows_a_rule_of_a_script() {
    refuses 1 'of what a script makes, print(rule.help) in the script' synrl help rule mine
    refuses 2 'print(rule.help) in the script' synrl help rule alopex s.lua
    refuses 2 'what a script makes is known while it runs' synrl plugins s.lua
    exits 1 synrl help rule win_sta
    complains 'synrl: no rule "win_sta", did you mean "win_stay"?'
    cat >p.lua <<'END'
local rule = require 'synrl'.rule { name = 'mine', step = function() end,
  parameters = { rate = { 0.5, min = 0, max = 1, meaning = 'how fast' } } }
print(rule.help)
END
    exits 0 synrl run p.lua
    prints 'rule "mine" 1.0.0: a function of a script
  file  script

  rate  schedule  0.5  0 .. 1  how fast
'
}

test_a_run_with_an_activation_in_c_is_resumed_and_replayed() {
    export SYNRL_PLUGIN_PATH=$BUILD/tests/examples/rules
    sed -i "s/output = 'tanh'/output = synrl.activation.c { name = 'flat', apply = 'host->math->tanh(n, x, y);' }/" s.lua
    exits 0 run --runs whole plugin=true alpha=0.002
    cp "$OUTPUT" whole.result
    grep -q '"code": "#include' whole/*-first/run.json
    touch die
    exits 137 run plugin=true alpha=0.002
    rm -r "$cache"
    exits 0 synrl resume --quiet runs/*-first
    prints "$(cat whole.result)"
    exits 0 synrl replay runs/*-first
    rm -r "$cache"
    refuses 1 'activation "flat": it was written in the script' synrl replay runs/*-first
}

# Refused ---------------------------------------------------------------------------------------

test_errors_are_at_their_line_of_the_script() {
    rule $'step = [[\n   int x = 3;\n   wrong = x;\n   worse(x);\n]]'
    exits 1 synrl run rule.lua
    complains "rule.lua:5: 'wrong' undeclared (first use in this function); and 1 more error"
    rule $'functions = [[\nstatic int two(void) { return "2"; }\n]],\nstep = [[\n\n  two();\n]]'
    exits 0 synrl run rule.lua
    says 'rule.lua:4: '
    rule $'step = [[ if (env) {\n]]'
    refuses 1 'rule.lua:4: expected declaration or statement at end of input' synrl run rule.lua
    rule $'step = ("no"):rep(2)'
    refuses 1 "step of rule \"mine\":1: " synrl run rule.lua
    rule $'step = [[ extern int nowhere(void);\n nowhere(); ]]'
    refuses 1 'rule "mine": cannot be compiled: undefined reference to' synrl run rule.lua
    absent "$cache/.new-*"
}

test_without_a_compiler_one_line_says_so() {
    rule 'step = ""'
    CC=nocc exits 1 synrl run rule.lua
    complains 'rule.lua:2: rule "mine": there is no C compiler "nocc", which compiling it needs: install one, or name yours in the variable CC'
}

test_a_disk_that_is_full_leaves_nothing() {
    rule 'step = ""'
    printf '#!/bin/sh\necho "/usr/bin/ld: final link failed: No space left on device" >&2\nexit 1\n' >bin/cc
    refuses 1 'rule "mine": cannot be compiled: /usr/bin/ld: final link failed: No space left on device' \
        synrl run rule.lua
    absent "$cache/*"
    absent "$cache/.new-*"
}

test_a_damaged_library_is_compiled_again() {
    rule 'step = ""'
    exits 0 synrl run rule.lua
    local file
    for file in "$cache"/*/mine.so; do
        truncate -s 100 "$file"
        exits 0 synrl run rule.lua
        rm "$file"
        exits 0 synrl run rule.lua
    done
    compiled 3
}

test_a_folder_that_others_can_write_is_not_used() {
    rule 'step = ""'
    mkdir "$cache"
    chmod 777 "$cache"
    refuses 1 "$cache: others can write it, so what was compiled there could be theirs" synrl run rule.lua
    mkdir -m 700 elsewhere
    rmdir "$cache"
    ln -s "$PWD/elsewhere" "$cache"
    refuses 1 "$cache: must be a folder of your own, for compiled plugins" synrl run rule.lua
    rm "$cache"
    exits 0 synrl run rule.lua
    chmod 777 "$cache"/*
    refuses 1 'others can write it' synrl run rule.lua
    XDG_CACHE_HOME=relative HOME='' refuses 1 'there is no place for what is compiled' synrl run rule.lua
    compiled 1
}

# As its owner: nobody else's folder is used.
test_a_folder_of_somebody_else_is_not_used() {
    [ "$(id -u)" -eq 0 ] || skips 'only root can give a folder away' || return 0
    rule 'step = ""'
    mkdir -m 700 "$cache"
    chown nobody "$cache"
    refuses 1 "$cache: others can write it" synrl run rule.lua
    compiled 0
}
