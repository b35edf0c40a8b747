/* SPDX-License-Identifier: MIT */
/* Plugins from a text: compiled once and kept in a folder of the user's, found by everything that
 * decides what they are: the text, the compiler and its flags, the headers.
 *
 * The folder is `synrl` in XDG_CACHE_HOME, or else in .cache of HOME. It and all in it must be the
 * user's own, and no one else's to write; an entry appears complete or not at all. */
#ifndef COMPILE_H
#define COMPILE_H

#include "plugin/registry.h"

struct compile_source {
    synrl_kind kind;
    const char *id;
    const char *text; /* the plugin's C file: what decides it, and what is recorded */
    /* What the compiler is given instead: the same with #line directives, so that messages lead to
     * the script. NULL: the text. */
    const char *with_lines;
    /* Without it, only what was compiled before is opened: compiling runs the text. */
    bool may_compile;
};

/* Compiles the text, unless that was done before, and opens and checks the plugin. In this core it
 * is then found before all others of its id. Fails with one line; *has_place: it begins with the
 * file and line of an error in the text. */
synrl_status compile_plugin(struct core *core, const struct compile_source *source,
                            const struct plugin **plugin, bool *has_place);

/* The folder of the headers, for the compiler's -I: that of the tree which this code lies in. */
synrl_status compile_headers(struct core *core, char include[PATH_MAX]);

#endif
