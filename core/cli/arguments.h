/* SPDX-License-Identifier: MIT */
/* Command lines read by the tables of the commands. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include "cli/command.h"

/* Sets the fields of the request that the command's flags name, and moves the other words to the
 * front of argv. Returns EXIT_DONE, or EXIT_USAGE with the reason on stderr. */
int arguments_parse(const struct command *command, void *request, int argc, char **argv,
                    size_t *n_words);
/* The same where no other words are taken. */
int arguments_parse_flags(const struct command *command, void *request, int argc, char **argv);
/* Whether -h or --help is among the words after the command. */
bool arguments_ask_for_help(int argc, char **argv);

#endif
