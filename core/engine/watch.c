/* SPDX-License-Identifier: MIT */
/* Watches of a pass. Sums are integers: see fixed_point.h. */
#include "engine/watch.h"

#include <math.h>
#include <string.h>

#include "engine/batch_private.h"
#include "engine/credit.h"
#include "engine/fixed_point.h"
#include "engine/isa.h"
#include "engine/pool.h"

enum watch_kind {
    WATCH_NOISE,
    WATCH_VALUES,
    WATCH_CHANGES,
    WATCH_FIRE,
    WATCH_CREDIT,
    WATCH_FIRED_CREDIT,
    WATCH_ACTIVITY
};

struct watcher {     /* of one worker */
    int64_t *sums;   /* [n_units][2]: of outputs and of their squares */
    float *fired;    /* [n_units][SYNRL_LANES]: uniform, then y - p of the present units */
    size_t odd_unit; /* of the first units that gave what is not a probability; SIZE_MAX: none */
    const synrl_activation *odd;
    bool is_infinite;
};

struct watch {
    const synrl_host *host;
    const synrl_layout *layout;
    const struct reduction *reduction; /* NULL: this process sees all blocks */
    enum watch_kind kind;
    size_t n_workers;
    struct watcher *watchers;
    size_t n_samples;
    bool is_added_up; /* the first watcher has the sums of all */
    uint32_t *words;  /* [n_blocks][n_units] of noise, */
    size_t n_words, n_words_max;
    synrl_stream stream; /* drawn from this one */
    synrl_stream firing;
    float *sigmas; /* [n_tensors]: of the last noise, for the units that a tensor drives */
    float *values; /* in lanes, the caller's */
    double limit;
    struct credit *credit; /* made by the first watch that needs it */
};

/* Making --------------------------------------------------------------------------------------- */

static synrl_status build(struct watch *watch) {
    const synrl_host *host = watch->host;
    const size_t n_units = watch->layout->n_units;
    SYNRL_TRY(SYNRL_NEW(host, watch->sigmas, watch->layout->n_tensors));
    SYNRL_TRY(SYNRL_NEW(host, watch->watchers, watch->n_workers));
    for (size_t worker = 0; worker < watch->n_workers; worker++) {
        struct watcher *watcher = &watch->watchers[worker];
        SYNRL_TRY(SYNRL_NEW(host, watcher->sums, 2 * n_units));
    }
    return SYNRL_OK;
}

synrl_status watch_create(const synrl_host *host, const synrl_layout *layout, struct watch **made) {
    *made = NULL;
    struct watch *watch;
    SYNRL_TRY(SYNRL_NEW(host, watch, 1));
    watch->host = host;
    watch->layout = layout;
    watch->n_workers = host->n_workers(host);
    const synrl_status status = build(watch);
    if (status != SYNRL_OK) {
        watch_destroy(watch);
        return status;
    }
    *made = watch;
    return SYNRL_OK;
}

void watch_destroy(struct watch *watch) {
    if (watch == NULL) {
        return;
    }
    const synrl_host *host = watch->host;
    for (size_t worker = 0; watch->watchers != NULL && worker < watch->n_workers; worker++) {
        host->free(host, watch->watchers[worker].sums);
        host->free(host, watch->watchers[worker].fired);
    }
    credit_destroy(watch->credit);
    host->free(host, watch->words);
    host->free(host, watch->sigmas);
    host->free(host, watch->watchers);
    host->free(host, watch);
}

void watch_share(struct watch *watch, const struct reduction *reduction) {
    watch->reduction = reduction;
}

/* Noise ---------------------------------------------------------------------------------------- */

static synrl_status check_draw(const struct watch *watch, const synrl_batch *batch, uint32_t draw,
                               uint64_t n_words) {
    const synrl_host *host = watch->host;
    const size_t n_units = watch->layout->n_units;
    if (draw >= WATCH_DRAWS_MAX) {
        return host->fail(host, SYNRL_INVALID, "draw %u of noise: must be below %d", draw,
                          WATCH_DRAWS_MAX);
    }
    if (n_units > 0 && batch->n_blocks > (UINT64_C(1) << 34) / n_words / n_units) {
        return host->fail(host, SYNRL_INVALID,
                          "noise for %zu units and %zu blocks of samples: must be at most 2^%d "
                          "in all, the length of a stream",
                          n_units, batch->n_blocks, n_words == 1 ? 34 : 30);
    }
    return SYNRL_OK;
}

static synrl_stream noise_stream(const struct noise *noise, uint32_t purpose) {
    return (synrl_stream){.seed = noise->seed,
                          .iteration = noise->iteration * WATCH_DRAWS_MAX + noise->draw,
                          .purpose = purpose};
}

static void draw_share(void *context, size_t worker, size_t n_workers) {
    const struct watch *watch = context;
    size_t first, end;
    pool_share(watch->n_words, 64, worker, n_workers, &first, &end);
    watch->host->random->words(watch->stream, first, end - first, watch->words + first);
}

/* The words of all units and blocks, unless they are there: a pass and its signs need the same. */
static synrl_status draw_words(struct watch *watch, const synrl_batch *batch,
                               const struct noise *noise) {
    const synrl_host *host = watch->host;
    const synrl_stream stream = noise_stream(noise, SYNRL_PURPOSE_NOISE);
    const size_t n = batch->n_blocks * watch->layout->n_units;
    if (n == watch->n_words && stream.seed == watch->stream.seed &&
        stream.iteration == watch->stream.iteration) {
        return SYNRL_OK;
    }
    watch->n_words = 0;
    if (n > watch->n_words_max) {
        host->free(host, watch->words);
        watch->n_words_max = 0;
        SYNRL_TRY(SYNRL_NEW(host, watch->words, n));
        watch->n_words_max = n;
    }
    watch->n_words = n;
    watch->stream = stream;
    host->parallel(host, draw_share, watch);
    return SYNRL_OK;
}

static synrl_status check_sigma(const struct watch *watch, double sigma) {
    return sigma >= 0.0 && isfinite((float)sigma)
               ? SYNRL_OK
               : watch->host->fail(watch->host, SYNRL_INVALID,
                                   "noise of sigma = %g: must be a float of at least 0", sigma);
}

/* Of the sigmas as they are. */
static synrl_status begin_noise(struct watch *watch, const synrl_batch *batch,
                                const struct noise *noise) {
    SYNRL_TRY(check_draw(watch, batch, noise->draw, 1));
    watch->kind = WATCH_NOISE;
    return draw_words(watch, batch, noise);
}

synrl_status watch_begin_noise(struct watch *watch, const synrl_batch *batch,
                               const struct noise *noise, double sigma) {
    SYNRL_TRY(check_sigma(watch, sigma));
    for (size_t t = 0; t < watch->layout->n_tensors; t++) {
        watch->sigmas[t] = (float)sigma;
    }
    return begin_noise(watch, batch, noise);
}

synrl_status watch_begin_noise_by_tensor(struct watch *watch, const synrl_batch *batch,
                                         const struct noise *noise, const double *sigmas) {
    for (size_t t = 0; t < watch->layout->n_tensors; t++) {
        SYNRL_TRY(check_sigma(watch, sigmas[t]));
    }
    for (size_t t = 0; t < watch->layout->n_tensors; t++) {
        watch->sigmas[t] = (float)sigmas[t];
    }
    return begin_noise(watch, batch, noise);
}

static void add_noise(const struct watch *watch, const synrl_pass *pass, size_t t,
                      size_t first_unit, float *z) {
    const size_t first = pass->block * watch->layout->n_units + first_unit;
    kernels_in_use()->add_noise(watch->layout->tensors[t].n_rows, watch->words + first,
                                watch->sigmas[t], z);
}

/* Of the first n lanes; 0 after them. */
static void set_signs(uint32_t word, size_t n, int8_t *signs) {
    static const int8_t of_bits[16][4] = {
        {-1, -1, -1, -1}, {1, -1, -1, -1}, {-1, 1, -1, -1}, {1, 1, -1, -1},
        {-1, -1, 1, -1},  {1, -1, 1, -1},  {-1, 1, 1, -1},  {1, 1, 1, -1},
        {-1, -1, -1, 1},  {1, -1, -1, 1},  {-1, 1, -1, 1},  {1, 1, -1, 1},
        {-1, -1, 1, 1},   {1, -1, 1, 1},   {-1, 1, 1, 1},   {1, 1, 1, 1}};
    for (size_t lane = 0; lane < SYNRL_LANES; lane += 4) {
        memcpy(signs + lane, of_bits[word >> lane & 15], 4);
    }
    memset(signs + n, 0, SYNRL_LANES - n);
}

struct signs_work {
    const struct watch *watch;
    const synrl_batch *batch;
    int8_t *signs;
};

static void signs_share(void *context, size_t worker, size_t n_workers) {
    const struct signs_work *work = context;
    const size_t n_units = work->watch->layout->n_units;
    size_t b, end;
    pool_share(work->batch->n_blocks, 1, worker, n_workers, &b, &end);
    for (; b < end; b++) {
        const size_t n_lanes = batch_lanes(work->batch, b);
        const uint32_t *words = work->watch->words + b * n_units;
        int8_t *signs = work->signs + b * n_units * SYNRL_LANES;
        for (size_t u = 0; u < n_units; u++) {
            set_signs(words[u], n_lanes, signs + u * SYNRL_LANES);
        }
    }
}

synrl_status watch_signs(struct watch *watch, const synrl_batch *batch, const struct noise *noise,
                         int8_t *signs) {
    SYNRL_TRY(check_draw(watch, batch, noise->draw, 1));
    SYNRL_TRY(draw_words(watch, batch, noise));
    struct signs_work work = {watch, batch, signs};
    watch->host->parallel(watch->host, signs_share, &work);
    return SYNRL_OK;
}

void watch_begin_values(struct watch *watch, float *values) {
    watch->kind = WATCH_VALUES;
    watch->values = values;
}

synrl_status watch_begin_changes(struct watch *watch, const synrl_batch *batch,
                                 const struct noise *noise, float *values) {
    SYNRL_TRY(begin_noise(watch, batch, noise));
    watch->kind = WATCH_CHANGES;
    watch->values = values;
    return SYNRL_OK;
}

static void keep_values(const struct watch *watch, const synrl_pass *pass, size_t unit,
                        size_t n_rows, const float *z) {
    float *values = watch->values + (pass->block * watch->layout->n_units + unit) * SYNRL_LANES;
    if (watch->kind == WATCH_VALUES) {
        memcpy(values, z, n_rows * SYNRL_LANES * sizeof *z);
        return;
    }
    const size_t n_lanes = batch_lanes(pass->batch, pass->block);
    for (size_t i = 0; i < n_rows * SYNRL_LANES; i++) {
        values[i] = i % SYNRL_LANES < n_lanes ? z[i] - values[i] : 0.0F;
    }
}

/* Stochastic units ----------------------------------------------------------------------------- */

synrl_status watch_begin_fire(struct watch *watch, const synrl_batch *batch,
                              const struct noise *noise) {
    const synrl_host *host = watch->host;
    SYNRL_TRY(check_draw(watch, batch, noise->draw, SYNRL_LANES));
    for (size_t worker = 0; worker < watch->n_workers; worker++) {
        struct watcher *watcher = &watch->watchers[worker];
        if (watcher->fired == NULL) {
            SYNRL_TRY(SYNRL_NEW(host, watcher->fired, watch->layout->n_units * SYNRL_LANES));
        }
        watcher->odd_unit = SIZE_MAX;
    }
    watch->kind = WATCH_FIRE;
    watch->firing = noise_stream(noise, SYNRL_PURPOSE_FIRING);
    return SYNRL_OK;
}

/* A NaN does not fire: what comes of it is for the loss to say. */
static void fire(const struct watch *watch, const synrl_pass *pass, size_t unit, size_t n_rows,
                 const synrl_activation *f, float *y) {
    struct watcher *watcher = &watch->watchers[pass->worker];
    const size_t n = n_rows * SYNRL_LANES;
    const uint64_t first = ((uint64_t)pass->block * watch->layout->n_units + unit) * SYNRL_LANES;
    float *fired = watcher->fired;
    bool is_odd = false;
    watch->host->random->uniform(watch->firing, first, n, 0.0F, 1.0F, fired);
    for (size_t i = 0; i < n; i++) {
        const float p = y[i];
        is_odd |= (p < 0.0F) | (p > 1.0F);
        y[i] = fired[i] < p ? 1.0F : 0.0F;
        fired[i] = y[i] - p;
    }
    if (is_odd && unit < watcher->odd_unit) {
        watcher->odd_unit = unit;
        watcher->odd = f;
    }
}

synrl_status watch_end_fire(struct watch *watch) {
    const synrl_host *host = watch->host;
    const struct watcher *first = &watch->watchers[0];
    for (size_t worker = 1; worker < watch->n_workers; worker++) {
        const struct watcher *watcher = &watch->watchers[worker];
        first = watcher->odd_unit < first->odd_unit ? watcher : first;
    }
    return reduction_agree(
        watch->reduction,
        first->odd_unit == SIZE_MAX
            ? SYNRL_OK
            : host->fail(host, SYNRL_UNSUPPORTED,
                         "activation \"%s\" gives what is not a probability, 0 to 1: stochastic "
                         "units need one such as \"sigmoid\"",
                         first->odd != NULL ? first->odd->id : "identity"));
}

/* Credit --------------------------------------------------------------------------------------- */

synrl_status watch_begin_credit(struct watch *watch, const synrl_weights *weights,
                                const synrl_batch *batch, const synrl_signal *signal) {
    if (watch->credit == NULL) {
        SYNRL_TRY(credit_create(watch->host, watch->layout, &watch->credit));
    }
    SYNRL_TRY(credit_begin(watch->credit, weights, batch, signal, watch->sigmas));
    watch->kind = (signal->flags & SYNRL_WHERE_FIRED) != 0 ? WATCH_FIRED_CREDIT : WATCH_CREDIT;
    return SYNRL_OK;
}

synrl_status watch_end_credit(struct watch *watch, double *credit) {
    return credit_end(watch->credit, watch->reduction, credit);
}

/* Activity ------------------------------------------------------------------------------------- */

synrl_status watch_begin_activity(struct watch *watch, const synrl_batch *batch) {
    for (size_t worker = 0; worker < watch->n_workers; worker++) {
        struct watcher *watcher = &watch->watchers[worker];
        memset(watcher->sums, 0, 2 * watch->layout->n_units * sizeof *watcher->sums);
        watcher->is_infinite = false;
    }
    watch->kind = WATCH_ACTIVITY;
    watch->is_added_up = false;
    watch->n_samples = batch->n_samples;
    watch->limit = fixed_point_limit(batch->n_blocks);
    return SYNRL_OK;
}

/* Adds the lanes of a block in their order. */
static void add_activity(struct watch *watch, const synrl_pass *pass, size_t first_unit,
                         size_t n_rows, const float *y) {
    struct watcher *watcher = &watch->watchers[pass->worker];
    const size_t n_lanes = batch_lanes(pass->batch, pass->block);
    for (size_t o = 0; o < n_rows; o++) {
        double sum = 0.0, squares = 0.0;
        for (size_t s = 0; s < n_lanes; s++) {
            const double value = (double)y[o * SYNRL_LANES + s];
            sum += value;
            squares += value * value;
        }
        int64_t *sums = watcher->sums + 2 * (first_unit + o);
        if (!fixed_point_add(&sums[0], sum, watch->limit) ||
            !fixed_point_add(&sums[1], squares, watch->limit)) {
            watcher->is_infinite = true;
        }
    }
}

static double mean_of(const struct watch *watch, size_t i) {
    return (double)watch->watchers[0].sums[i] / FIXED_POINT_UNIT / (double)watch->n_samples;
}

/* The first worker's sums become those of all workers of all ranks. */
static synrl_status add_up_activity(struct watch *watch) {
    const size_t n = 2 * watch->layout->n_units;
    struct watcher *first = &watch->watchers[0];
    if (watch->is_added_up) {
        return SYNRL_OK;
    }
    watch->is_added_up = true;
    for (size_t worker = 1; worker < watch->n_workers; worker++) {
        const struct watcher *watcher = &watch->watchers[worker];
        first->is_infinite |= watcher->is_infinite;
        for (size_t i = 0; i < n; i++) {
            first->sums[i] += watcher->sums[i];
        }
    }
    SYNRL_TRY(reduction_agree(
        watch->reduction,
        !first->is_infinite
            ? SYNRL_OK
            : watch->host->fail(watch->host, SYNRL_INVALID,
                                "activity of units whose outputs are NaN or infinite")));
    return watch->reduction != NULL
               ? watch->reduction->sum(watch->reduction->context, n, first->sums)
               : SYNRL_OK;
}

synrl_status watch_end_activity(struct watch *watch, double *mean, double *mean_square) {
    SYNRL_TRY(add_up_activity(watch));
    for (size_t u = 0; u < watch->layout->n_units; u++) {
        if (mean != NULL) {
            mean[u] = mean_of(watch, 2 * u);
        }
        if (mean_square != NULL) {
            mean_square[u] = mean_of(watch, 2 * u + 1);
        }
    }
    return SYNRL_OK;
}

/* For `units` ---------------------------------------------------------------------------------- */

void watch_before(struct watch *watch, const synrl_pass *pass, const synrl_source *sources,
                  float *z) {
    const synrl_tensor *tensor = &watch->layout->tensors[sources[0].tensor];
    const size_t unit = tensor->first_unit + sources[0].position * tensor->n_rows;
    if (watch->kind == WATCH_NOISE || watch->kind == WATCH_CHANGES) {
        add_noise(watch, pass, sources[0].tensor, unit, z);
    } else if (watch->kind == WATCH_CREDIT) {
        credit_before(watch->credit, pass, sources, z);
    }
    if (watch->kind == WATCH_VALUES || watch->kind == WATCH_CHANGES) {
        keep_values(watch, pass, unit, tensor->n_rows, z);
    }
}

void watch_after(struct watch *watch, const synrl_pass *pass, size_t n_sources,
                 const synrl_source *sources, int bias, const synrl_activation *f, float *y) {
    const synrl_tensor *tensor = &watch->layout->tensors[sources[0].tensor];
    const size_t unit = tensor->first_unit + sources[0].position * tensor->n_rows;
    if (watch->kind == WATCH_FIRE || watch->kind == WATCH_FIRED_CREDIT) {
        fire(watch, pass, unit, tensor->n_rows, f, y);
    }
    if (watch->kind == WATCH_CREDIT) {
        credit_after(watch->credit, pass, n_sources, sources, bias, f, y, NULL);
    } else if (watch->kind == WATCH_FIRED_CREDIT) {
        credit_after(watch->credit, pass, n_sources, sources, bias, f, y,
                     watch->watchers[pass->worker].fired);
    } else if (watch->kind == WATCH_ACTIVITY) {
        add_activity(watch, pass, unit, tensor->n_rows, y);
    }
}
