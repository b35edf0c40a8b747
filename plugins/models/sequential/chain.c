/* SPDX-License-Identifier: MIT */
/* The gradient of a chain, block by block. Chunks of blocks are of one size whatever the number of
 * workers, and their gradients are added in their own order: always the same bits. */
#include "chain.h"

#include <string.h>

enum { CHUNK = 2 * SYNRL_TILE_BLOCKS }; /* blocks: whole tiles, each of which is one worker's */

void chain_append(struct chain *chain, const synrl_layer_instance *layer) {
    const size_t size = synrl_layer_size(&layer->out);
    size_t *width = &chain->widths[chain->n % 2];
    *width = size > *width ? size : *width;
    chain->layers[chain->n++] = layer;
}

synrl_status chain_prepare_backward(const struct chain *chain) {
    for (size_t l = 0; l < chain->n; l++) {
        const synrl_layer_instance *layer = chain->layers[l];
        const synrl_layer_ops *ops = layer->layer->ops;
        if (!SYNRL_OFFERS(ops, backward)) {
            return layer->host->fail(layer->host, SYNRL_UNSUPPORTED, "has no derivative");
        }
        if (SYNRL_OFFERS(ops, prepare_backward)) {
            SYNRL_TRY(ops->prepare_backward(layer->host, layer->layer->config, layer->self));
        }
    }
    return SYNRL_OK;
}

static synrl_status make_room(struct chain *chain, const synrl_host *host,
                              const synrl_layout *layout) {
    if (chain->values != NULL) {
        return SYNRL_OK;
    }
    const size_t widest = chain->widths[0] > chain->widths[1] ? chain->widths[0] : chain->widths[1];
    size_t n = synrl_layer_size(&chain->layers[0]->in) + 2 * widest;
    for (size_t l = 0; l < chain->n; l++) {
        n += synrl_layer_size(&chain->layers[l]->out);
    }
    chain->n_synapses = layout->n_synapses;
    chain->values_size = n * SYNRL_LANES;
    const size_t n_workers = host->n_workers(host);
    SYNRL_TRY(SYNRL_NEW(host, chain->weights, chain->n_synapses));
    SYNRL_TRY(SYNRL_NEW(host, chain->partial, n_workers * chain->n_synapses));
    return SYNRL_NEW(host, chain->values, n_workers * chain->values_size);
}

struct work {
    const struct chain *chain;
    const synrl_host *host;
    const synrl_weights *weights;
    const synrl_batch *batch;
    const float *feedback, *slope;
    size_t n_blocks, n_outputs;
    size_t first_chunk, n_chunks; /* of this round: at most one per worker */
};

/* From the values of the last layer to those of the first one. */
static void go_back(const struct work *work, const synrl_pass *pass, float *y, float *slopes[2],
                    float *gradient) {
    const struct chain *chain = work->chain;
    for (size_t l = chain->n; l-- > 0;) {
        const synrl_layer_instance *layer = chain->layers[l];
        float *x = y - synrl_layer_size(&layer->in) * SYNRL_LANES;
        const synrl_layer_slopes of = {.size = sizeof of,
                                       .pass = pass,
                                       .weights = work->feedback,
                                       .x = x,
                                       .y = y,
                                       .slope_y = slopes[l % 2],
                                       .slope_x = l > 0 ? slopes[(l + 1) % 2] : NULL,
                                       .gradient = gradient};
        layer->layer->ops->backward(layer->host, layer->layer->config, layer->self, &of);
        y = x;
    }
}

/* Values lie one after another: the inputs, then what each layer gives. */
static void run_block(const struct work *work, const synrl_pass *pass, float *values,
                      float *gradient) {
    const struct chain *chain = work->chain;
    const size_t size = work->n_outputs * SYNRL_LANES;
    const size_t widest = chain->widths[0] > chain->widths[1] ? chain->widths[0] : chain->widths[1];
    float *slopes[] = {values, values + widest * SYNRL_LANES};
    float *x = values + 2 * widest * SYNRL_LANES;
    work->host->engine->batch_values(pass->batch, pass->block, x);
    for (size_t l = 0; l < chain->n; l++) {
        const synrl_layer_instance *layer = chain->layers[l];
        float *y = x + synrl_layer_size(&layer->in) * SYNRL_LANES;
        chain_step(layer, pass, layer->reads_inputs ? NULL : x, y);
        x = y;
    }
    memcpy(slopes[(chain->n - 1) % 2], work->slope + pass->block * size, size * sizeof *x);
    go_back(work, pass, x, slopes, gradient);
}

static void run_share(void *context, size_t worker, size_t n_workers) {
    const struct work *work = context;
    const struct chain *chain = work->chain;
    if (worker >= work->n_chunks) {
        return;
    }
    const size_t first = (work->first_chunk + worker) * CHUNK;
    const size_t end = first + CHUNK < work->n_blocks ? first + CHUNK : work->n_blocks;
    float *partial = chain->partial + worker * chain->n_synapses;
    memset(partial, 0, chain->n_synapses * sizeof *partial);
    for (size_t block = first; block < end; block++) {
        synrl_pass pass = {.size = sizeof pass};
        work->host->engine->begin_pass(work->weights, worker, block, &pass);
        run_block(work, &pass, chain->values + worker * chain->values_size, partial);
    }
}

synrl_status chain_backward(struct chain *chain, const synrl_host *host,
                            const synrl_weights *weights, const float *feedback,
                            const synrl_batch *batch, const float *slope, float *gradient) {
    synrl_pass pass = {.size = sizeof pass};
    host->engine->begin_pass(weights, 0, 0, &pass);
    SYNRL_TRY(make_room(chain, host, pass.layout));
    host->engine->weights_get(weights, chain->weights);
    struct work work = {.chain = chain,
                        .host = host,
                        .weights = weights,
                        .batch = batch,
                        .feedback = feedback != NULL ? feedback : chain->weights,
                        .slope = slope,
                        .n_blocks = host->engine->batch_blocks(batch),
                        .n_outputs = pass.layout->n_outputs};
    const size_t n = chain->n_synapses, n_workers = host->n_workers(host);
    const size_t n_chunks = (work.n_blocks + CHUNK - 1) / CHUNK;
    memset(gradient, 0, n * sizeof *gradient);
    for (size_t first = 0; first < n_chunks; first += n_workers) {
        work.first_chunk = first;
        work.n_chunks = n_chunks - first < n_workers ? n_chunks - first : n_workers;
        host->parallel(host, run_share, &work);
        for (size_t chunk = 0; chunk < work.n_chunks; chunk++) {
            const float *partial = chain->partial + chunk * n;
            for (size_t i = 0; i < n; i++) {
                gradient[i] += partial[i];
            }
        }
    }
    return SYNRL_OK;
}
