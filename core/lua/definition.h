/* SPDX-License-Identifier: MIT */
/* A plugin without a file: what a script's table of functions says of it. Its texts, functions and
 * operations live as long as the Lua state, since components may outlive every variable. */
#ifndef LUA_DEFINITION_H
#define LUA_DEFINITION_H

#include <lua.h>

#include "base/number.h"
#include "plugin/registry.h"

enum { FIELDS_MOST = 32 };

struct definition_reader {
    lua_State *L;
    const char *kind; /* "rule" */
    const char *who;  /* begins its errors: rule "mine" */
    int strings;      /* index of the table that holds on to texts; that of the script is 1 */
};

/* Its rows of numbers. */
struct definition_params {
    uint32_t n;
    synrl_param rows[FIELDS_MOST];
    char defaults[FIELDS_MOST][NUMBER_SIZE];
};

/* Begins with the table that is the first argument, which may have these keys; returns its name. */
const char *definition_begin(lua_State *L, struct definition_reader *reader, const char *kind,
                             size_t n_keys, const char *const *keys);
/* Pops a string, and keeps it for as long as the definition lives. */
const char *definition_keep(const struct definition_reader *reader);
/* The kept string of the table at the index, or `otherwise`. */
const char *definition_text(const struct definition_reader *reader, int table, const char *name,
                            const char *otherwise);
/* A reference of the function under this name; LUA_NOREF: there is none. Throws where it is
 * needed. */
int definition_function(const struct definition_reader *reader, const char *name);
/* Calls read for every entry of the table under this name, in alphabetical order, with its value on
 * top. */
void definition_each(const struct definition_reader *reader, const char *field, uint32_t most,
                     void (*read)(const struct definition_reader *reader, void *context,
                                  const char *name),
                     void *context);
/* Reads `parameters`. The value of each, of this type and size, is in the config, the first at the
 * offset. */
void definition_params(const struct definition_reader *reader, synrl_param_type type, size_t offset,
                       size_t size, struct definition_params *params);
/* Fills in the entry, of this kind. */
void definition_entry(const struct definition_reader *reader, synrl_kind kind, const char *name,
                      const struct definition_params *params, size_t config_size, const void *ops,
                      synrl_plugin *entry);
/* Pushes a component of the plugin in the userdata at the index, which is kept from now on. */
int definition_end(const struct definition_reader *reader, int userdata, struct plugin *plugin,
                   const synrl_plugin *entry);

#endif
