/* SPDX-License-Identifier: MIT */
/* Projections: Z = X W^T of a bound batch, kept up to date while W moves on its lattice.
 *
 * Bytes: Z = scale * (X w0) + (alpha * scale) * S with S = X k in exact integers. A step adds X a
 * to S by one of two paths. Dense: when a block's values are next requested, S += X a, fused with
 * the forward pass. Sparse: immediately, where all but a few of the new actions are c times the old
 * ones: with D = X a kept as well, D <- c D + X (a - c a_old), S <- S + D. Neither the path nor the
 * order of the blocks can change S, since the order of integer additions does not matter. Each
 * block knows its last step; one that has missed a step is recounted from k.
 *
 * Actions of rank one move S by one column (rank_one.h), when a block's values are next requested.
 *
 * Floats: Z is computed from the weights' values each time.
 *
 * An undo is one more act, of the negated actions: with D kept it is just S -= D. Where the lattice
 * doubles k, S is doubled; D is of actions, and stays.
 *
 * Invariant: |S| <= 255 n_inputs max |k| < 2^31; for the bound of |k| see lattice.c. */
#include "engine/projection.h"

#include <string.h>

#include "engine/batch_private.h"
#include "engine/isa.h"
#include "engine/lattice.h"
#include "engine/multiple.h"
#include "engine/path.h"
#include "engine/pool.h"

/* From WIDE synapses on, their actions do not stay in the second-level cache from one block to the
 * next: a tile of blocks is then updated OUTPUTS_AT_ONCE at a time. */
enum { WIDE = 1 << 18, OUTPUTS_AT_ONCE = 16 };

/* What one block's sums contain. */
struct block_state {
    uint32_t epoch;      /* of the weights' w0 with which `base` was computed */
    uint32_t acts;       /* number of this epoch's acts that are in `sums` */
    uint32_t delta_acts; /* the act to which `deltas` belongs; 0: none */
};

struct synrl_projection {
    const synrl_host *host;
    const struct kernels *kernels;
    size_t n_outputs, n_inputs;
    synrl_lattice lattice;
    enum path path;
    uint32_t epoch; /* counts changes of w0 or of the batch */
    const synrl_batch *batch;
    const int8_t *actions;    /* of the last act, in rows of whole groups; NULL: unknown */
    struct rank_one rank_one; /* the last act, if its rows are not NULL; its columns fill whole
                               * groups. Otherwise the last act is `actions` */
    int8_t *padded;           /* [n_outputs][4 n_groups], where rows are not whole groups */
    bool keep_deltas;         /* the dense path keeps D too, so that the next step can be sparse */
    bool is_taken_back;       /* acts have been undone: D is always kept */
    float *base;              /* [n_blocks][n_outputs][16], bytes only, as the next two */
    int32_t *sums;
    int32_t *deltas;
    struct block_state *blocks; /* [n_blocks] */
    size_t n_room;              /* blocks that these have room for */
    struct changes *changes;    /* [n_workers], scratch */
};

/* Creating ------------------------------------------------------------------------------------- */

/* The largest |k|, so that neither a counter nor a sum can overflow; 0: not even one step is
 * possible. */
static uint32_t reach_max(size_t n_inputs) {
    const size_t sums_allow = (size_t)INT32_MAX / 255 / n_inputs;
    return sums_allow < COUNTER_ACTS_MAX ? (uint32_t)sums_allow : COUNTER_ACTS_MAX;
}

static synrl_status make_buffers(synrl_projection *projection) {
    const synrl_host *host = projection->host;
    const size_t n_workers = host->n_workers(host), n_inputs = projection->n_inputs;
    SYNRL_TRY(lattice_init(&projection->lattice, host, projection->n_outputs * n_inputs,
                           reach_max(n_inputs), false));
    projection->changes = host->alloc(host, n_workers, sizeof *projection->changes);
    bool complete = projection->changes != NULL;
    if (n_inputs % GROUP != 0) {
        projection->padded =
            host->alloc(host, projection->n_outputs, (n_inputs + GROUP - 1) / GROUP * GROUP);
        complete = complete && projection->padded != NULL;
    }
    return complete ? SYNRL_OK : SYNRL_NO_MEMORY;
}

synrl_status projection_create(const synrl_host *host, size_t n_outputs, size_t n_inputs,
                               synrl_projection **made) {
    *made = NULL;
    if (n_outputs < 1 || n_inputs < 1 || reach_max(n_inputs) < 1 ||
        n_outputs > UINT32_MAX / n_inputs) {
        return host->fail(host, SYNRL_INVALID,
                          "a projection of %zu inputs to %zu outputs: must be at least 1, at most "
                          "%d inputs, and fewer than 2^32 weights",
                          n_inputs, n_outputs, INT32_MAX / 255);
    }
    synrl_projection *projection = host->alloc(host, 1, sizeof *projection);
    if (projection == NULL) {
        return SYNRL_NO_MEMORY;
    }
    projection->host = host;
    projection->kernels = kernels_in_use();
    projection->n_outputs = n_outputs;
    projection->n_inputs = n_inputs;
    projection->path = path_in_use();
    projection->epoch = 1;
    const synrl_status status = make_buffers(projection);
    if (status != SYNRL_OK) {
        projection_destroy(projection);
        return status;
    }
    *made = projection;
    return SYNRL_OK;
}

static void free_blocks(synrl_projection *projection) {
    const synrl_host *host = projection->host;
    host->free(host, projection->base);
    host->free(host, projection->sums);
    host->free(host, projection->deltas);
    host->free(host, projection->blocks);
    projection->base = NULL;
    projection->sums = projection->deltas = NULL;
    projection->blocks = NULL;
    projection->n_room = 0;
}

void projection_destroy(synrl_projection *projection) {
    if (projection != NULL) {
        const synrl_host *host = projection->host;
        lattice_clear(&projection->lattice);
        free_blocks(projection);
        host->free(host, projection->padded);
        host->free(host, projection->changes);
        host->free(host, projection);
    }
}

/* Binding -------------------------------------------------------------------------------------- */

static synrl_status make_room(synrl_projection *projection, size_t n_blocks) {
    const synrl_host *host = projection->host;
    if (projection->n_room >= n_blocks) {
        return SYNRL_OK;
    }
    const size_t size = projection->n_outputs * SYNRL_LANES * sizeof(int32_t);
    free_blocks(projection);
    projection->base = host->alloc(host, n_blocks, size);
    projection->sums = host->alloc(host, n_blocks, size);
    projection->deltas = host->alloc(host, n_blocks, size);
    projection->blocks = host->alloc(host, n_blocks, sizeof *projection->blocks);
    if (projection->base == NULL || projection->sums == NULL || projection->deltas == NULL ||
        projection->blocks == NULL) {
        free_blocks(projection);
        return SYNRL_NO_MEMORY;
    }
    projection->n_room = n_blocks;
    return SYNRL_OK;
}

/* Keeps the weights' values, which batches of floats need. */
static synrl_status make_values(synrl_projection *projection) {
    synrl_lattice *lattice = &projection->lattice;
    if (lattice->values == NULL) {
        lattice->values = projection->host->alloc(projection->host, lattice->n, sizeof(float));
    }
    if (lattice->values == NULL) {
        return SYNRL_NO_MEMORY;
    }
    lattice_get(lattice, lattice->values);
    return SYNRL_OK;
}

synrl_status projection_bind(synrl_projection *projection, const synrl_batch *batch) {
    const synrl_host *host = projection->host;
    projection->batch = NULL;
    if (batch->n_inputs != projection->n_inputs) {
        return host->fail(host, SYNRL_INVALID,
                          "a projection of %zu inputs bound to a batch of %zu inputs per sample",
                          projection->n_inputs, batch->n_inputs);
    }
    SYNRL_TRY(batch->is_bytes ? make_room(projection, batch->n_blocks) : make_values(projection));
    lattice_rebase(&projection->lattice);
    projection->epoch++;
    projection->batch = batch;
    return SYNRL_OK;
}

/* Moving --------------------------------------------------------------------------------------- */

void projection_set(synrl_projection *projection, const float *weights) {
    lattice_set(&projection->lattice, weights);
    projection->epoch++;
}

const synrl_lattice *projection_lattice(const synrl_projection *projection) {
    return &projection->lattice;
}

void projection_get(const synrl_projection *projection, float *weights) {
    lattice_get(&projection->lattice, weights);
}

void projection_last_actions(const synrl_projection *projection, int8_t *actions) {
    lattice_last_actions(&projection->lattice, actions);
}

void projection_shift(synrl_projection *projection, const float *delta) {
    lattice_shift(&projection->lattice, delta);
    projection->epoch++;
}

/* Actions of n_rows rows, in rows of whole groups. */
static const int8_t *whole_groups(synrl_projection *projection, size_t n_rows,
                                  const int8_t *actions) {
    const size_t n = projection->n_inputs, stride = (n + GROUP - 1) / GROUP * GROUP;
    if (n == stride) {
        return actions;
    }
    for (size_t o = 0; o < n_rows; o++) {
        memcpy(projection->padded + o * stride, actions + o * n, n);
    }
    return projection->padded;
}

struct step {
    synrl_projection *projection;
    struct change change;
};

/* Whether each of some blocks contains all acts so far, and its deltas are those of the last
 * act. */
static bool blocks_are_current(const synrl_projection *projection, size_t first, size_t n,
                               int32_t c) {
    const uint32_t acts = projection->lattice.n_acts;
    for (size_t b = first; b < first + n; b++) {
        const struct block_state *block = &projection->blocks[b];
        if (block->epoch != projection->epoch || block->acts != acts ||
            (c != 0 && (block->delta_acts == 0 || block->delta_acts != acts))) {
            return false;
        }
    }
    return true;
}

/* The end of the whole tiles from `first` on whose blocks are all current. */
static size_t end_of_current(const struct step *step, size_t first, size_t end) {
    size_t b = first;
    while (b < end) {
        const size_t n = end - b < TILE_BLOCKS ? end - b : TILE_BLOCKS;
        if (!blocks_are_current(step->projection, b, n, step->change.c)) {
            break;
        }
        b += n;
    }
    return b;
}

static void sparse_share(void *context, size_t worker, size_t n_workers) {
    const struct step *step = context;
    synrl_projection *projection = step->projection;
    const synrl_batch *batch = projection->batch;
    const size_t stride = projection->n_outputs * SYNRL_LANES;
    size_t b, end;
    batch_share(batch, worker, n_workers, &b, &end);
    while (b < end) {
        const size_t after = end_of_current(step, b, end);
        if (after > b) {
            projection->kernels->sparse(&step->change, batch->is_reversed, batch_rows_of(batch, b),
                                        after - b, projection->deltas + b * stride,
                                        projection->sums + b * stride);
        }
        for (size_t i = b; i < after; i++) {
            projection->blocks[i].acts++;
            projection->blocks[i].delta_acts = projection->blocks[i].acts;
        }
        b = after > b ? after : b + TILE_BLOCKS;
    }
}

/* Takes the sparse path where it is faster; where blocks are not current, lets the dense path keep
 * the deltas. */
static void try_sparse(struct step *step) {
    synrl_projection *projection = step->projection;
    projection->keep_deltas = projection->is_taken_back && projection->path != PATH_DENSE;
    if (projection->path == PATH_DENSE) {
        return;
    }
    const struct multiple nearest = multiple_find(projection->host, &projection->lattice,
                                                  step->change.actions, projection->changes);
    step->change.c = nearest.c;
    if (nearest.n_changes * projection->kernels->sparse_threshold >= nearest.n_counted &&
        projection->path != PATH_SPARSE) {
        return;
    }
    projection->keep_deltas = true;
    projection->host->parallel(projection->host, sparse_share, step);
}

/* Updates the sums for an act, before the lattice advances. */
static void announce(synrl_projection *projection, const int8_t *actions) {
    if (projection->batch != NULL && projection->batch->is_bytes) {
        struct step step = {.projection = projection,
                            .change = {.n_outputs = projection->n_outputs,
                                       .n_inputs = projection->n_inputs,
                                       .actions = actions,
                                       .counters = projection->lattice.counters}};
        try_sparse(&step);
        projection->actions = whole_groups(projection, projection->n_outputs, actions);
        projection->rank_one.rows = NULL;
    }
}

/* One of rank one waits until the blocks' values are requested. It is as fast as what deltas would
 * save, so there are none. */
static void announce_rank_one(synrl_projection *projection, const struct rank_one *actions) {
    if (projection->batch != NULL && projection->batch->is_bytes) {
        projection->keep_deltas = false;
        projection->rank_one = *actions;
        projection->rank_one.columns = whole_groups(projection, 1, actions->columns);
    }
}

struct multiplication {
    synrl_projection *projection;
    int32_t factor;
};

/* Blocks that lack acts stay as they are: after the next act they are recounted. */
static void multiply_share(void *context, size_t worker, size_t n_workers) {
    const struct multiplication *multiplication = context;
    const synrl_projection *projection = multiplication->projection;
    const size_t size = projection->n_outputs * SYNRL_LANES;
    size_t first, end;
    batch_share(projection->batch, worker, n_workers, &first, &end);
    for (size_t b = first; b < end; b++) {
        int32_t *sums = projection->sums + b * size;
        const size_t n = blocks_are_current(projection, b, 1, 0) ? size : 0;
        for (size_t i = 0; i < n; i++) {
            sums[i] *= multiplication->factor;
        }
    }
}

static void multiply_sums(synrl_projection *projection, uint32_t factor) {
    if (projection->batch != NULL && projection->batch->is_bytes) {
        struct multiplication multiplication = {projection, (int32_t)factor};
        projection->host->parallel(projection->host, multiply_share, &multiplication);
    }
}

static void approach(synrl_projection *projection, float alpha) {
    const uint32_t factor = lattice_approach(&projection->lattice, alpha);
    if (factor == 0) {
        projection->epoch++;
    } else if (factor > 1) {
        multiply_sums(projection, factor);
    }
}

void projection_act(synrl_projection *projection, const int8_t *actions, float alpha) {
    approach(projection, alpha);
    announce(projection, actions);
    lattice_act(&projection->lattice, actions, alpha);
}

void projection_act_rank_one(synrl_projection *projection, const struct rank_one *actions,
                             float alpha) {
    approach(projection, alpha);
    announce_rank_one(projection, actions);
    lattice_act_rank_one(&projection->lattice, actions, alpha);
}

/* Blocks that lack the last act are recounted then. */
void projection_stay(synrl_projection *projection) {
    projection->actions = NULL;
    projection->rank_one.rows = NULL;
}

/* Values --------------------------------------------------------------------------------------- */

struct missing {
    bool base, act;
};

/* Whether a block's base and the last act are missing; if it has missed more, recounts its sums. */
static struct missing begin_update(synrl_projection *projection, size_t b) {
    const synrl_lattice *lattice = &projection->lattice;
    const size_t size = projection->n_outputs * SYNRL_LANES;
    struct block_state *block = &projection->blocks[b];
    struct missing missing = {.base = block->epoch != projection->epoch};
    if (missing.base) {
        memset(projection->sums + b * size, 0, size * sizeof(int32_t));
        *block = (struct block_state){.epoch = projection->epoch};
    }
    if (block->acts == lattice->n_acts) {
        return missing;
    }
    const bool knows_act = projection->actions != NULL || projection->rank_one.rows != NULL;
    if (block->acts + 1 < lattice->n_acts || !knows_act) {
        projection->kernels->recount(projection->n_outputs, projection->n_inputs,
                                     batch_groups(projection->batch, b), lattice->counters,
                                     projection->sums + b * size);
        block->delta_acts = 0;
    } else {
        missing.act = true;
        block->delta_acts = projection->keep_deltas ? lattice->n_acts : 0;
    }
    block->acts = lattice->n_acts;
    return missing;
}

/* The end of the consecutive blocks from `first` on that lack the last act. */
static size_t end_of_missing(const struct missing *missing, size_t first, size_t n) {
    size_t end = first;
    while (end < n && missing[end].act) {
        end++;
    }
    return end;
}

/* Adds an act of rank one to the blocks that lack it. */
static void add_rank_one(synrl_projection *projection, size_t first, size_t n,
                         struct missing *missing) {
    const synrl_batch *batch = projection->batch;
    for (size_t i = 0, end; i < n; i = end + 1) {
        end = end_of_missing(missing, i, n);
        rank_one_add(&projection->rank_one, projection->kernels, batch->n_groups, end - i,
                     batch_groups(batch, first + i),
                     projection->sums + (first + i) * projection->n_outputs * SYNRL_LANES);
        for (size_t done = i; done < end; done++) {
            missing[done].act = false;
        }
    }
}

/* Adds the last act for some outputs of consecutive blocks that all lack it. */
static void add_act(synrl_projection *projection, size_t first, size_t n_blocks, size_t output,
                    size_t n) {
    const synrl_batch *batch = projection->batch;
    const size_t stride = projection->n_outputs * SYNRL_LANES;
    const size_t at = first * stride + output * SYNRL_LANES;
    const uint8_t *groups = batch_groups(batch, first);
    const int8_t *actions = projection->actions + output * batch->n_groups * GROUP;
    int32_t *sums = projection->sums + at, *deltas = projection->deltas + at;
    if (!projection->keep_deltas) {
        projection->kernels->dense(n, batch->n_groups, n_blocks, groups, actions, stride, sums);
        return;
    }
    for (size_t b = 0; b < n_blocks; b++) {
        memset(deltas + b * stride, 0, n * SYNRL_LANES * sizeof *deltas);
    }
    projection->kernels->dense(n, batch->n_groups, n_blocks, groups, actions, stride, deltas);
    for (size_t b = 0; b < n_blocks; b++) {
        for (size_t i = b * stride; i < b * stride + n * SYNRL_LANES; i++) {
            sums[i] += deltas[i];
        }
    }
}

/* Updates base and sums of a tile's blocks to the last act; where there are many synapses, a few
 * outputs at a time, so that their actions are read from memory once for all the blocks. */
static void update_tile(synrl_projection *projection, size_t first, size_t n) {
    const synrl_batch *batch = projection->batch;
    const size_t n_outputs = projection->n_outputs, n_inputs = projection->n_inputs;
    const size_t at_once = projection->lattice.n < WIDE ? n_outputs : OUTPUTS_AT_ONCE;
    struct missing missing[TILE_BLOCKS];
    for (size_t i = 0; i < n; i++) {
        missing[i] = begin_update(projection, first + i);
    }
    if (projection->rank_one.rows != NULL) {
        add_rank_one(projection, first, n, missing);
    }
    for (size_t o = 0; o < n_outputs; o += at_once) {
        const size_t n_here = n_outputs - o < at_once ? n_outputs - o : at_once;
        for (size_t i = 0; i < n; i++) {
            if (missing[i].base) {
                const size_t b = first + i;
                projection->kernels->base(n_here, n_inputs, batch_groups(batch, b),
                                          projection->lattice.w0 + o * n_inputs, batch->scale,
                                          projection->base + (b * n_outputs + o) * SYNRL_LANES);
            }
        }
        for (size_t i = 0, end; i < n; i = end + 1) {
            end = end_of_missing(missing, i, n);
            if (end > i) {
                add_act(projection, first + i, end - i, o, n_here);
            }
        }
    }
}

static void update_block(synrl_projection *projection, size_t b) {
    const struct block_state *block = &projection->blocks[b];
    if (block->epoch != projection->epoch || block->acts != projection->lattice.n_acts) {
        const size_t first = b / TILE_BLOCKS * TILE_BLOCKS;
        const size_t left = projection->batch->n_blocks - first;
        update_tile(projection, first, left < TILE_BLOCKS ? left : TILE_BLOCKS);
    }
}

void projection_values(synrl_projection *projection, size_t block, const float *bias, float *z) {
    const synrl_batch *batch = projection->batch;
    if (!batch->is_bytes) {
        projection->kernels->affine(projection->n_outputs, projection->n_inputs,
                                    projection->lattice.values, bias, batch_floats(batch, block),
                                    z);
        return;
    }
    const size_t at = block * projection->n_outputs * SYNRL_LANES;
    update_block(projection, block);
    projection->kernels->finish(projection->n_outputs, projection->base + at, projection->sums + at,
                                projection->lattice.alpha * batch->scale, bias, z);
}

/* Taking back ---------------------------------------------------------------------------------- */

static void settle_share(void *context, size_t worker, size_t n_workers) {
    synrl_projection *projection = context;
    size_t first, end;
    batch_share(projection->batch, worker, n_workers, &first, &end);
    for (size_t b = first; b < end; b++) {
        const struct block_state *block = &projection->blocks[b];
        if (block->epoch == projection->epoch && block->acts + 1 == projection->lattice.n_acts) {
            update_block(projection, b);
        }
    }
}

/* Updates blocks without D immediately: after the next act they would have missed two. */
static void settle(synrl_projection *projection) {
    if (projection->batch != NULL && projection->batch->is_bytes) {
        projection->host->parallel(projection->host, settle_share, projection);
    }
}

void projection_undo(synrl_projection *projection, const int8_t *negated) {
    announce(projection, negated);
    lattice_undo(&projection->lattice, negated);
    projection->is_taken_back = true;
    settle(projection);
}

void projection_undo_rank_one(synrl_projection *projection, const struct rank_one *negated) {
    announce_rank_one(projection, negated);
    lattice_undo_rank_one(&projection->lattice, negated);
    settle(projection);
}

/* State ---------------------------------------------------------------------------------------- */

size_t projection_state_size(const synrl_projection *projection) {
    return lattice_state_size(&projection->lattice);
}

void projection_save(const synrl_projection *projection, void *state) {
    lattice_save(&projection->lattice, state);
}

synrl_status projection_load(synrl_projection *projection, const void *state, size_t size) {
    SYNRL_TRY(lattice_load(&projection->lattice, state, size));
    projection->epoch++;
    projection_stay(projection);
    return SYNRL_OK;
}
