/* SPDX-License-Identifier: MIT */
/* Networks of layers, in the model "sequential". */
#ifndef CHAIN_SUPPORT_H
#define CHAIN_SUPPORT_H

#include "support/support.h"
#include "train/dataset.h"
#include "train/network.h"

enum { CHAIN_SAMPLES = 37, CHAIN_HEIGHT = 6, CHAIN_WIDTH = 5, CHAIN_CLASSES = 4 };

/* At work on all of CHAIN_SAMPLES pictures of bytes, under cross-entropy. */
struct chain_made {
    struct core *core;
    struct component *model, *loss;
    struct dataset *data;
    struct network *network;
};

/* Takes the layers. The first failure, after which chain_unmake is due as well. */
synrl_status chain_try_make(struct chain_made *made, struct core *core, size_t n,
                            struct component *const *layers);
void chain_unmake(struct chain_made *made);
/* outputs [CHAIN_SAMPLES][n_outputs] */
void chain_run(const struct chain_made *made, float *outputs);

#define LAYER(id, ...) test_component(core, SYNRL_KIND_LAYER, id, GIVEN(__VA_ARGS__))
#define PLAIN_LAYER(id) test_component(core, SYNRL_KIND_LAYER, id, 0, NULL)

#endif
