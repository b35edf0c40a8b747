/* synrl plugins: every plugin on the search path, broken ones with what is wrong. */
#include <string.h>

#include "cli/cli.h"
#include "plugin/host.h"
#include "plugin/kind.h"

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

int command_plugins(int argc, char **argv) {
    if (argc > 1) {
        return misused("%s takes no arguments, such as \"%s\"", argv[0], argv[1]);
    }
    struct core *core = make_core();
    if (core == NULL) {
        return EXIT_ERROR;
    }
    struct registry_entry *entries = NULL;
    size_t n = 0;
    const synrl_status status = registry_list(core, &entries, &n);
    if (status != SYNRL_OK) {
        fprintf(stderr, "synrl: %s\n", core->message);
    }
    const struct widths widths = measure(entries, n);
    for (size_t i = 0; i < n; i++) {
        print_entry(&entries[i], widths);
    }
    registry_list_free(core, entries, n);
    core_destroy(core);
    return status == SYNRL_OK ? EXIT_DONE : EXIT_ERROR;
}
