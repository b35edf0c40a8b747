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
    struct metric_names own; /* of the rule */
    struct best best;
    double seconds;
    bool has_ended, is_interrupted;
    bool is_validation_warned; /* its loss was not finite, and that was said */
    bool is_loaded;            /* what it was loaded from had recorded its present iteration */
    char stopped[256];
};

/* Whether what is done every so many iterations is done after this one: the last always is. */
bool trainer_is_due(const struct trainer *trainer, uint64_t done, uint64_t every);

#endif
