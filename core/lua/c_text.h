/* SPDX-License-Identifier: MIT */
/* A C file under construction, of pieces of its own and of pieces of the script.
 *
 * It is built in two ways at once: as it is, which decides what it means, and with #line directives
 * for the compiler, whose messages then lead to the script. Everything is on the stack of Lua, so
 * an error on the way leaks nothing. */
#ifndef LUA_C_TEXT_H
#define LUA_C_TEXT_H

#include <lua.h>

struct c_text {
    lua_State *L;
    int pieces;             /* index of a list of strings; the other one follows it */
    lua_Integer n, n_lined; /* of pieces in each */
    const char *script;     /* the file of the script; NULL: it is none */
    int line;               /* at which the call that makes the file begins */
};

/* Begins an empty text, and pushes its two lists. */
void c_text_begin(lua_State *L, struct c_text *text);
/* Adds by lua_pushfstring. */
void c_text_add(struct c_text *text, const char *format, ...);
/* Adds text as a literal of C, with its quotes. */
void c_text_add_literal(struct c_text *text, const char *value);
/* Adds what the script says under this name; where that is not found in the script's file, messages
 * lead to `name`. */
void c_text_add_script(struct c_text *text, const char *name, const char *value);
/* Pushes the text as it is and then the one with #line directives. */
void c_text_end(struct c_text *text);

/* Whether a name can be that of a variable in such a file: [a-z][a-z0-9_]*, and no word of C. */
int c_text_is_name(const char *name);

#endif
