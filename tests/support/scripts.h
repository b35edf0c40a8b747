/* SPDX-License-Identifier: MIT */
/* Tests that are scripts: a Check test for each `function test.NAME()` of tests/lua/FILE.lua, run
 * by `synrl run`, and for each `test_NAME() {` of tests/program/FILE.sh, run by bash. The suite is
 * called FILE. What a script's helpers are is said in tests/lua/expect.lua and
 * tests/program/helper.sh. Runs in Lua draw pictures only where NAME ends in `_drawn`. */
#ifndef SCRIPTS_H
#define SCRIPTS_H

void scripts_register(void);

#endif
