#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What somebody else does: install, build a plugin outside of the tree with one compiler line, run it.

setup() {
    unset MAKEFLAGS MAKELEVEL
    make -s -C "$SOURCE" install DESTDIR="$PWD/stage" PREFIX=/usr BUILD="$BUILD" >&2
}

test_a_plugin_builds_and_runs_against_what_is_installed() {
    cp stage/usr/share/synrl/template/my_rule.c .
    export PKG_CONFIG_PATH=$PWD/stage/usr/lib/pkgconfig
    # shellcheck disable=SC2046 # flags are words
    cc -O2 -ffp-contract=off -shared -fPIC $(pkg-config --cflags synrl) my_rule.c -o my_rule.so
    cat >mine.lua <<'END'
local synrl = require 'synrl'
return synrl.train { name = 'mine', iterations = 50,
  data = synrl.dataset('boundary', { samples = 50 }),
  loss = 'euclidean', rule = synrl.rule('my_rule', {}),
  model = synrl.model('mlp', { layers = { 2, 5, 1 } }),
}.summary
END
    SYNRL_PLUGIN_PATH=. exits 0 stage/usr/bin/synrl run --quiet --no-pictures --json mine.lua
    says '"iterations": 50'
    # Another folder may be called plugins.
    mkdir -p stage/usr/plugins stage/synrl/plugins
    cp my_rule.so stage/usr/plugins
    cp my_rule.so stage/synrl/plugins
    refuses 1 'mine.lua:4: no rule "my_rule"' stage/usr/bin/synrl run --quiet mine.lua
}

# The installed program and module find the headers that lie with them.
test_a_rule_within_a_script_is_compiled_with_what_is_installed() {
    mv stage/usr moved
    sed -i '/^#ifndef SYNRL_RULE_H/a #define INSTALLED 7' moved/include/synrl/rule.h
    cat >rule.lua <<'END'
local synrl = require 'synrl'
return synrl.rule.c { name = 'mine', step = arg and arg[1] or 'int x[INSTALLED]; x[0] = INSTALLED; (void)x;' }.id
END
    exits 0 moved/bin/synrl run --no-record rule.lua
    complains ''
    has_stock_lua || return 0
    LUA_CPATH="$PWD/moved/lib/lua/5.4/?.so" exits 0 lua5.4 rule.lua 'int x[INSTALLED]; (void)x;'
    complains ''
}

test_uninstalling_removes_what_was_installed_and_no_more() {
    local own=stage/usr/lib/synrl/plugins/rules/own.so
    touch "$own"
    make -s -C "$SOURCE" uninstall DESTDIR="$PWD/stage" PREFIX=/usr BUILD="$BUILD" >&2
    [ "$(find stage -type f)" = "$own" ] || fail "left: $(find stage -type f)"
    [ ! -d stage/usr/share/synrl ] || fail 'an empty folder is left'
}

test_the_notices_are_installed() {
    cmp "$SOURCE/LICENSE" stage/usr/share/doc/synrl/LICENSE
    cmp "$SOURCE/core/report/uplot/LICENSE" stage/usr/share/doc/synrl/LICENSE.uPlot
}
