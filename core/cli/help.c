/* SPDX-License-Identifier: MIT */
/* synrl help: how the program and its commands are used, or what a plugin is and takes. */
#include <stdio.h>
#include <string.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/usage.h"
#include "plugin/kind.h"
#include "plugin/plugin_help.h"
#include "plugin/registry.h"

struct help_request {
    bool manual;
    synrl_kind kind;
    const char *id;
};

static const struct flag flags[] = {
    {"--manual", FLAG_SWITCH(struct help_request, manual), NULL,
     "print the manual page's section on the commands", .is_hidden = true},
};

static synrl_status show_plugin(struct core *core, void *context) {
    const struct help_request *request = context;
    const struct plugin *plugin;
    const synrl_status status = registry_find(core, request->kind, request->id, &plugin);
    if (status != SYNRL_OK && strchr(core->message, '?') != NULL) {
        return status; /* with a suggestion */
    }
    if (status != SYNRL_OK) {
        return core_fail(core, status, "%s; of what a script makes, print(%s.help) in the script",
                         core->message, kind_name(request->kind));
    }
    if (!plugin_help(plugin, stdout)) {
        return core_fail(core, SYNRL_NO_MEMORY, "not enough memory to list the parameters");
    }
    return SYNRL_OK;
}

static int show_command(const struct program *program, const char *name) {
    synrl_kind kind;
    if (kind_from_name(name, &kind)) {
        return usage_error("write synrl help KIND ID, such as: synrl help rule qlearning");
    }
    const struct command *command = usage_find(program, name);
    if (command == NULL) {
        return EXIT_USAGE;
    }
    usage_command(stdout, command);
    return end_output() ? EXIT_DONE : EXIT_ERROR;
}

static int help(const struct program *program, int argc, char **argv) {
    struct help_request request = {.manual = false};
    size_t n_words;
    const int code = arguments_parse(&command_help, &request, argc, argv, &n_words);
    if (code != EXIT_DONE) {
        return code;
    }
    if (n_words == 0) {
        (request.manual ? usage_manual : usage_program)(stdout, program);
        return end_output() ? EXIT_DONE : EXIT_ERROR;
    }
    if (n_words == 1) {
        return show_command(program, argv[0]);
    }
    if (n_words > 2) {
        return usage_error(
            "write synrl help KIND ID, such as: synrl help rule qlearning; of what a "
            "script makes, print(rule.help) in the script");
    }
    if (!kind_from_name(argv[0], &request.kind)) {
        char list[KIND_LIST_SIZE];
        return usage_error("\"%s\" is not a kind of plugin; the kinds are %s", argv[0],
                           kind_list(false, list));
    }
    request.id = argv[1];
    return run_with_core(show_plugin, &request);
}

const struct command command_help = {
    .name = "help",
    .arguments = "[COMMAND]\nKIND ID",
    .summary = "explain the program, a command, or a plugin and its parameters",
    .examples = "synrl help sweep\nsynrl help rule qlearning\n",
    COMMAND_FLAGS(flags),
    .run = help,
};
