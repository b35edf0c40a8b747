/* synrl help: how the program is used, or what a plugin is and takes. */
#include "cli/cli.h"
#include "plugin/component.h"
#include "plugin/host.h"
#include "plugin/kind.h"
#include "plugin/plugin_help.h"

static int show_plugin(struct core *core, synrl_kind kind, const char *id) {
    const struct plugin *plugin;
    if (registry_find(core, kind, id, &plugin) != SYNRL_OK) {
        fprintf(stderr, "synrl: %s\n", core->message);
        return EXIT_ERROR;
    }
    char *text = plugin_help(core, plugin);
    if (text == NULL) {
        fprintf(stderr, "synrl: %s\n", core->message);
        return EXIT_ERROR;
    }
    fputs(text, stdout);
    core_free(core, text);
    return EXIT_DONE;
}

int command_help(int argc, char **argv) {
    if (argc == 1) {
        usage(stdout);
        return EXIT_DONE;
    }
    if (argc != 3) {
        return misused("write synrl help KIND ID, such as: synrl help rule qlearning");
    }
    synrl_kind kind;
    if (!kind_from_name(argv[1], &kind)) {
        return misused(
            "\"%s\" is no kind of plugin; the kinds are activation, dataset, loss, "
            "model, rule",
            argv[1]);
    }
    struct core *core = make_core();
    if (core == NULL) {
        return EXIT_ERROR;
    }
    const int code = show_plugin(core, kind, argv[2]);
    core_destroy(core);
    return code;
}
