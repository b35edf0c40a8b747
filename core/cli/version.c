/* SPDX-License-Identifier: MIT */
/* synrl version */
#include <stdio.h>

#include <lua.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/common.h"
#include "engine/engine.h"

static int version(const struct program *program, int argc, char **argv) {
    (void)program;
    const int code = arguments_parse_flags(&command_version, NULL, argc, argv);
    if (code != EXIT_DONE) {
        return code;
    }
    const char *isa = engine_isa();
    printf("synrl %s\nplugin ABI %d.%d\nengine %s\n%s\n", SYNRL_VERSION, SYNRL_ABI_MAJOR,
           SYNRL_ABI_MINOR, isa != NULL ? isa : "(SYNRL_ISA names none of this machine's)",
           LUA_RELEASE);
    return end_output() ? EXIT_DONE : EXIT_ERROR;
}

const struct command command_version = {
    .name = "version",
    .arguments = "",
    .summary = "show the versions of program and plugin interface, and the engine's instructions",
    .run = version,
};
