/* SPDX-License-Identifier: MIT */
/* Matrices of a chunk of samples, one row per sample, with OpenBLAS. Chunks are of one size
 * whatever the number of workers, and their gradients are added in their own order: always the same
 * bits. */
#include "gradient.h"

#include <stdlib.h>
#include <string.h>

/* Samples that one call of BLAS takes together; fixed, so that sums run in an order of their own.
 */
enum { CHUNK = 512 };

/* What OpenBLAS 0.3 takes, in one piece, for each thread that calls it. */
#define BLAS_BUFFER ((size_t)129 << 20)

static synrl_status check_derivatives(const synrl_host *host, const struct layer *layers,
                                      size_t n_layers) {
    for (size_t l = 0; l < n_layers; l++) {
        const synrl_activation *activation = layers[l].activation;
        if (!SYNRL_OFFERS(activation->ops, derivative)) {
            return host->fail(host, SYNRL_UNSUPPORTED, "activation \"%s\" has no derivative",
                              activation->id);
        }
    }
    return SYNRL_OK;
}

/* OpenBLAS asks again for ever where it gets no memory, so it is asked for here first. */
static synrl_status check_memory(const synrl_host *host, size_t n_workers) {
    void *volatile memory = malloc(n_workers * BLAS_BUFFER); /* not touched */
    if (memory == NULL) {
        return host->fail(host, SYNRL_NO_MEMORY,
                          "not enough memory for OpenBLAS, which takes %zu MiB for each of %zu "
                          "threads",
                          BLAS_BUFFER >> 20, n_workers);
    }
    free(memory);
    return SYNRL_OK;
}

static synrl_status load_blas(const synrl_host *host, struct blas *blas) {
    static const char *const names[] = {BLAS_FUNCTIONS(SYNRL_LATE_NAME)};
    const char *why = synrl_late_load(OPENBLAS_SONAME, sizeof names / sizeof *names, names, blas);
    return why == NULL ? SYNRL_OK
                       : host->fail(host, SYNRL_UNSUPPORTED,
                                    "gradients need OpenBLAS, which cannot be loaded: %s", why);
}

synrl_status gradient_prepare(struct gradient *gradient, const synrl_host *host,
                              const struct layer *layers, size_t n_layers) {
    SYNRL_TRY(check_derivatives(host, layers, n_layers));
    if (gradient->values != NULL) {
        return SYNRL_OK;
    }
    *gradient = (struct gradient){.host = host, .layers = layers, .n_layers = n_layers};
    SYNRL_TRY(load_blas(host, &gradient->blas));
    gradient->blas.openblas_set_num_threads(1); /* the host's workers share the chunks */
    size_t width = layers[0].n_from;
    for (size_t l = 0; l < n_layers; l++) {
        width += 3 * layers[l].n_to; /* z, x and the slope of each layer */
    }
    gradient->n_synapses = layer_end(&layers[n_layers - 1]);
    gradient->values_size = width * CHUNK;
    const size_t n_workers = host->n_workers(host);
    SYNRL_TRY(SYNRL_NEW(host, gradient->weights, gradient->n_synapses));
    SYNRL_TRY(SYNRL_NEW(host, gradient->partial, n_workers * gradient->n_synapses));
    SYNRL_TRY(SYNRL_NEW(host, gradient->values, n_workers * gradient->values_size));
    return check_memory(host, n_workers);
}

/* One chunk of samples, one row per sample; where each layer's values lie in a worker's buffer. */
struct chunk {
    const struct gradient *gradient;
    size_t first, n;
    float *inputs, *values;
    float *partial;     /* [n_synapses], of this chunk */
    const float *slope; /* of the outputs, in blocks */
    const float *feedback;
};

static float *layer_z(const struct chunk *chunk, size_t l) {
    float *values = chunk->values;
    for (size_t i = 0; i < l; i++) {
        values += 3 * CHUNK * chunk->gradient->layers[i].n_to;
    }
    return values;
}

static float *layer_x(const struct chunk *chunk, size_t l) {
    return layer_z(chunk, l) + CHUNK * chunk->gradient->layers[l].n_to;
}

static float *layer_slope(const struct chunk *chunk, size_t l) {
    return layer_x(chunk, l) + CHUNK * chunk->gradient->layers[l].n_to;
}

static void chunk_forward(const struct chunk *chunk) {
    const struct gradient *gradient = chunk->gradient;
    const float *from = chunk->inputs;
    for (size_t l = 0; l < gradient->n_layers; l++) {
        const struct layer *layer = &gradient->layers[l];
        const float *weights = gradient->weights + layer->first;
        const float *biases = weights + layer->n_from * layer->n_to;
        const int n = (int)chunk->n, n_to = (int)layer->n_to, n_from = (int)layer->n_from;
        float *z = layer_z(chunk, l);
        for (size_t s = 0; layer->bias != SYNRL_NO_TENSOR && s < chunk->n; s++) {
            memcpy(z + s * layer->n_to, biases, layer->n_to * sizeof *z);
        }
        gradient->blas.cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, n_to, n_from, 1.0F,
                                   from, n_from, weights, n_from,
                                   layer->bias != SYNRL_NO_TENSOR ? 1.0F : 0.0F, z, n_to);
        synrl_activation_apply(layer->activation, chunk->n * layer->n_to, z, layer_x(chunk, l));
        from = layer_x(chunk, l);
    }
}

/* slope(z) = slope(x) * f'(z), in place. */
static void through_activation(const struct chunk *chunk, size_t l) {
    const struct layer *layer = &chunk->gradient->layers[l];
    const synrl_activation *f = layer->activation;
    float *z = layer_z(chunk, l), *slope = layer_slope(chunk, l);
    const size_t n = chunk->n * layer->n_to;
    f->ops->derivative(f->host, f->config, n, z, layer_x(chunk, l), z);
    for (size_t i = 0; i < n; i++) {
        slope[i] *= z[i];
    }
}

static void layer_backward(const struct chunk *chunk, size_t l) {
    const struct gradient *gradient = chunk->gradient;
    const struct layer *layer = &gradient->layers[l];
    const int n = (int)chunk->n, n_to = (int)layer->n_to, n_from = (int)layer->n_from;
    float *weights = chunk->partial + layer->first;
    float *biases = weights + layer->n_from * layer->n_to;
    const float *slope = layer_slope(chunk, l);
    through_activation(chunk, l);
    gradient->blas.cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, n_to, n_from, n, 1.0F,
                               slope, n_to, l > 0 ? layer_x(chunk, l - 1) : chunk->inputs, n_from,
                               0.0F, weights, n_from);
    if (layer->bias != SYNRL_NO_TENSOR) {
        memset(biases, 0, layer->n_to * sizeof *biases);
        for (size_t s = 0; s < chunk->n; s++) {
            for (size_t o = 0; o < layer->n_to; o++) {
                biases[o] += slope[s * layer->n_to + o];
            }
        }
    }
    if (l > 0) {
        gradient->blas.cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n_from, n_to, 1.0F,
                                   slope, n_to, chunk->feedback + layer->first, n_from, 0.0F,
                                   layer_slope(chunk, l - 1), n_from);
    }
}

/* The outputs' slopes, from blocks of lanes to one row per sample. */
static void take_slope(const struct chunk *chunk) {
    const size_t last = chunk->gradient->n_layers - 1;
    const size_t n_outputs = chunk->gradient->layers[last].n_to;
    float *rows = layer_slope(chunk, last);
    for (size_t s = 0; s < chunk->n; s++) {
        const size_t sample = chunk->first + s, block = sample / SYNRL_LANES;
        const float *lane = chunk->slope + block * n_outputs * SYNRL_LANES + sample % SYNRL_LANES;
        for (size_t o = 0; o < n_outputs; o++) {
            rows[s * n_outputs + o] = lane[o * SYNRL_LANES];
        }
    }
}

struct work {
    const struct gradient *gradient;
    const float *feedback;
    const synrl_batch *batch;
    const float *slope;
    size_t first_chunk, n_chunks; /* of this round: at most one per worker */
};

static void run_share(void *context, size_t worker, size_t n_workers) {
    (void)n_workers;
    const struct work *work = context;
    const struct gradient *gradient = work->gradient;
    const synrl_engine_api *engine = gradient->host->engine;
    if (worker >= work->n_chunks) {
        return;
    }
    const size_t n_samples = engine->batch_samples(work->batch);
    struct chunk chunk = {.gradient = gradient,
                          .first = (work->first_chunk + worker) * CHUNK,
                          .inputs = gradient->values + worker * gradient->values_size,
                          .partial = gradient->partial + worker * gradient->n_synapses,
                          .slope = work->slope,
                          .feedback = work->feedback};
    chunk.n = n_samples - chunk.first < CHUNK ? n_samples - chunk.first : CHUNK;
    chunk.values = chunk.inputs + CHUNK * gradient->layers[0].n_from;
    engine->batch_rows(work->batch, chunk.first, chunk.n, chunk.inputs);
    chunk_forward(&chunk);
    take_slope(&chunk);
    for (size_t l = gradient->n_layers; l > 0; l--) {
        layer_backward(&chunk, l - 1);
    }
}

/* Chunks are added in their own order, whichever worker had them. */
void gradient_run(const struct gradient *gradient, const float *feedback, const synrl_batch *batch,
                  const float *slope, float *result) {
    const synrl_host *host = gradient->host;
    const size_t n = gradient->n_synapses, n_workers = host->n_workers(host);
    const size_t n_chunks = (host->engine->batch_samples(batch) + CHUNK - 1) / CHUNK;
    memset(result, 0, n * sizeof *result);
    for (size_t first = 0; first < n_chunks; first += n_workers) {
        const size_t left = n_chunks - first;
        struct work work = {gradient, feedback, batch,
                            slope,    first,    left < n_workers ? left : n_workers};
        host->parallel(host, run_share, &work);
        for (size_t chunk = 0; chunk < work.n_chunks; chunk++) {
            const float *partial = gradient->partial + chunk * n;
            for (size_t i = 0; i < n; i++) {
                result[i] += partial[i];
            }
        }
    }
}
