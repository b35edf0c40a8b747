/* SPDX-License-Identifier: MIT */
/* Command lines read by the tables of the commands. A value follows its flag as the next word, or
 * after "=": --limit 3, --limit=3; a flag of one letter may be joined to it: -j4. */
#include "cli/arguments.h"

#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "cli/common.h"

enum { FLAGS_MAX = 32 };

static int refuse_flag(const struct command *command, const char *word) {
    const char *names[FLAGS_MAX];
    char text[SUGGESTION_SIZE], see[64];
    size_t n = 0;
    for (size_t i = 0; i < command->n_flags && n < FLAGS_MAX; i++) {
        if (!command->flags[i].is_hidden) {
            names[n++] = command->flags[i].name;
        }
    }
    suggest_text(word, n, names, text);
    snprintf(see, sizeof see, "; see `synrl %s --help`", command->name);
    return usage_error("unknown option %s%s", word, text[0] != '\0' ? text : see);
}

/* The flag that the word names, and where the word holds its value too. */
static const struct flag *find_and_split(const struct command *command, char *word,
                                         const char **value) {
    const size_t n = command->n_flags;
    const struct flag *flag = flag_find(n, command->flags, word);
    *value = NULL;
    if (flag != NULL) {
        return flag;
    }
    char *equals = strchr(word, '=');
    if (equals != NULL && word[1] == '-') {
        *equals = '\0';
        flag = flag_find(n, command->flags, word);
        *equals = '=';
        *value = equals + 1;
    } else if (word[1] != '-' && word[1] != '\0') {
        const char letter[] = {'-', word[1], '\0'};
        flag = flag_find(n, command->flags, letter);
        *value = word + 2;
    }
    return flag != NULL && flag->type != FLAG_IS_SWITCH ? flag : NULL;
}

int arguments_parse(const struct command *command, void *request, int argc, char **argv,
                    size_t *n_words) {
    char problem[FLAG_PROBLEM_SIZE];
    bool has_ended = false;
    *n_words = 0;
    for (int i = 1; i < argc; i++) {
        if (has_ended || argv[i][0] != '-' || argv[i][1] == '\0') {
            argv[(*n_words)++] = argv[i];
            continue;
        }
        if (strcmp(argv[i], "--") == 0) {
            has_ended = true;
            continue;
        }
        const char *value;
        const struct flag *flag = find_and_split(command, argv[i], &value);
        if (flag == NULL) {
            return refuse_flag(command, argv[i]);
        }
        if (flag->type != FLAG_IS_SWITCH && value == NULL && ++i == argc) {
            return usage_error("%s needs a value, %s", flag->name, flag->placeholder);
        }
        if (!flag_set(flag, request, value != NULL ? value : argv[i], problem)) {
            return usage_error("%s", problem);
        }
    }
    return EXIT_DONE;
}

int arguments_parse_flags(const struct command *command, void *request, int argc, char **argv) {
    size_t n_words;
    const int code = arguments_parse(command, request, argc, argv, &n_words);
    return code == EXIT_DONE && n_words > 0
               ? usage_error("%s takes no arguments, such as \"%s\"", command->name, argv[0])
               : code;
}

bool arguments_ask_for_help(int argc, char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}
