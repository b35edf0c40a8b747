/* SPDX-License-Identifier: MIT */
/* synrl completion: what a shell needs to complete command lines, from the tables. */
#include <stdio.h>
#include <string.h>

#include "base/count.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/common.h"

static void print_flags(const struct command *command) {
    for (size_t i = 0; i < command->n_flags; i++) {
        if (!command->flags[i].is_hidden) {
            printf("%s ", command->flags[i].name);
        }
    }
    printf("--help");
}

/* What completes a flag's value. */
static void print_value(const struct flag *flag) {
    printf("    %s) ", flag->name);
    if (flag->choice != NULL) {
        printf("kind=words words='");
        for (size_t i = 0; flag->choice(i) != NULL; i++) {
            printf("%s%s", i > 0 ? " " : "", flag->choice(i));
        }
        printf("' ;;\n");
    } else {
        printf("kind=%s ;;\n", strcmp(flag->placeholder, "DIR") == 0    ? "folders"
                               : strcmp(flag->placeholder, "FILE") == 0 ? "files"
                                                                        : "none");
    }
}

/* What the command's other words are, by what stands for them in its forms. */
static const char *kind_of_words(const struct command *command) {
    static const struct {
        const char *mark, *kind;
    } kinds[] = {{"COMMAND", "words words=\"$commands activation dataset loss model rule\""},
                 {"SCRIPT", "files"},
                 {"RUN", "runs"},
                 {"bash", "words words=bash"}};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (strstr(command->arguments, kinds[i].mark) != NULL) {
            return kinds[i].kind;
        }
    }
    return "none";
}

static void print_command(const struct command *command) {
    printf("  %s)\n    flags='", command->name);
    print_flags(command);
    printf("' kind=%s\n    case $before in\n", kind_of_words(command));
    for (size_t i = 0; i < command->n_flags; i++) {
        if (!command->flags[i].is_hidden && command->flags[i].type != FLAG_IS_SWITCH) {
            print_value(&command->flags[i]);
        }
    }
    printf("    esac ;;\n");
}

static void print_bash(const struct program *program) {
    printf(
        "# bash completion for synrl, made by `synrl completion bash`.\n"
        "_synrl() {\n"
        "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
        "  local commands='");
    for (size_t c = 0; c < program->n; c++) {
        printf("%s%s", c > 0 ? " " : "", program->commands[c]->name);
    }
    printf(
        "' flags='' words='' kind=words\n"
        "  COMPREPLY=()\n"
        "  if ((COMP_CWORD == 1)); then\n"
        "    mapfile -t COMPREPLY < <(compgen -W \"$commands --help --version\" -- \"$word\")\n"
        "    return\n"
        "  fi\n"
        "  case ${COMP_WORDS[1]} in\n");
    for (size_t c = 0; c < program->n; c++) {
        print_command(program->commands[c]);
    }
    printf(
        "  esac\n"
        "  [[ $word != -* ]] || kind=words words=$flags\n"
        "  [[ $kind == words ]] || compopt -o filenames 2>/dev/null\n"
        "  case $kind in\n"
        "  words) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\") ;;\n"
        "  files) mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n"
        "  folders) mapfile -t COMPREPLY < <(compgen -d -- \"$word\") ;;\n"
        "  runs) mapfile -t COMPREPLY < <(compgen -f -- \"$word\"\n"
        "      compgen -W \"$(command ls runs 2>/dev/null)\" -- \"$word\") ;;\n"
        "  esac\n"
        "}\n"
        "complete -F _synrl synrl\n");
}

static int completion(const struct program *program, int argc, char **argv) {
    size_t n_words;
    const int code = arguments_parse(&command_completion, NULL, argc, argv, &n_words);
    if (code != EXIT_DONE) {
        return code;
    }
    if (n_words != 1 || strcmp(argv[0], "bash") != 0) {
        return usage_error("which shell? write synrl completion bash");
    }
    print_bash(program);
    return end_output() ? EXIT_DONE : EXIT_ERROR;
}

const struct command command_completion = {
    .name = "completion",
    .arguments = "bash",
    .summary = "print what bash needs to complete command lines of synrl",
    .description = "`make install` installs it.",
    .examples = "source <(synrl completion bash)\n",
    .run = completion,
};
