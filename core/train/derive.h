/* SPDX-License-Identifier: MIT */
/* Data sets from data sets. Each made one is a reference of the caller's, and says in its
 * dataset_json how it came about. */
#ifndef DERIVE_H
#define DERIVE_H

#include "train/dataset.h"

/* The samples at these places, from 0, in this order. */
synrl_status dataset_subset(struct dataset *data, const uint32_t *places, size_t n,
                            struct dataset **made);
synrl_status dataset_shuffle(struct dataset *data, uint64_t seed, struct dataset **made);
/* Of k parts of nearly equal size, drawn at random by seed: the others, and this one, from 0. */
synrl_status dataset_fold(struct dataset *data, size_t k, uint64_t seed, size_t fold,
                          struct dataset **train, struct dataset **valid);
/* The samples of both, which have the same inputs, targets and classes by name. */
synrl_status dataset_concat(struct dataset *first, struct dataset *second, struct dataset **made);
/* With these classes in this order. Samples of others are left out, or refused. */
synrl_status dataset_with_classes(struct dataset *data, size_t n_classes,
                                  const char *const *class_names, bool leaves_out,
                                  struct dataset **made);

/* (input - centre) / scale, for each of the inputs, or with n = 1 for all. */
struct normalisation {
    size_t n;
    const double *centre, *scale;
};
synrl_status dataset_normalise(struct dataset *data, const struct normalisation *normalisation,
                               struct dataset **made);

/* With its inputs, as they count, for targets, and without labels. */
synrl_status dataset_autoencode(struct dataset *data, struct dataset **made);

/* Of the inputs, each or all together. */
struct statistics {
    double mean, stdev, min, max;
};
/* n: the number of inputs, or 1. */
void dataset_statistics(const struct dataset *data, size_t n, struct statistics *statistics);

/* Samples given as arrays, which are copied; the data set's id is "data". */
synrl_status dataset_of_values(struct core *core, const synrl_data *values, struct dataset **made);

/* One input as it counts. */
double dataset_input(const struct dataset *data, size_t sample, size_t input);

/* How it was derived from others, the last step first, each with the one before as "of"; NULL: it
 * was not. */
const json_t *dataset_derivation(const struct dataset *dataset);

#endif
