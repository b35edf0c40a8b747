/* SPDX-License-Identifier: MIT */
/* Finds plugins, opens them, and checks what they say of themselves before any of their code runs.
 *
 * Searched in this order, the first match wins: core_options.plugin_path and then the folders of
 * the environment's SYNRL_PLUGIN_PATH (colon-separated), `plugins` beside the program or library
 * that holds this code, and the installed folder. In each, ID.so and KINDs/ID.so. A file is opened
 * once and stays open until the core is destroyed. */
#ifndef REGISTRY_H
#define REGISTRY_H

#include <limits.h>

#include "base/core.h"
#include "plugin/kind.h"

struct plugin {
    const synrl_plugin *entry;
    const char *file; /* the path it was opened from */
    void *library;    /* dlopen's handle */
    const char *code; /* the C file that a script made it from; NULL: it is a file of its own */
    /* Of a plugin that this process is made of: the first field of its configs; or NULL. */
    const void *context;
};
/* The code of a plugin that is made of functions of a script. */
extern const char plugin_code_function[];

struct registry *registry_create(struct core *core, const char *plugin_path); /* NULL: no memory */
void registry_destroy(struct core *core, struct registry *registry);

/* The plugin of this kind and id, opened if it is not yet. Fails, naming the file and what is wrong
 * with it, or where it was looked for, with the nearest id that exists ("did you mean"). */
synrl_status registry_find(struct core *core, synrl_kind kind, const char *id,
                           const struct plugin **found);

/* The first file on the search path that is called so; false where there is none. Nothing is
 * opened. */
bool registry_locate(const struct core *core, synrl_kind kind, const char *id, char file[PATH_MAX]);

/* Opens a plugin that was compiled from `code` into a file outside of the search path. From now on
 * it is found before all others of its kind and id. */
synrl_status registry_adopt(struct core *core, synrl_kind kind, const char *file, const char *code,
                            const struct plugin **plugin);
/* The same for one that was adopted before from the same code; NULL: there is none. */
const struct plugin *registry_adopted(struct core *core, synrl_kind kind, const char *id,
                                      const char *code);

/* Every plugin file on the search path, sorted by kind and id, for `synrl plugins`. A broken one
 * has plugin == NULL and its message in `problem`; each was first loaded by a child of this
 * process, so that none can end it. Freed by registry_list_free. */
struct registry_entry {
    char *file;
    const struct plugin *plugin;
    char *problem;
    int kind;      /* of the folder that it lies in; 0: any */
    bool shadowed; /* another file, earlier on the path, has the same kind and id */
};
synrl_status registry_list(struct core *core, struct registry_entry **entries, size_t *n);
void registry_list_free(struct core *core, struct registry_entry *entries, size_t n);

#endif
