/* SPDX-License-Identifier: MIT */
/* What a network answers, and what can be said of its weights. */
#ifndef EVALUATE_H
#define EVALUATE_H

#include "base/tensors.h"
#include "plugin/component.h"
#include "train/classes.h"
#include "train/dataset.h"

/* What a network answers on any data set, off the training path: draws no random number, changes
 * nothing that training sees. */
struct evaluation {
    size_t n_samples, n_outputs, n_classes;
    bool is_labelled;    /* the data has labels or targets: else nothing is compared */
    double loss;         /* NaN without a loss */
    double accuracy;     /* NaN where the data has no classes */
    float *outputs;      /* [n_samples][n_outputs], or NULL where they are not wanted */
    int32_t *predicted;  /* [n_samples], or NULL where the data has targets of no classes */
    uint64_t *confusion; /* [actual][predicted], or NULL without classes or with too many */
};

/* Of one class: how many samples are of it, were taken for it, and both; recall, precision and
 * their harmonic mean, NaN where there are none to count. */
struct class_scores {
    uint64_t n_samples, n_predicted, n_both;
    double recall, precision, f1;
};
/* By its confusion. */
struct class_scores evaluation_class(const struct evaluation *evaluation, size_t class);

/* Of more, a table of all pairs would take gigabytes, and nobody would read it. */
enum { CONFUSION_CLASSES_MAX = 1000 };

/* weights NULL: the initial weights of the model. loss NULL: none. Freed by evaluation_free. */
synrl_status evaluate(struct core *core, struct component *model, const struct tensors *weights,
                      struct component *loss, struct dataset *data, bool outputs,
                      struct evaluation *result);
/* Whether `predicted` means classes: the data has labels, or else the network was trained on some,
 * whose names are `classes`. */
bool evaluation_has_classes(const struct evaluation *evaluation, const struct classes *classes);
/* Whether a loss takes the outputs as logits of the classes. NULL: no. */
bool evaluation_has_probabilities(const struct component *loss);
/* softmax of a sample's outputs, [n_outputs]. */
void evaluation_probabilities(const struct evaluation *evaluation, size_t sample, double *shares);
void evaluation_free(struct core *core, struct evaluation *result);

/* XXH3-64 of n floats in little-endian order. */
uint64_t weights_hash(const float *weights, size_t n);

#endif
