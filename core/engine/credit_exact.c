/* SPDX-License-Identifier: MIT */
/* Credit of bytes times bytes. The signal is kept during the pass; after it each worker takes some
 * of a tensor's inputs, over all samples, so that the inner loops see long sums. Where several
 * groups of units read the same inputs, their signals do not fit in one byte: such a tensor is
 * correlated block by block. */
#include <string.h>

#include "engine/credit_private.h"
#include "engine/isa.h"
#include "engine/pool.h"

/* Keeping -------------------------------------------------------------------------------------- */

static bool is_kept(const struct credit *credit, size_t t) {
    const synrl_tensor *tensor = &credit->layout->tensors[t];
    return credit->weights->tensors[t].n_windows > 0 ||
           (tensor->n_positions <= 1 && !tensor->is_later_source);
}

/* A unit that is not computed has no signal. */
synrl_status credit_begin_exact(struct credit *credit, size_t t) {
    const synrl_host *host = credit->host;
    const synrl_tensor *tensor = &credit->layout->tensors[t];
    const synrl_batch *batch = credit->weights->tensors[t].inputs;
    const size_t n = batch->n_blocks * tensor->n_rows * SYNRL_LANES;
    struct kept *kept = &credit->kept[t];
    kept->n_row = batch->n_groups * GROUP;
    if (!is_kept(credit, t)) {
        return SYNRL_OK;
    }
    if (n > kept->capacity) {
        host->free(host, kept->signal);
        kept->signal = NULL;
        kept->capacity = 0;
        SYNRL_TRY(SYNRL_NEW(host, kept->signal, n));
        kept->capacity = n;
    }
    return kept->sums != NULL ? SYNRL_OK
                              : SYNRL_NEW(host, kept->sums, tensor->n_rows * kept->n_row);
}

/* The adders' sums of a kept tensor are not used. */
void credit_clear_sums(const struct credit *credit, size_t t, size_t worker, size_t n_workers) {
    const synrl_tensor *tensor = &credit->layout->tensors[t];
    const size_t block_size = tensor->n_rows * SYNRL_LANES;
    size_t first, end;
    if (!credit_is_exact(credit, t) || !is_kept(credit, t)) {
        memset(credit->adders[worker].sums + tensor->first, 0,
               tensor->n_rows * tensor->n_columns * sizeof(int64_t));
        return;
    }
    batch_share(credit->weights->tensors[t].inputs, worker, n_workers, &first, &end);
    memset(credit->kept[t].signal + first * block_size, 0, (end - first) * block_size);
}

void credit_free_kept(struct credit *credit) {
    const synrl_host *host = credit->host;
    for (size_t t = 0; credit->kept != NULL && t < credit->layout->n_tensors; t++) {
        host->free(host, credit->kept[t].signal);
        host->free(host, credit->kept[t].sums);
    }
    host->free(host, credit->kept);
}

/* Sums of inputs ------------------------------------------------------------------------------- */

enum { SUM_BLOCKS = 256, SUM_GROUPS = 64 }; /* at a time */

/* Adds some blocks of some groups, by correlating with a signal of 1 for every sample. */
static void sum_groups(const synrl_batch *batch, const struct correlation *ones, size_t first_block,
                       size_t first_group, double *sums) {
    int32_t some[SUM_GROUPS * GROUP] = {0};
    struct correlation correlation = *ones;
    correlation.groups = batch_groups(batch, first_block) + first_group * GROUP * SYNRL_LANES;
    kernels_in_use()->correlate(&correlation, SUM_GROUPS * GROUP, some);
    for (size_t i = 0; i < ones->n_groups * GROUP && first_group * GROUP + i < batch->n_inputs;
         i++) {
        sums[first_group * GROUP + i] += some[i];
    }
}

void credit_sum_bytes(void *context, size_t worker, size_t n_workers) {
    const struct input_work *work = context;
    const synrl_batch *batch = work->batch;
    int8_t signal[SUM_BLOCKS * SYNRL_LANES];
    struct correlation ones = {
        .n_outputs = 1, .stride = batch->n_groups * GROUP * SYNRL_LANES, .signal = signal};
    size_t first, end;
    pool_share(batch->n_groups, GROUP, worker, n_workers, &first, &end);
    for (size_t i = first * GROUP; i < end * GROUP && i < batch->n_inputs; i++) {
        work->sums->bytes[i] = 0;
    }
    for (size_t b = 0; b < batch->n_blocks; b += ones.n_blocks) {
        ones.n_blocks = batch->n_blocks - b < SUM_BLOCKS ? batch->n_blocks - b : SUM_BLOCKS;
        for (size_t i = 0; i < ones.n_blocks * SYNRL_LANES; i++) {
            signal[i] = i % SYNRL_LANES < batch_lanes(batch, b + i / SYNRL_LANES);
        }
        for (size_t g = first; g < end; g += ones.n_groups) {
            ones.n_groups = end - g < SUM_GROUPS ? end - g : SUM_GROUPS;
            sum_groups(batch, &ones, b, g, work->sums->bytes);
        }
    }
    for (size_t i = first * GROUP; i < end * GROUP && i < batch->n_inputs; i++) {
        work->sums->means[i] =
            (float)((double)batch->scale * work->sums->bytes[i] / (double)work->sums->n);
    }
}

/* Correlating ---------------------------------------------------------------------------------- */

/* A tensor's inputs that a worker correlates, in groups. */
struct share {
    size_t tensor, first, end;
};

/* Input `end` of the share, within the tensor's columns. */
static size_t end_of(const struct credit *credit, const struct share *share) {
    const size_t n_columns = credit->layout->tensors[share->tensor].n_columns;
    return share->end * GROUP < n_columns ? share->end * GROUP : n_columns;
}

/* sums [n_rows][n_row] = the products of some blocks. */
static void correlate_blocks(const struct credit *credit, const struct share *share, size_t first,
                             size_t n_blocks, const int8_t *signal, int32_t *sums) {
    const synrl_tensor *tensor = &credit->layout->tensors[share->tensor];
    const synrl_batch *batch = credit->weights->tensors[share->tensor].inputs;
    const size_t n_row = batch->n_groups * GROUP, from = share->first * GROUP;
    const struct correlation correlation = {.n_outputs = tensor->n_rows,
                                            .n_groups = share->end - share->first,
                                            .n_blocks = n_blocks,
                                            .stride = n_row * SYNRL_LANES,
                                            .groups =
                                                batch_groups(batch, first) + from * SYNRL_LANES,
                                            .signal = signal};
    for (size_t o = 0; o < tensor->n_rows; o++) {
        memset(sums + o * n_row + from, 0, correlation.n_groups * GROUP * sizeof *sums);
    }
    kernels_in_use()->correlate(&correlation, n_row, sums + from);
}

void credit_add_exact(const struct credit *credit, struct adder *adder, size_t t, size_t block) {
    const synrl_tensor *tensor = &credit->layout->tensors[t];
    const size_t size = tensor->n_rows * SYNRL_LANES, n_row = credit->kept[t].n_row;
    int64_t *sums = adder->sums + tensor->first;
    if (is_kept(credit, t)) {
        memcpy(credit->kept[t].signal + block * size, adder->bytes, size);
        return;
    }
    const struct share all = {t, 0, n_row / GROUP};
    correlate_blocks(credit, &all, block, 1, adder->bytes, adder->exact);
    for (size_t o = 0; o < tensor->n_rows; o++) {
        for (size_t i = 0; i < tensor->n_columns; i++) {
            sums[o * tensor->n_columns + i] += adder->exact[o * n_row + i];
        }
    }
}

/* credits = the sums over the batch: integers far below 2^53, so doubles hold them. */
static void correlate_kept(const struct credit *credit, const struct share *share,
                           double *credits) {
    const synrl_tensor *tensor = &credit->layout->tensors[share->tensor];
    const struct kept *kept = &credit->kept[share->tensor];
    const synrl_batch *batch = credit->weights->tensors[share->tensor].inputs;
    const size_t first = batch->own_first, end = batch->own_end;
    const size_t from = share->first * GROUP, to = end_of(credit, share);
    for (size_t o = 0; first == end && o < tensor->n_rows; o++) {
        memset(credits + tensor->first + o * tensor->n_columns + from, 0,
               (to - from) * sizeof *credits);
    }
    for (size_t b = first, n; b < end; b += n) {
        n = end - b < CORRELATE_BLOCKS_MAX ? end - b : CORRELATE_BLOCKS_MAX;
        correlate_blocks(credit, share, b, n, kept->signal + b * tensor->n_rows * SYNRL_LANES,
                         kept->sums);
        for (size_t o = 0; o < tensor->n_rows; o++) {
            double *row = credits + tensor->first + o * tensor->n_columns;
            for (size_t i = from; i < to; i++) {
                const double before = b > first ? row[i] : 0.0;
                row[i] = before + (double)kept->sums[o * kept->n_row + i];
            }
        }
    }
}

static void add_up(const struct credit *credit, const struct share *share, double *credits) {
    const synrl_tensor *tensor = &credit->layout->tensors[share->tensor];
    const size_t to = end_of(credit, share);
    for (size_t o = 0; o < tensor->n_rows; o++) {
        const size_t row = tensor->first + o * tensor->n_columns;
        for (size_t i = share->first * GROUP; i < to; i++) {
            credits[row + i] = (double)credit_total(credit, row + i);
        }
    }
}

/* For fewer samples, N times a sum of bytes times bytes, 255 * 128 N^2, is below 2^53. */
enum { SAMPLES_IN_DOUBLES = 1 << 19 };

/* The sum of (x - mean) * signal is (N sum(x * signal) - sum(x) sum(signal)) / N. */
static void centre(const struct input_sums *inputs, size_t from, size_t to, int64_t signal,
                   double *credits) {
    const double n = (double)inputs->n, *bytes = inputs->bytes, of_signal = (double)signal;
    if (inputs->n < SAMPLES_IN_DOUBLES) {
        for (size_t i = from; i < to; i++) {
            credits[i] = (n * credits[i] - bytes[i] * of_signal) / n;
        }
        return;
    }
    for (size_t i = from; i < to; i++) {
        const int128 sum = (int128)(int64_t)credits[i], of_inputs = (int128)(int64_t)bytes[i];
        credits[i] = (double)((int128)inputs->n * sum - of_inputs * signal) / n;
    }
}

/* From sums of bytes to credits. */
static void finish_exact(const struct credit *credit, const struct share *share, double *credits) {
    const synrl_tensor *tensor = &credit->layout->tensors[share->tensor];
    const struct tensor_weights *weights = &credit->weights->tensors[share->tensor];
    const double scale = (double)weights->inputs->scale;
    const size_t from = share->first * GROUP, to = end_of(credit, share);
    for (size_t o = 0; o < tensor->n_rows; o++) {
        double *row = credits + tensor->first + o * tensor->n_columns;
        if ((credit->signal.flags & SYNRL_CENTRED) != 0) {
            centre(&credit->inputs[weights->source], from, to,
                   credit_total(credit, credit->first_row[share->tensor] + o), row);
        }
        for (size_t i = from; i < to; i++) {
            row[i] *= scale;
        }
    }
}

struct exact_work {
    const struct credit *credit;
    double *credits;
    bool adds, finishes;
};

static void correlate_share(void *context, size_t worker, size_t n_workers) {
    const struct exact_work *work = context;
    const struct credit *credit = work->credit;
    for (size_t t = 0; t < credit->layout->n_tensors; t++) {
        struct share share = {.tensor = t};
        if (!credit_is_exact(credit, t)) {
            continue;
        }
        pool_share(credit->kept[t].n_row / GROUP, 1, worker, n_workers, &share.first, &share.end);
        if (share.first == share.end) {
            continue;
        }
        if (work->adds && is_kept(credit, t)) {
            correlate_kept(credit, &share, work->credits);
        } else if (work->adds) {
            add_up(credit, &share, work->credits);
        }
        if (work->finishes) {
            finish_exact(credit, &share, work->credits);
        }
    }
}

void credit_correlate(const struct credit *credit, bool adds, bool finishes, double *credits) {
    struct exact_work work = {credit, credits, adds, finishes};
    credit->host->parallel(credit->host, correlate_share, &work);
}
