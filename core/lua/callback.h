/* SPDX-License-Identifier: MIT */
/* Functions of a script that the core or the module calls. */
#ifndef LUA_CALLBACK_H
#define LUA_CALLBACK_H

#include <lua.h>
#include <stdint.h>

/* What an error of it is told by. May change during the call. */
struct callback {
    const char *name;      /* "on_evaluate"; NULL: the error says all itself */
    const char *kind, *id; /* of the plugin whose function it is: rule "mine"; or NULL */
    uint64_t iteration;    /* ITERATION_NONE: outside of all */
    uint64_t sample;       /* from 1; 0: it is not about one */
};
#define ITERATION_NONE UINT64_MAX

/* lua_pcall of a C function with n arguments on top of the stack, without results. A message
 * gets the callback's name, its iteration, and the lines of Lua that led to the error, and with
 * --traceback all of the stack:
 *
 *     s.lua:3: no (in on_evaluate at iteration 20: s.lua:3 in helper, s.lua:9)
 */
int callback_call(lua_State *L, struct callback *callback, int n);
/* lua_call of a function of Lua with n arguments, for one result. Its error is thrown on, with the
 * same in its message; iteration is not looked at. */
void callback_ask(lua_State *L, const char *name, uint64_t sample, int n);

#endif
