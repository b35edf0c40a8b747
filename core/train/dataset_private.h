/* SPDX-License-Identifier: MIT */
/* What the files about data sets share. */
#ifndef DATASET_PRIVATE_H
#define DATASET_PRIVATE_H

#include <jansson.h>

#include "plugin/host.h"
#include "train/dataset.h"

enum { DATASET_SAMPLE_NAMES = 5, DATASET_SAMPLE_NUMBERS, DATASET_OWNED_MAX }; /* in `owned` */

struct dataset {
    struct core *core;
    size_t references;
    struct component *component;
    struct host host;
    void *self; /* the plugin's instance; NULL in what was derived */
    synrl_data data;
    struct dataset *whole;          /* whose arrays it refers to, or NULL */
    uint32_t *rows;                 /* [n_samples], of the whole's arrays; NULL: all in order */
    void *owned[DATASET_OWNED_MAX]; /* arrays of its own, freed with it */
    json_t *derivation;             /* how it was derived from another, or NULL */
    bool is_split, is_renumbered;   /* by dataset_split; by dataset_relabel for a network */
    bool has_hash;                  /* dataset_hash was called */
    uint64_t hash;
};

/* A new one with the component, and nothing in it; NULL without memory. */
struct dataset *dataset_allocate(struct core *core, struct component *component);
/* How `data` was derived, with "of" where its origin was, too; takes the reference to `how`. */
synrl_status dataset_derived(struct dataset *made, const struct dataset *data, json_t *how);
/* Refuses what is not a sound data set. */
synrl_status dataset_check(const struct dataset *dataset);
/* The samples at these places of the whole, which it refers to. */
synrl_status dataset_rows(struct dataset *whole, const uint32_t *places, size_t n,
                          struct dataset **made);

#endif
