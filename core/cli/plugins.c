/* synrl plugins: every plugin on the search path, broken ones with what is wrong. */
#include <stdio.h>
#include <string.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/common.h"
#include "plugin/kind.h"
#include "plugin/registry.h"

struct widths {
    int id, version, summary;
};

static void widen(int *width, const char *text) {
    const size_t length = strlen(text);
    if (length < 100 && (int)length > *width) {
        *width = (int)length;
    }
}

static struct widths measure(const struct registry_entry *entries, size_t n) {
    struct widths widths = {0, 0, 0};
    for (size_t i = 0; i < n; i++) {
        if (entries[i].plugin != NULL) {
            const synrl_plugin *plugin = entries[i].plugin->entry;
            widen(&widths.id, plugin->id);
            widen(&widths.version, plugin->version);
            widen(&widths.summary, plugin->summary);
        }
    }
    return widths;
}

static void print_entry(const struct registry_entry *entry, struct widths widths) {
    if (entry->plugin == NULL) {
        printf("broken      %s\n", entry->problem);
        return;
    }
    const synrl_plugin *plugin = entry->plugin->entry;
    printf("%-10s  %-*s  %-*s  %-*s  %s%s\n", kind_name((synrl_kind)plugin->kind), widths.id,
           plugin->id, widths.version, plugin->version, widths.summary, plugin->summary,
           entry->file, entry->shadowed ? " (not used: another comes first)" : "");
}

static synrl_status list(struct core *core, void *request) {
    (void)request;
    struct registry_entry *entries = NULL;
    size_t n = 0;
    const synrl_status status = registry_list(core, &entries, &n);
    const struct widths widths = measure(entries, n);
    for (size_t i = 0; i < n; i++) {
        print_entry(&entries[i], widths);
    }
    registry_list_free(core, entries, n);
    return status;
}

static int plugins(const struct program *program, int argc, char **argv) {
    (void)program;
    const int code = arguments_parse_flags(&command_plugins, NULL, argc, argv);
    return code == EXIT_DONE ? run_with_core(list, NULL) : code;
}

const struct command command_plugins = {
    .name = "plugins",
    .arguments = "",
    .summary = "list the plugins that are found",
    .description = "A plugin that cannot be used is listed as broken, with the reason.",
    .run = plugins,
};
