/* SPDX-License-Identifier: MIT */
/* Shared by the trainer's files. */
#ifndef TRAINER_PRIVATE_H
#define TRAINER_PRIVATE_H

#include "train/environment.h"
#include "train/rule.h"
#include "train/trainer.h"

struct trainer {
    struct core *core;
    struct train_options options; /* holds references, and its own name */
    struct environment *environment;
    struct dataset *valid;      /* its labels numbered as those of the training data; or NULL */
    struct network *validation; /* or NULL */
    struct rule rule;
    size_t rule_state_size;
    float *weights;        /* [n_synapses], scratch of validation; NULL without */
    uint64_t weights_hash; /* as the last run left them */
    uint64_t done;
    uint64_t rewarded, stepped; /* since the last metrics */
    struct metrics latest;
    struct metric_names own; /* of the rule; then of the script, once has_columns */
    size_t n_rule_metrics;
    bool has_columns;
    char own_texts[METRICS_OWN_MAX][METRIC_NAME_SIZE]; /* of the script's names */
    struct best best;
    double seconds;
    uint64_t former_iterations; /* of a run that is trained longer than before; 0: it is not */
    bool has_ended, is_interrupted;
    bool is_validation_warned; /* its loss was not finite, and that was said */
    bool is_report_due;        /* of its present iteration, which is not recorded yet */
    char stopped[256];
};

/* Whether what is done every so many iterations is done after this one: the last always is. */
bool trainer_is_due(const struct trainer *trainer, uint64_t done, uint64_t every);
/* Whether there is a row after this iteration. */
bool trainer_has_row(const struct trainer *trainer, uint64_t done);

/* The script's own metrics (trainer_metrics.c) */

/* Sets those of a decision in the latest metrics. SYNRL_INVALID for one that is late, or where
 * there are too many. */
synrl_status trainer_take_metrics(struct trainer *trainer, const struct decision *decision);
/* Makes them unknown. */
void trainer_forget_metrics(const struct trainer *trainer, struct metrics *metrics);

#endif
