/* SPDX-License-Identifier: MIT */
/* synrl evaluate: how well the network of a run does on other data. */
#include <math.h>
#include <stdio.h>

#include "base/count.h"
#include "base/json.h"
#include "base/json_build.h"
#include "base/table.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/question.h"

static const struct flag flags[] = {
    {"--json", FLAG_SWITCH(struct question_request, json), NULL, "print it as JSON"},
    QUESTION_FLAGS,
};

static json_t *class_json(const struct question *question, size_t class) {
    const struct class_scores scores = evaluation_class(&question->answers, class);
    char number[24];
    return json_pack("{s:o, s:I, s:o, s:o, s:o}", "class",
                     json_text_bytes(question_class(question, class, number)), "samples",
                     (json_int_t)scores.n_samples, "recall", json_number_or_null(scores.recall),
                     "precision", json_number_or_null(scores.precision), "f1",
                     json_number_or_null(scores.f1));
}

static json_t *evaluation_json(const struct question *question) {
    const struct evaluation *answers = &question->answers;
    json_t *json = json_pack("{s:I, s:o, s:o}", "samples", (json_int_t)answers->n_samples, "loss",
                             json_number_or_null(answers->loss), "accuracy",
                             json_number_or_null(answers->accuracy));
    json_t *classes = json_array();
    for (size_t c = 0; answers->confusion != NULL && c < answers->n_classes; c++) {
        classes = json_appended(classes, class_json(question, c));
    }
    return json_with(json, "classes", classes);
}

static void add_share(struct table *table, double share) {
    if (isnan(share)) {
        table_add(table, "-");
    } else {
        table_add(table, "%.2f%%", 100 * share);
    }
}

/* False where there is no memory. */
static bool print_evaluation(const struct question *question) {
    static const char *const heads[] = {"class", "samples", "recall", "precision", "F1"};
    const struct evaluation *answers = &question->answers;
    struct table table = {.alignments = "lrrrr"};
    char number[24];
    printf("samples   %zu\nloss      %.6g\n", answers->n_samples, answers->loss);
    if (!isnan(answers->accuracy)) {
        printf("accuracy  %.2f%%\n", 100 * answers->accuracy);
    }
    if (answers->confusion == NULL) {
        return true;
    }
    printf("\n");
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        table_add(&table, "%s", heads[i]);
    }
    for (size_t c = 0; c < answers->n_classes; c++) {
        const struct class_scores scores = evaluation_class(answers, c);
        table_add(&table, "%s", question_class(question, c, number));
        table_add(&table, "%zu", (size_t)scores.n_samples);
        add_share(&table, scores.recall);
        add_share(&table, scores.precision);
        add_share(&table, scores.f1);
    }
    const bool is_whole = table_print(&table, stdout, "");
    table_free(&table);
    return is_whole;
}

static synrl_status show_evaluation(struct core *core, const struct question_request *request,
                                    const struct question *question) {
    if (!question->answers.is_labelled) {
        return core_fail(core, SYNRL_INVALID,
                         "the data has neither labels nor targets: there is nothing to compare the "
                         "answers with; `synrl predict` writes them");
    }
    json_t *json = request->json ? evaluation_json(question) : NULL;
    const bool is_out =
        request->json ? json != NULL && output_json(stdout, json) : print_evaluation(question);
    json_decref(json);
    return is_out ? SYNRL_OK : core_fail(core, SYNRL_NO_MEMORY, "not enough memory to print it");
}

static int evaluate_call(const struct program *program, int argc, char **argv) {
    (void)program;
    return question_call(&(struct question_call){&command_evaluate, show_evaluation}, argc, argv);
}

const struct command command_evaluate = {
    .name = "evaluate",
    .arguments = "[options] RUN DATA [NAME=VALUE ...]",
    .summary = "evaluate the network of a run on other data",
    .description =
        "DATA is a path, read as the run read its own data: by the same data set, with the same "
        "parameters but for those given here (`NAME=` leaves a recorded one out), and normalised "
        "by the run's statistics. Classes are compared by name. Neither the script nor the run's "
        "data are needed.",
    .examples =
        "synrl evaluate runs/20260131-120000-letters test.csv\n"
        "synrl evaluate letters --as npz path=test.npz images=x labels=y\n",
    COMMAND_FLAGS(flags),
    .run = evaluate_call,
};
