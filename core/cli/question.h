/* SPDX-License-Identifier: MIT */
/* A trained network and data that it is asked about, for the commands evaluate and predict. */
#ifndef QUESTION_H
#define QUESTION_H

#include "cli/command.h"
#include "runs/trained.h"
#include "train/evaluate.h"

/* What both commands are given: the first five fields by flags. */
struct question_request {
    const char *runs, *as, *output, *run;
    bool last, force_changed, json;
    size_t n_settings;
    char **settings;
    char *path; /* "path=DATA", or NULL */
};

/* Rows of both commands' tables of flags. */
#define QUESTION_FLAGS                                                                 \
    {"--as", FLAG_TEXT(struct question_request, as), "DATASET",                        \
     "read the data by this data set, not by that of the run"},                        \
        {"--last", FLAG_SWITCH(struct question_request, last), NULL,                   \
         "use the last weights where the run kept its best"},                          \
        {"--force-changed", FLAG_SWITCH(struct question_request, force_changed), NULL, \
         "even if a plugin of the network has changed"},                               \
    {                                                                                  \
        "--runs", FLAG_TEXT(struct question_request, runs), "DIR",                     \
            "look for the run by name in DIR (default: `runs`)"                        \
    }

/* Its answers are for `data`, whose classes are numbered as the network's. */
struct question {
    struct trained trained;
    struct dataset *data;
    struct evaluation answers;
};

/* Reads the words after the flags, asks, and calls `act` with the answers. Returns the exit code.
 */
struct question_call {
    const struct command *command;
    synrl_status (*act)(struct core *core, const struct question_request *request,
                        const struct question *question);
};
int question_call(const struct question_call *call, int argc, char **argv);

/* The name of a class, or its number. */
const char *question_class(const struct question *question, size_t class, char number[24]);

#endif
