/* SPDX-License-Identifier: MIT */
/* synrl new: a plugin to begin with, and a script that trains with it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/count.h"
#include "base/file.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/common.h"
#include "lua/c_text.h"
#include "plugin/compile.h"
#include "plugin/kind.h"

/* assets.S */
extern const char new_activation_c[], new_loss_c[], new_dataset_c[], new_model_c[], new_rule_c[],
    new_layer_c[], new_script_lua[];

/* What is copied for each kind: the example's id, which becomes the plugin's; and the line of the
 * script that it takes the place of, with what is to stand there. */
static const struct template {
    const char *code, *id, *line, *instead;
}
templates[] = {
    [SYNRL_KIND_ACTIVATION] = {new_activation_c, "leaky_relu", "activation = \"tanh\"",
                               "activation = \"my_rule\""},
    [SYNRL_KIND_LOSS] = {new_loss_c, "my_loss", "synrl.loss \"mse\"", "synrl.loss \"my_rule\""},
    [SYNRL_KIND_DATASET] = {new_dataset_c, "my_dataset",
                            "synrl.dataset(\"boundary\", { samples = 200, seed = o.seed })",
                            "synrl.dataset(\"my_rule\")"},
    [SYNRL_KIND_MODEL] = {new_model_c, "linear",
                          "synrl.model(\"mlp\", { layers = { 2, 20, 1 }, activation = \"tanh\", "
                          "output = \"tanh\", seed = o.seed })",
                          "synrl.model(\"my_rule\", { seed = o.seed })"},
    [SYNRL_KIND_RULE] = {new_rule_c, "my_rule", "synrl.rule \"win_stay\"",
                         "synrl.rule \"my_rule\""},
    [SYNRL_KIND_LAYER] =
        {new_layer_c, "my_layer",
         "synrl.model(\"mlp\", { layers = { 2, 20, 1 }, activation = \"tanh\", "
         "output = \"tanh\", seed = o.seed })",
         "synrl.model(\"sequential\", { layers = { \"my_rule\", synrl.layer(\"dense\", "
         "{ units = 1, activation = \"tanh\" }) }, seed = o.seed })"},
};

struct request {
    const char *kind_word, *id;
    synrl_kind kind;
};

static bool is_letter(char c) {
    return c != '\0' && strchr("abcdefghijklmnopqrstuvwxyz0123456789_", c) != NULL;
}

/* A copy of the text in which every whole word `from` is `to`; freed by core_free; NULL: no
 * memory. */
static char *with_word(struct core *core, const char *text, const char *from, const char *to) {
    const size_t n_from = strlen(from), n_to = strlen(to);
    size_t n = strlen(text) + 1;
    for (const char *at = strstr(text, from); at != NULL; at = strstr(at + n_from, from)) {
        n += n_to;
    }
    char *copy = core_alloc(core, n, 1), *end = copy;
    for (const char *at = text; copy != NULL && *at != '\0';) {
        const bool is_word = strncmp(at, from, n_from) == 0 && (at == text || !is_letter(at[-1])) &&
                             !is_letter(at[n_from]);
        memcpy(end, is_word ? to : at, is_word ? n_to : 1);
        end += is_word ? n_to : 1;
        at += is_word ? n_from : 1;
    }
    return copy;
}

/* The script, with the plugin in the place of what it had. */
static char *make_script(struct core *core, const struct request *request) {
    const struct template *template = &templates[request->kind];
    const char *place = strstr(new_script_lua, template->line);
    char *whole = core_printf(core, "%.*s%s%s", (int)(place - new_script_lua), new_script_lua,
                              template->instead, place + strlen(template->line));
    char *named = whole != NULL ? with_word(core, whole, "KIND", request->kind_word) : NULL;
    char *script = named != NULL ? with_word(core, named, "my_rule", request->id) : NULL;
    core_free(core, whole);
    core_free(core, named);
    return script;
}

/* Writes a file that there was not. */
static synrl_status write_new(struct core *core, const char *path, const char *text) {
    const int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0) {
        return errno == EEXIST ? core_fail(core, SYNRL_INVALID,
                                           "%s: is there already, and is not written over", path)
                               : file_fail(core, path, "write");
    }
    FILE *stream = fdopen(descriptor, "w");
    if (stream == NULL) {
        close(descriptor);
        unlink(path);
        return file_fail(core, path, "write");
    }
    fputs(text, stream);
    const synrl_status status = file_close(core, stream, path);
    if (status != SYNRL_OK) {
        unlink(path);
    }
    return status;
}

static synrl_status write_both(struct core *core, const char *code_path, const char *code,
                               const char *script_path, const char *script) {
    SYNRL_TRY(write_new(core, code_path, code));
    const synrl_status status = write_new(core, script_path, script);
    if (status != SYNRL_OK) {
        unlink(code_path);
    }
    return status;
}

/* A plugin that is found by this name would be found instead, or no longer. */
static synrl_status check_name(struct core *core, const struct request *request) {
    char file[PATH_MAX];
    if (!c_text_is_name(request->id)) {
        return core_fail(core, SYNRL_INVALID,
                         "\"%s\" cannot be a plugin's name: must be lower-case letters, digits and "
                         "_, at most 63, and no word of C",
                         request->id);
    }
    return registry_locate(core, request->kind, request->id, file)
               ? core_fail(core, SYNRL_INVALID, "there is a %s \"%s\" already, %s",
                           request->kind_word, request->id, file)
               : SYNRL_OK;
}

static synrl_status make(struct core *core, void *context) {
    const struct request *request = context;
    char code_path[80], script_path[80], include[PATH_MAX];
    SYNRL_TRY(check_name(core, request));
    SYNRL_TRY(compile_headers(core, include));
    snprintf(code_path, sizeof code_path, "%s.c", request->id);
    snprintf(script_path, sizeof script_path, "%s.lua", request->id);
    const struct template *template = &templates[request->kind];
    char *code = with_word(core, template->code, template->id, request->id);
    char *script = make_script(core, request);
    const synrl_status status = code != NULL && script != NULL
                                    ? write_both(core, code_path, code, script_path, script)
                                    : SYNRL_NO_MEMORY;
    core_free(core, code);
    core_free(core, script);
    if (status == SYNRL_OK) {
        printf(
            "%s and %s are written. Build and check:\n\n"
            "    cc -O2 -ffp-contract=off -shared -fPIC -I'%s' %s -o %s.so\n"
            "    SYNRL_PLUGIN_PATH=. synrl check %s %s %s\n",
            code_path, script_path, include, code_path, request->id, request->kind_word,
            request->id, script_path);
    }
    return status;
}

static int new_plugin(const struct program *program, int argc, char **argv) {
    struct request request = {.id = NULL};
    size_t n_words;
    (void)program;
    const int code = arguments_parse(&command_new, &request, argc, argv, &n_words);
    if (code != EXIT_DONE) {
        return code;
    }
    if (n_words != 2) {
        return usage_error("write synrl new KIND NAME, such as: synrl new rule my_rule");
    }
    request.kind_word = argv[0];
    request.id = argv[1];
    if (!kind_for_scripts(request.kind_word, &request.kind)) {
        char list[KIND_LIST_SIZE];
        return usage_error("\"%s\" is not a kind of plugin; the kinds are %s", request.kind_word,
                           kind_list(true, list));
    }
    return run_with_core(make, &request);
}

const struct command command_new = {
    .name = "new",
    .arguments = "KIND NAME",
    .summary = "write a plugin to begin with, and a script that trains with it",
    .description =
        "KIND is activation, dataset, layer, loss, model or rule. Writes NAME.c and NAME.lua into "
        "the "
        "present folder, over no other file, and prints the line that builds the plugin and the "
        "one that checks it.",
    .examples = "synrl new rule my_rule\n",
    .run = new_plugin,
};
