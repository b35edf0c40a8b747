/* SPDX-License-Identifier: MIT */
/* The data is read as the run read its own. */
#include "cli/question.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/arguments.h"
#include "cli/common.h"
#include "runs/runs.h"

static void close_question(struct core *core, struct question *question) {
    evaluation_free(core, &question->answers);
    dataset_release(question->data);
    trained_close(core, &question->trained);
}

static synrl_status ask(struct core *core, const struct question_request *request,
                        const char *folder, struct question *question) {
    struct trained *trained = &question->trained;
    struct dataset *read;
    SYNRL_TRY(trained_open(core, folder, request->last, request->force_changed, trained));
    SYNRL_TRY(
        trained_data(core, trained, request->as, request->n_settings, request->settings, &read));
    const synrl_status matched = classes_match(&trained->classes, read, &question->data);
    dataset_release(read);
    SYNRL_TRY(matched);
    return evaluate(core, trained->model, &trained->tensors, trained->loss, question->data, true,
                    &question->answers);
}

static synrl_status open_question(struct core *core, const struct question_request *request,
                                  struct question *question) {
    char *folder;
    SYNRL_TRY(
        run_find(core, request->runs != NULL ? request->runs : "runs", request->run, &folder));
    const synrl_status status = ask(core, request, folder, question);
    core_free(core, folder);
    return status;
}

const char *question_class(const struct question *question, size_t class, char number[24]) {
    const struct classes *classes = &question->trained.classes;
    snprintf(number, 24, "%zu", class);
    return class < classes->n ? classes->names[class] : number;
}

/* RUN [DATA] [NAME=VALUE ...]: DATA is the value of the parameter `path`. */
static int read_words(struct question_request *request, const struct command *command, size_t n,
                      char **words) {
    if (n < 2) {
        return usage_error("%s write synrl %s RUN DATA, such as: synrl %s runs/my-run test.csv",
                           n == 0 ? "which run, and which data?" : "which data?", command->name,
                           command->name);
    }
    request->run = words[0];
    request->settings = words + 1;
    request->n_settings = n - 1;
    for (size_t i = 1; i < n; i++) {
        if (words[i][0] == '=' || (i > 1 && strchr(words[i], '=') == NULL)) {
            return usage_error("\"%s\": parameters of the data are written NAME=VALUE", words[i]);
        }
    }
    if (strchr(words[1], '=') == NULL) {
        const size_t size = strlen("path=") + strlen(words[1]) + 1;
        request->path = malloc(size);
        if (request->path == NULL) {
            return usage_error("not enough memory");
        }
        snprintf(request->path, size, "path=%s", words[1]);
        words[1] = request->path;
    }
    return EXIT_DONE;
}

/* For run_with_core. */
struct work {
    const struct question_call *call;
    const struct question_request *request;
};

static synrl_status act(struct core *core, void *context) {
    const struct work *work = context;
    struct question question = {.data = NULL};
    synrl_status status = open_question(core, work->request, &question);
    status = status == SYNRL_OK ? work->call->act(core, work->request, &question) : status;
    close_question(core, &question);
    return status;
}

int question_call(const struct question_call *call, int argc, char **argv) {
    struct question_request request = {.run = NULL};
    size_t n_words;
    int code = arguments_parse(call->command, &request, argc, argv, &n_words);
    code = code == EXIT_DONE ? read_words(&request, call->command, n_words, argv) : code;
    code = code == EXIT_DONE ? run_with_core(act, &(struct work){call, &request}) : code;
    free(request.path);
    return code;
}
