/* SPDX-License-Identifier: MIT */
/* The files that a core's results depend on: each is noted when it is read, with its stamp. Later
 * the record is compared with the files as they are then. */
#ifndef READS_H
#define READS_H

#include <jansson.h>

#include "base/core.h"

/* What a file was read as. */
extern const char read_program[], read_script[], read_module[], read_data[], read_policy[],
    read_plugin[], read_file[], read_cell[], read_variable[], read_weights[];

/* Notes that the file or folder was read, as it is now. `name` is that of a plugin, "rule/my_rule",
 * or NULL. A path that was noted before is noted again only if it has changed. */
synrl_status reads_note(struct core *core, const char *kind, const char *name, const char *path);
/* The same for a file, such as one that a script opens, unless it is empty or a product of this
 * process or of its children: was changed since the core was made. */
synrl_status reads_note_opened(struct core *core, const char *kind, const char *path);
/* The same for a variable of the environment, of which only a hash is kept. */
synrl_status reads_note_variable(struct core *core, const char *name);
/* The path is an output of this process: from now on it is not noted. */
synrl_status reads_exclude(struct core *core, const char *path);
/* The hash of a path that was noted, in hexadecimal; "" where there is none. */
void reads_hash(const struct core *core, const char *path, char hash[17]);
/* [{"kind", "path", "name" of a plugin, and the members of stamp_json}], in the order in which they
 * were read: all, or those of a script and its data: without program, plugins and cells; then the
 * variables, {"kind", "path": its name, "xxh3"}. Warns of those of a script that have no hash. NULL
 * with the message set: no memory. */
json_t *reads_json(struct core *core, bool is_all);
void reads_free(struct core *core);

enum read_state {
    READ_SAME,
    READ_CHANGED,
    READ_NEW, /* it was looked for, and did not exist */
    READ_GONE,
    READ_TOUCHED /* a folder of many files, of which some are newer: they may have changed */
};

/* Compares a record of reads_json with the file at `path`, which is its own path unless it has been
 * found elsewhere. What was found of a path is remembered until reads_forget. */
synrl_status reads_compare(struct core *core, const json_t *record, const char *path,
                           enum read_state *state);
void reads_forget(struct core *core);

#endif
