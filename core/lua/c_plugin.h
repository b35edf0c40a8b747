/* SPDX-License-Identifier: MIT */
/* A plugin's C file from a table of a script, of any kind: its parameters, its entry, and the
 * pieces of C that the script gives. Everything throws; what is read stays on the stack of Lua. */
#ifndef LUA_C_PLUGIN_H
#define LUA_C_PLUGIN_H

#include <stdbool.h>

#include "lua/c_text.h"
#include "synrl/plugin.h"

struct c_plugin {
    /* Set by the caller: its kind, the key of the code that it must have, and the names that its
     * parameters cannot have, ending with NULL. */
    synrl_kind kind;
    const char *main;
    const char *const *taken;

    lua_State *L;
    int table;
    const char *who, *name;
    struct c_text text;
    bool has_parameters;
};

/* Begins with the table that is the first argument, which may have these keys; returns the code
 * that it must have. */
const char *c_plugin_begin(lua_State *L, struct c_plugin *writer, size_t n_keys,
                           const char *const *keys);
/* The string under this name; NULL: there is none. */
const char *c_plugin_text(const struct c_plugin *writer, const char *name);
/* Pushes the table under this name; false, with nothing pushed, where there is none. */
bool c_plugin_table(const struct c_plugin *writer, const char *name);
/* Calls write for every entry of the table under this name, in alphabetical order, with the value
 * on top of the stack. Returns how many there are. */
size_t c_plugin_each(struct c_plugin *writer, const char *field,
                     void (*write)(struct c_plugin *writer, const char *name));

/* Writes the includes, and the parameters: struct config and params. */
void c_plugin_types(struct c_plugin *writer);
/* Writes the beginning of the entry, up to the parameters. */
void c_plugin_entry(struct c_plugin *writer, const char *macro);
/* Writes each parameter as a variable, from `config`. */
void c_plugin_locals(struct c_plugin *writer);
/* Writes what the script says under this name. */
void c_plugin_code(struct c_plugin *writer, const char *name, const char *code);
/* Compiles the file, and pushes the plugin's component; returns 1. */
int c_plugin_end(struct c_plugin *writer);

#endif
