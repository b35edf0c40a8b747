/* SPDX-License-Identifier: MIT */
/* Help made of the tables: of the program, of one command, and the manual page's part. */
#ifndef USAGE_H
#define USAGE_H

#include <stdio.h>

#include "cli/command.h"

/* The commands, one per line. */
void usage_program(FILE *stream, const struct program *program);
/* What one command takes. */
void usage_command(FILE *stream, const struct command *command);
/* The section COMMANDS of the manual page, as man(7) has it. */
void usage_manual(FILE *stream, const struct program *program);
/* The command of this name; NULL, with the nearest one in the message, where there is none. */
const struct command *usage_find(const struct program *program, const char *name);

#endif
