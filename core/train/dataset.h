/* SPDX-License-Identifier: MIT */
/* Data sets at work: a plugin's data, or a subset of its samples. Counted references. */
#ifndef DATASET_H
#define DATASET_H

#include "plugin/component.h"
#include "synrl/dataset.h"

struct dataset;

/* Puts a finished component of kind dataset to work; checks what it made (sizes, finite values,
 * labels in range). Holds a reference to the component. */
synrl_status dataset_create(struct core *core, struct component *component, struct dataset **made);
/* Two data sets of round(fraction * n) samples and of the rest, drawn at random by seed. Neither
 * may be empty. */
synrl_status dataset_split(struct dataset *whole, double fraction, uint64_t seed,
                           struct dataset **first, struct dataset **second);
/* n_samples made up on the spot, for asking a network: floats like those of `like`,
 * [n_samples][n_inputs], which stay the caller's and outlive it. Its labels and targets are all 0.
 */
synrl_status dataset_of_inputs(struct dataset *like, size_t n_samples, const float *inputs,
                               struct dataset **made);
/* The same samples, whose label l becomes map[l], [n_classes of the data], of n_classes classes
 * with these names. */
synrl_status dataset_relabel(struct dataset *data, const int32_t *map, size_t n_classes,
                             const char *const *class_names, struct dataset **made);
/* One piece of memory, freed by core_free. */
synrl_status class_names_copy(struct core *core, size_t n, const char *const *names,
                              const char *const **copy);
struct dataset *dataset_retain(struct dataset *dataset);
void dataset_release(struct dataset *dataset); /* NULL is allowed */

/* Shapes, formats and names; n_samples is the subset's, and inputs, labels, targets are those of
 * the whole: sample i of this data set is row dataset_row(i) of them. */
const synrl_data *dataset_data(const struct dataset *dataset);
size_t dataset_row(const struct dataset *dataset, size_t sample);
/* Whether it has labels or targets: what has neither can be answered, not learned. */
bool dataset_is_labelled(const struct dataset *dataset);
const char *dataset_id(const struct dataset *dataset);
struct component *dataset_component(const struct dataset *dataset);
struct core *dataset_core(const struct dataset *dataset);
/* XXH3-64 of the samples: inputs, labels, targets, class names, shape; and of which of them this
 * is.
 */
uint64_t dataset_hash(struct dataset *dataset);
/* component_json, with "samples", "inputs", "format" (bytes or floats), and "split" or "derived"
 * where it was made of another. */
json_t *dataset_json(const struct dataset *dataset);

#endif
