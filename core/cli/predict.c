/* SPDX-License-Identifier: MIT */
/* synrl predict: what the network of a run answers, as CSV. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/command.h"
#include "cli/question.h"
#include "train/data_names.h"

static const struct flag flags[] = {
    {"-o", FLAG_TEXT(struct question_request, output), "FILE",
     "write to FILE (default: standard output)"},
    QUESTION_FLAGS,
};

/* A field of CSV: quoted where it has to be. */
static void write_field(FILE *stream, const char *text) {
    if (strpbrk(text, ",\"\r\n") == NULL && text[0] != ' ') {
        fputs(text, stream);
        return;
    }
    fputc('"', stream);
    for (; *text != '\0'; text++) {
        fputs(*text == '"' ? "\"\"" : (const char[]){*text, '\0'}, stream);
    }
    fputc('"', stream);
}

static bool answers_classes(const struct question *question) {
    return evaluation_has_classes(&question->answers, &question->trained.classes);
}

static void write_heading(FILE *stream, const struct question *question, bool has_shares) {
    char number[24];
    const bool has_classes = answers_classes(question);
    fputs(dataset_sample_name(question->data, 0, number) != NULL ? "sample," : "", stream);
    fputs(has_classes ? "class" : "", stream);
    for (size_t o = 0; o < question->answers.n_outputs; o++) {
        fputs(has_classes || o > 0 ? "," : "", stream);
        if (has_shares) {
            write_field(stream, question_class(question, o, number));
        } else {
            fprintf(stream, "output%zu", o + 1);
        }
    }
    fputc('\n', stream);
}

static void write_answer(FILE *stream, const struct question *question, size_t sample,
                         double *shares) {
    const struct evaluation *answers = &question->answers;
    const bool has_classes = answers_classes(question);
    char number[24];
    const char *name = dataset_sample_name(question->data, sample, number);
    if (name != NULL) {
        write_field(stream, name);
        fputc(',', stream);
    }
    if (has_classes) {
        write_field(stream, question_class(question, (size_t)answers->predicted[sample], number));
    }
    if (shares != NULL) {
        evaluation_probabilities(answers, sample, shares);
    }
    for (size_t o = 0; o < answers->n_outputs; o++) {
        const double output = (double)answers->outputs[sample * answers->n_outputs + o];
        fprintf(stream, "%s%.9g", has_classes || o > 0 ? "," : "",
                shares != NULL ? shares[o] : output);
    }
    fputc('\n', stream);
}

static synrl_status write_answers(struct core *core, const struct question *question,
                                  FILE *stream) {
    double *shares = NULL;
    const bool has_shares = evaluation_has_probabilities(question->trained.loss);
    if (has_shares) {
        shares = core_alloc(core, question->answers.n_outputs, sizeof *shares);
        if (shares == NULL) {
            return SYNRL_NO_MEMORY;
        }
    }
    write_heading(stream, question, has_shares);
    for (size_t s = 0; s < question->answers.n_samples; s++) {
        write_answer(stream, question, s, shares);
    }
    core_free(core, shares);
    return SYNRL_OK; /* a failure to write is noticed at the end */
}

static synrl_status output_answers(struct core *core, const struct question_request *request,
                                   const struct question *question) {
    struct draft *draft;
    if (request->output == NULL) {
        return write_answers(core, question, stdout);
    }
    SYNRL_TRY(draft_begin_output(core, request->output, &draft));
    const synrl_status status = write_answers(core, question, draft_stream(draft));
    if (status != SYNRL_OK) {
        draft_abandon(draft);
        return status;
    }
    return draft_commit(draft);
}

static int predict_call(const struct program *program, int argc, char **argv) {
    (void)program;
    return question_call(&(struct question_call){&command_predict, output_answers}, argc, argv);
}

const struct command command_predict = {
    .name = "predict",
    .arguments = "[options] RUN DATA [NAME=VALUE ...]",
    .summary = "write what the network of a run answers, as CSV",
    .description =
        "One row per sample: the file or the line that it is from, the class, and the probability "
        "of each class where the loss is of logits, as `cross_entropy`, else the outputs. DATA is "
        "as for `synrl evaluate`, and needs no labels.",
    .examples = "synrl predict runs/20260131-120000-letters new.csv label= -o answers.csv\n",
    COMMAND_FLAGS(flags),
    .run = predict_call,
};
