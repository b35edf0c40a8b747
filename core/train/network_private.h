/* SPDX-License-Identifier: MIT */
/* A network, as its own files see it. */
#ifndef NETWORK_PRIVATE_H
#define NETWORK_PRIVATE_H

#include "engine/math.h"
#include "train/model.h"
#include "train/network.h"

/* A term counts in units of 2^-32; at this size and above (or NaN) the loss is infinite. */
#define TERM_LIMIT 67108864.0F /* 2^26 */
#define TERM_UNIT 4294967296.0 /* 2^32 */

struct tally { /* of one worker */
    int128 sum;
    uint64_t n_correct;
    bool is_finite;
};

struct network {
    struct core *core;
    struct model model; /* its host owns the batch too */
    struct component *loss_component;
    struct dataset *data;
    float *alphas; /* [n_tensors], scratch of an act */
    size_t n_samples, n_blocks;
    synrl_batch *batch;
    float *target_vectors;    /* [n_blocks][n_outputs][SYNRL_LANES], or NULL */
    int32_t *target_labels;   /* [n_blocks][SYNRL_LANES], or NULL */
    int32_t *classes;         /* [n_blocks][SYNRL_LANES], or NULL without classes */
    uint32_t *rows;           /* [n_samples], scratch */
    float *outputs;           /* [n_workers][n_outputs][SYNRL_LANES] */
    struct tally *tallies;    /* [n_workers] */
    float *slopes;            /* [n_blocks][n_outputs][SYNRL_LANES], made by the first gradient */
    float *terms;             /* [n_blocks][SYNRL_LANES] of the last pass, where they are kept */
    uint64_t seed, iteration; /* for streams of noise in forward */
    bool is_tried, has_tried_slopes; /* network_trial.c */
    bool is_training;
    bool is_shared;            /* among ranks: */
    size_t own_first, own_end; /* the blocks of this one */
    bool is_in_script; /* has an activation or a loss that only the main thread may compute */
};

/* network_ranks.c: the tally of one rank becomes that of all, 32 bytes each way. Fails on all where
 * the pass has failed on one of them; and all learn whether one is to stop. */
synrl_status network_tally_ranks(struct core *core, synrl_status status, struct tally *tally);

static inline const synrl_loss_ops *loss_ops(const struct network *network) {
    return component_plugin(network->loss_component)->entry->ops;
}

static inline synrl_loss_block loss_block(const struct network *network, size_t block,
                                          const float *outputs) {
    const size_t n_outputs = network->model.layout.n_outputs;
    synrl_loss_block made = {
        .size = sizeof(synrl_loss_block), .n_outputs = n_outputs, .outputs = outputs};
    if (network->target_labels != NULL) {
        made.labels = network->target_labels + block * SYNRL_LANES;
    } else {
        made.targets = network->target_vectors + block * n_outputs * SYNRL_LANES;
    }
    return made;
}

static inline size_t block_samples(const struct network *network, size_t block) {
    const size_t left = network->n_samples - block * SYNRL_LANES;
    return left < SYNRL_LANES ? left : SYNRL_LANES;
}

static inline synrl_pass make_pass(const struct network *network, struct watch *watch,
                                   size_t worker) {
    float *scratch = network->model.scratch + worker * network->model.scratch_size;
    return (synrl_pass){.size = sizeof(synrl_pass),
                        .context = watch,
                        .weights = network->model.weights,
                        .batch = network->batch,
                        .worker = worker,
                        .seed = network->seed,
                        .iteration = network->iteration,
                        .layout = &network->model.layout,
                        .scratch = scratch,
                        .layer_scratch = scratch + network->model.layer_scratch,
                        .is_training = network->is_training};
}

static inline void forward(const struct network *network, const synrl_pass *pass, float *outputs) {
    network->model.ops->forward(&network->model.host.api, network->model.config,
                                network->model.self, pass, outputs);
}

static inline void take_terms(const struct network *network, size_t block, const float *outputs,
                              float *terms) {
    struct component *loss = network->loss_component;
    const synrl_loss_block of = loss_block(network, block, outputs);
    loss_ops(network)->terms(&component_host(loss)->api, component_config(loss), &of, terms);
}

static inline double finish_loss(const struct network *network, double sum) {
    struct component *loss = network->loss_component;
    return loss_ops(network)->finish(&component_host(loss)->api, component_config(loss), sum,
                                     network->n_samples, network->model.layout.n_outputs);
}

#endif
