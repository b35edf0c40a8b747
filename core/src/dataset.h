/* Data sets at work: a plugin's data, or a subset of its samples. Counted references. */
#ifndef DATASET_H
#define DATASET_H

#include "component.h"
#include "synrl/dataset.h"

typedef struct dataset dataset;

/* Puts a finished component of kind dataset to work; checks what it made (sizes, finite values,
 * labels in range). Holds a reference to the component. */
synrl_status dataset_create(core *core, component *component, dataset **made);
/* Two data sets of round(fraction * n) samples and of the rest, drawn at random by seed. Neither
 * may be empty. */
synrl_status dataset_split(dataset *whole, double fraction, uint64_t seed, dataset **first,
                           dataset **second);
dataset *dataset_retain(dataset *dataset);
void dataset_release(dataset *dataset); /* NULL is allowed */

/* Shapes, formats and names; n_samples is the subset's, and inputs, labels, targets are those of
 * the whole: sample i of this data set is row dataset_row(i) of them. */
const synrl_data *dataset_data(const dataset *dataset);
size_t dataset_row(const dataset *dataset, size_t sample);
const char *dataset_id(const dataset *dataset);
core *dataset_core(const dataset *dataset);
/* component_json, with "samples", and "split" where it is a subset. */
json_t *dataset_json(const dataset *dataset);

#endif
