/* SPDX-License-Identifier: MIT */
/* What has changed of the files that a recorded result depends on. */
#ifndef CHANGES_H
#define CHANGES_H

#include <jansson.h>

#include "plugin/component.h"

enum { CHANGE_SIZE = 200, CHANGES_SIZE = 700 };

/* Whether a file is no longer as a record of reads_json says, in words: "d.csv has changed",
 * "plugin my_rule is gone"; "" where it is the same. A plugin is looked for on the search path. A
 * path below the folder `from` is looked for below the present one; NULL: as it is. */
synrl_status change_of_file(struct core *core, const json_t *file, const char *from,
                            char change[CHANGE_SIZE]);

/* The changes of all files that a run depends on, by its run.json, with commas between them; ""
 * where there are none. Paths are relative to the present folder, in which it is to be resumed.
 * with_script: also of the script and of its modules. Of a large folder of which only times differ,
 * nothing is said: its samples are compared when they have been read. */
synrl_status changes_of_run(struct core *core, const json_t *run, bool with_script,
                            char changes[CHANGES_SIZE]);
/* Whether the plugin of a component, and those of its parts, are no longer those that the run was
 * made with; both appended as changes. */
void changes_of_component(struct core *core, const json_t *run, const struct component *component,
                          char changes[CHANGES_SIZE]);
/* With the run's folder and its changes. */
#define CHANGES_REFUSAL \
    "%s: cannot resume: since the run was recorded, %s; --force-changed resumes it all the same"
/* Appends one, with a comma where it is not the first. */
void changes_add(char changes[CHANGES_SIZE], const char *change);

#endif
