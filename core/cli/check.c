/* SPDX-License-Identifier: MIT */
/* synrl check: whether a plugin is what its author believes. */
#include "check/check.h"

#include <stdio.h>
#include <string.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/crash.h"

struct arguments {
    bool quiet, bits;
};

static const struct flag flags[] = {
    {"--quiet", FLAG_SWITCH(struct arguments, quiet), NULL, "print only notes and what is wrong"},
    {"--bits", FLAG_SWITCH(struct arguments, bits), NULL,
     "print the results that must be equal everywhere", .is_hidden = true},
};

static int read_words(struct check_request *request, size_t n, char **words) {
    if (n < 2) {
        return usage_error("write synrl check KIND ID, such as: synrl check rule my_rule");
    }
    if (!kind_for_scripts(words[0], &request->kind)) {
        char list[KIND_LIST_SIZE];
        return usage_error("\"%s\" is not a kind of plugin; the kinds are %s", words[0],
                           kind_list(true, list));
    }
    request->id = words[1];
    const size_t n_before = n > 2 && strchr(words[2], '=') == NULL ? 3 : 2;
    request->script = n_before == 3 ? words[2] : NULL;
    request->n_settings = n - n_before;
    request->settings = (const char *const *)words + n_before;
    for (size_t i = 0; i < request->n_settings; i++) {
        if (strchr(request->settings[i], '=') == NULL) {
            return usage_error("\"%s\": parameters are written NAME=VALUE", request->settings[i]);
        }
    }
    return EXIT_DONE;
}

static int check(const struct program *program, int argc, char **argv) {
    struct arguments arguments = {.quiet = false};
    struct check_request request = {.running = crash_watch()};
    size_t n_words, n_wrong = 0;
    (void)program;
    int code = arguments_parse(&command_check, &arguments, argc, argv, &n_words);
    if (code == EXIT_DONE) {
        code = read_words(&request, n_words, argv);
    }
    if (code != EXIT_DONE) {
        return code;
    }
    request.quiet = arguments.quiet;
    const synrl_status status =
        arguments.bits ? check_bits(&request, stdout) : check_plugin(&request, stdout, &n_wrong);
    if (status == SYNRL_NO_MEMORY) {
        fprintf(stderr, "synrl: not enough memory\n");
        return arguments.bits ? BITS_NO_MEMORY : EXIT_ERROR;
    }
    return status == SYNRL_OK && n_wrong == 0 && end_output() ? EXIT_DONE : EXIT_ERROR;
}

const struct command command_check = {
    .name = "check",
    .arguments = "[options] KIND ID [NAME=VALUE ...]\n[options] KIND ID SCRIPT [NAME=VALUE ...]",
    .summary = "check that a plugin keeps its promises",
    .description =
        "Runs the plugin in small experiments of its own: twice, with several threads, in another "
        "process, saved and loaded, replayed; derivatives are compared with differences. Its "
        "parameters are given as NAME=VALUE. With SCRIPT, runs that instead, with its options, in "
        "a temporary folder: with one thread and with three, interrupted and resumed, and "
        "replayed; the plugin may be one that the script makes. The exit code is 0 if nothing is "
        "wrong; a note is not an error.",
    .examples =
        "SYNRL_PLUGIN_PATH=. synrl check rule my_rule\n"
        "synrl check model mlp \"layers={64, 8, 4}\"\n",
    COMMAND_FLAGS(flags),
    .run = check,
};
