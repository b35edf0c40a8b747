/* SPDX-License-Identifier: MIT */
/* synrl plugins: every plugin on the search path, broken ones with what is wrong. */
#include <stdio.h>
#include <string.h>

#include "base/table.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/common.h"
#include "plugin/kind.h"
#include "plugin/registry.h"

static void add_entry(struct table *table, const struct registry_entry *entry) {
    const synrl_plugin *plugin = entry->plugin->entry;
    table_add(table, "%s", kind_name((synrl_kind)plugin->kind));
    table_add(table, "%s", plugin->id);
    table_add(table, "%s", plugin->version);
    table_add(table, "%s", plugin->summary);
    table_add(table, "%s%s", entry->file,
              entry->shadowed ? " (not used: another comes first)" : "");
}

static synrl_status list(struct core *core, void *request) {
    (void)request;
    struct registry_entry *entries = NULL;
    size_t n = 0;
    synrl_status status = registry_list(core, &entries, &n);
    struct table table = {.alignments = "lllll"};
    for (size_t i = 0; i < n; i++) {
        if (entries[i].plugin != NULL) {
            add_entry(&table, &entries[i]);
        }
    }
    if (!table_print(&table, stdout, "")) {
        status = core_fail(core, SYNRL_NO_MEMORY, "not enough memory to list the plugins");
    }
    table_free(&table);
    for (size_t i = 0; i < n; i++) {
        if (entries[i].plugin == NULL) {
            printf("broken      %s\n", entries[i].problem);
        }
    }
    registry_list_free(core, entries, n);
    return status;
}

static int plugins(const struct program *program, int argc, char **argv) {
    (void)program;
    size_t n_words;
    const int code = arguments_parse(&command_plugins, NULL, argc, argv, &n_words);
    if (code == EXIT_DONE && n_words > 0) {
        return usage_error("plugins takes no arguments, such as \"%s\"%s", argv[0],
                           strstr(argv[0], ".lua") != NULL
                               ? "; what a script makes is known while it runs, and in the "
                                 "run.json of its runs"
                               : "");
    }
    return code == EXIT_DONE ? run_with_core(list, NULL) : code;
}

const struct command command_plugins = {
    .name = "plugins",
    .arguments = "",
    .summary = "list the plugins that are found",
    .description = "A plugin that cannot be used is listed as broken, with the reason.",
    .run = plugins,
};
