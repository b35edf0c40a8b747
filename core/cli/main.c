/* SPDX-License-Identifier: MIT */
/* The synrl program: finds the subcommand and hands over. Exit codes: 0 done, 1 error, 2 wrong
 * usage, 75 interrupted. */
#include <stdio.h>
#include <string.h>

#include "base/count.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/usage.h"

static const struct command *const commands[] = {
    &command_run,     &command_resume,  &command_sweep,   &command_report, &command_serve,
    &command_replay,  &command_diff,    &command_ls,      &command_show,   &command_export,
    &command_rm,      &command_reindex, &command_plugins, &command_data,   &command_evaluate,
    &command_predict, &command_new,     &command_check,   &command_help,   &command_completion,
    &command_version,
};
static const struct program program = {COUNT_OF(commands), commands};

int main(int argc, char **argv) {
    if (argc < 2) {
        usage_program(stderr, &program);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        name = "help";
    } else if (strcmp(name, "--version") == 0) {
        name = "version";
    }
    const struct command *command = usage_find(&program, name);
    if (command == NULL) {
        return EXIT_USAGE;
    }
    if (!command->shows_help && arguments_ask_for_help(argc - 1, argv + 1)) {
        usage_command(stdout, command);
        return end_output() ? EXIT_DONE : EXIT_ERROR;
    }
    return command->run(&program, argc - 1, argv + 1);
}
