/* SPDX-License-Identifier: MIT */
/* Credit. A signal of bytes at inputs of bytes is kept during the pass, and correlated after it,
 * each worker taking some of the inputs: exact integers. Else each worker adds up its blocks: sums
 * of floats per block, in fixed point. */
#include "engine/credit.h"

#include <string.h>

#include "engine/credit_private.h"
#include "engine/fixed_point.h"
#include "engine/isa.h"
#include "engine/pool.h"

enum {
    FACTORS = SYNRL_TIMES_SLOPE | SYNRL_WHERE_FIRED,
    PLACES = SYNRL_WHERE_ACTIVE | SYNRL_WHERE_MOVED,
    ALL_FLAGS = PLACES | SYNRL_CENTRED | FACTORS
};

/* Making --------------------------------------------------------------------------------------- */

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static size_t stride_of(size_t n_columns) {
    return (n_columns + SYNRL_LANES - 1) / SYNRL_LANES * SYNRL_LANES;
}

static void measure(struct credit *credit) {
    const synrl_layout *layout = credit->layout;
    credit->n_sums = layout->n_synapses;
    for (size_t t = 0; t < layout->n_tensors; t++) {
        const synrl_tensor *tensor = &layout->tensors[t];
        credit->first_row[t] = credit->n_sums;
        credit->n_sums += tensor->n_rows;
        credit->max_rows = larger(credit->max_rows, tensor->n_rows);
        credit->max_stride = larger(credit->max_stride, stride_of(tensor->n_columns));
        if (tensor->reads_inputs) {
            credit->max_inputs = larger(credit->max_inputs, tensor->n_columns);
        }
    }
}

static synrl_status make_adder(const struct credit *credit, struct adder *adder) {
    const synrl_host *host = credit->host;
    const size_t n_lanes = credit->max_rows * SYNRL_LANES;
    const size_t n_input_lanes = credit->max_inputs * SYNRL_LANES;
    SYNRL_TRY(SYNRL_NEW(host, adder->sums, credit->n_sums));
    SYNRL_TRY(SYNRL_NEW(host, adder->slope, n_lanes));
    SYNRL_TRY(SYNRL_NEW(host, adder->signal, n_lanes));
    SYNRL_TRY(SYNRL_NEW(host, adder->bytes, n_lanes));
    SYNRL_TRY(SYNRL_NEW(host, adder->x, n_input_lanes));
    SYNRL_TRY(SYNRL_NEW(host, adder->turned, SYNRL_LANES * credit->max_stride));
    SYNRL_TRY(SYNRL_NEW(host, adder->exact, credit->max_rows * credit->max_stride));
    return SYNRL_NEW(host, adder->block, credit->max_rows * credit->max_stride);
}

static synrl_status build(struct credit *credit) {
    const synrl_host *host = credit->host;
    const size_t n_tensors = credit->layout->n_tensors;
    SYNRL_TRY(SYNRL_NEW(host, credit->first_row, n_tensors));
    SYNRL_TRY(SYNRL_NEW(host, credit->inputs, n_tensors));
    SYNRL_TRY(SYNRL_NEW(host, credit->kept, n_tensors));
    SYNRL_TRY(SYNRL_NEW(host, credit->adders, credit->n_workers));
    measure(credit);
    for (size_t worker = 0; worker < credit->n_workers; worker++) {
        SYNRL_TRY(make_adder(credit, &credit->adders[worker]));
    }
    return SYNRL_OK;
}

synrl_status credit_create(const synrl_host *host, const synrl_layout *layout,
                           struct credit **made) {
    *made = NULL;
    struct credit *credit;
    SYNRL_TRY(SYNRL_NEW(host, credit, 1));
    credit->host = host;
    credit->layout = layout;
    credit->n_workers = host->n_workers(host);
    const synrl_status status = build(credit);
    if (status != SYNRL_OK) {
        credit_destroy(credit);
        return status;
    }
    *made = credit;
    return SYNRL_OK;
}

void credit_destroy(struct credit *credit) {
    if (credit == NULL) {
        return;
    }
    const synrl_host *host = credit->host;
    for (size_t worker = 0; credit->adders != NULL && worker < credit->n_workers; worker++) {
        const struct adder *adder = &credit->adders[worker];
        host->free(host, adder->sums);
        host->free(host, adder->slope);
        host->free(host, adder->signal);
        host->free(host, adder->bytes);
        host->free(host, adder->x);
        host->free(host, adder->turned);
        host->free(host, adder->block);
        host->free(host, adder->exact);
    }
    for (size_t s = 0; credit->inputs != NULL && s < credit->layout->n_tensors; s++) {
        host->free(host, credit->inputs[s].bytes);
        host->free(host, credit->inputs[s].means);
    }
    credit_free_kept(credit);
    host->free(host, credit->totals);
    host->free(host, credit->first_row);
    host->free(host, credit->inputs);
    host->free(host, credit->adders);
    host->free(host, credit);
}

/* The inputs' sums ----------------------------------------------------------------------------- */

/* Adds in the order of the blocks. */
static void sum_floats(const struct input_work *work, size_t i) {
    const synrl_batch *batch = work->batch;
    double sum = 0.0;
    for (size_t b = 0; b < batch->n_blocks; b++) {
        const float *from = batch_floats(batch, b) + i * SYNRL_LANES;
        const size_t n = batch_lanes(batch, b);
        for (size_t s = 0; s < n; s++) {
            sum += (double)from[s];
        }
    }
    work->sums->means[i] = (float)(sum / (double)work->sums->n);
}

static void sum_share(void *context, size_t worker, size_t n_workers) {
    const struct input_work *work = context;
    size_t first, end;
    pool_share(work->batch->n_inputs, GROUP, worker, n_workers, &first, &end);
    for (size_t i = first; i < end; i++) {
        sum_floats(work, i);
    }
}

static synrl_status sum_inputs(struct credit *credit, size_t t) {
    const synrl_host *host = credit->host;
    const synrl_batch *batch = credit->weights->tensors[t].inputs;
    struct input_sums *sums = &credit->inputs[credit->weights->tensors[t].source];
    if (sums->means == NULL) {
        SYNRL_TRY(SYNRL_NEW(host, sums->means, batch->n_inputs));
    }
    if (sums->bytes == NULL && batch->is_bytes) {
        SYNRL_TRY(SYNRL_NEW(host, sums->bytes, batch->n_inputs));
    }
    sums->n = batch->n_sampled * batch->n_windows;
    if (sums->bind == credit->weights->n_binds) {
        return SYNRL_OK;
    }
    sums->bind = credit->weights->n_binds;
    struct input_work work = {batch, sums};
    host->parallel(host, batch->is_bytes ? credit_sum_bytes : sum_share, &work);
    return SYNRL_OK;
}

/* Beginning ------------------------------------------------------------------------------------ */

static synrl_status check_signal(const synrl_host *host, const synrl_signal *signal) {
    if (signal->size < sizeof *signal) {
        return host->fail(host, SYNRL_INVALID,
                          "a signal of size %u: must be sizeof(synrl_signal), %zu", signal->size,
                          sizeof *signal);
    }
    if ((signal->bytes == NULL) == (signal->floats == NULL)) {
        return host->fail(host, SYNRL_INVALID, "a signal of %s: must be one of bytes and floats",
                          signal->bytes == NULL ? "neither bytes nor floats" : "both");
    }
    if ((signal->flags & ~(uint32_t)ALL_FLAGS) != 0) {
        return host->fail(host, SYNRL_INVALID, "a signal with flags %#x: must be within %#x",
                          signal->flags, (unsigned)ALL_FLAGS);
    }
    if ((signal->flags & FACTORS) == FACTORS) {
        return host->fail(host, SYNRL_INVALID,
                          "a signal with SYNRL_TIMES_SLOPE and SYNRL_WHERE_FIRED: must be one");
    }
    if ((signal->flags & SYNRL_WHERE_MOVED) != 0 &&
        (signal->flags & (PLACES | FACTORS)) != SYNRL_WHERE_MOVED) {
        return host->fail(host, SYNRL_INVALID,
                          "a signal with SYNRL_WHERE_MOVED and %s: must be one",
                          (signal->flags & SYNRL_WHERE_ACTIVE) != 0  ? "SYNRL_WHERE_ACTIVE"
                          : (signal->flags & SYNRL_TIMES_SLOPE) != 0 ? "SYNRL_TIMES_SLOPE"
                                                                     : "SYNRL_WHERE_FIRED");
    }
    if ((signal->flags & FACTORS) != 0 && signal->bytes != NULL) {
        return host->fail(host, SYNRL_INVALID, "a signal of bytes with %s: must be of floats",
                          (signal->flags & SYNRL_TIMES_SLOPE) != 0 ? "SYNRL_TIMES_SLOPE"
                                                                   : "SYNRL_WHERE_FIRED");
    }
    return SYNRL_OK;
}

/* The number of blocks' sums that one synapse can get. */
static size_t count_addends(const synrl_layout *layout, size_t n_blocks) {
    size_t n_positions = 1;
    for (size_t t = 0; t < layout->n_tensors; t++) {
        n_positions = larger(n_positions, layout->tensors[t].n_positions);
    }
    return n_blocks * n_positions;
}

static void clear_adder(void *context, size_t worker, size_t n_workers) {
    const struct credit *credit = context;
    const size_t n_synapses = credit->layout->n_synapses;
    struct adder *adder = &credit->adders[worker];
    for (size_t t = 0; t < credit->layout->n_tensors; t++) {
        credit_clear_sums(credit, t, worker, n_workers);
    }
    memset(adder->sums + n_synapses, 0, (credit->n_sums - n_synapses) * sizeof *adder->sums);
    adder->is_infinite = false;
    adder->lacking = NULL;
}

synrl_status credit_begin(struct credit *credit, const synrl_weights *weights,
                          const synrl_batch *batch, const synrl_signal *signal,
                          const float *reach) {
    SYNRL_TRY(check_signal(credit->host, signal));
    credit->reach = reach;
    credit->weights = weights;
    credit->signal = *signal;
    credit->limit = fixed_point_limit(count_addends(credit->layout, batch->n_blocks));
    for (size_t t = 0; t < credit->layout->n_tensors; t++) {
        if ((signal->flags & SYNRL_CENTRED) != 0 && weights->tensors[t].projection != NULL) {
            SYNRL_TRY(sum_inputs(credit, t));
        }
        if (credit_is_exact(credit, t)) {
            SYNRL_TRY(credit_begin_exact(credit, t));
        }
    }
    credit->host->parallel(credit->host, clear_adder, credit);
    return SYNRL_OK;
}

/* The signal of some units --------------------------------------------------------------------- */

void credit_before(struct credit *credit, const synrl_pass *pass, const synrl_source *sources,
                   const float *z) {
    if ((credit->signal.flags & (SYNRL_TIMES_SLOPE | SYNRL_WHERE_MOVED)) != 0) {
        const size_t n = credit->layout->tensors[sources[0].tensor].n_rows * SYNRL_LANES;
        memcpy(credit->adders[pass->worker].slope, z, n * sizeof *z);
    }
}

/* The beginning of the signal for the units of a call. */
static size_t signal_at(const struct credit *credit, const synrl_pass *pass,
                        const synrl_source *source) {
    const synrl_tensor *tensor = &credit->layout->tensors[source->tensor];
    const size_t unit = tensor->first_unit + source->position * tensor->n_rows;
    return (pass->block * credit->layout->n_units + unit) * SYNRL_LANES;
}

/* Sets what a sample, or a unit whose y is 0, does not show to 0. */
static void take_bytes(const struct credit *credit, struct adder *adder, size_t at, size_t n_lanes,
                       size_t n, const float *y) {
    int8_t *bytes = adder->bytes;
    if ((credit->signal.flags & PLACES) != 0) {
        kernels_in_use()->where_active(n / SYNRL_LANES, y, credit->signal.bytes + at, bytes);
    } else {
        memcpy(bytes, credit->signal.bytes + at, n);
    }
    for (size_t i = 0; n_lanes < SYNRL_LANES && i < n; i += SYNRL_LANES) {
        memset(bytes + i + n_lanes, 0, SYNRL_LANES - n_lanes);
    }
}

/* factors [n], or NULL */
static void take_floats(const struct credit *credit, struct adder *adder, size_t at, size_t n_lanes,
                        size_t n, const float *y, const float *factors) {
    const float *signal = credit->signal.floats + at;
    const bool is_masked = (credit->signal.flags & PLACES) != 0;
    for (size_t i = 0; i < n; i++) {
        const bool is_on = !is_masked | (y[i] < 0.0F) | (y[i] > 0.0F);
        const float value = factors != NULL ? signal[i] * factors[i] : signal[i];
        adder->signal[i] = is_on ? value : 0.0F;
    }
    for (size_t i = 0; n_lanes < SYNRL_LANES && i < n; i++) {
        adder->signal[i] = i % SYNRL_LANES < n_lanes ? adder->signal[i] : 0.0F;
    }
}

static void take_slope(struct adder *adder, const synrl_activation *f, size_t n, const float *y) {
    if (f == NULL) {
        for (size_t i = 0; i < n; i++) {
            adder->slope[i] = 1.0F;
        }
    } else if (SYNRL_OFFERS(f->ops, derivative)) {
        f->ops->derivative(f->host, f->config, n, adder->slope, y, adder->slope);
    } else {
        adder->lacking = f;
    }
}

/* slope: from z to what noise of either sign makes of the output, one less the other. */
static void take_moves(float reach, struct adder *adder, const synrl_activation *f, size_t n) {
    float *up = adder->signal, *down = adder->slope;
    for (size_t i = 0; i < n; i++) {
        up[i] = down[i] + reach;
        down[i] -= reach;
    }
    if (f != NULL) {
        synrl_activation_apply(f, n, up, up);
        synrl_activation_apply(f, n, down, down);
    }
    for (size_t i = 0; i < n; i++) {
        down[i] = up[i] - down[i];
    }
}

/* Adding up ------------------------------------------------------------------------------------ */

static void add_floats(const struct credit *credit, struct adder *adder, size_t n_rows,
                       size_t n_columns, const float *x, int64_t *sums) {
    const struct kernels *kernels = kernels_in_use();
    const size_t stride = stride_of(n_columns);
    kernels->turn(n_columns, stride, x, adder->turned);
    kernels->correlate_floats(n_rows, n_columns, stride, adder->turned, adder->signal,
                              adder->block);
    for (size_t o = 0; o < n_rows; o++) {
        const float *row = adder->block + o * stride;
        if (kernels->add_fixed_point(n_columns, row, credit->limit, sums + o * n_columns)) {
            continue;
        }
        for (size_t i = 0; i < n_columns; i++) {
            adder->is_infinite |=
                !fixed_point_add(&sums[o * n_columns + i], (double)row[i], credit->limit);
        }
    }
}

/* The sum of a block's lanes by halves: lane s with lane s + 8, then s + 4, s + 2, s + 1. */
static float lane_sum(const float *signal) {
    float lanes[SYNRL_LANES];
    memcpy(lanes, signal, sizeof lanes);
    for (size_t half = SYNRL_LANES / 2; half > 0; half /= 2) {
        for (size_t s = 0; s < half; s++) {
            lanes[s] += lanes[s + half];
        }
    }
    return lanes[0];
}

static void add_float_signal(const struct credit *credit, struct adder *adder, size_t n_rows,
                             int64_t *sums) {
    for (size_t o = 0; o < n_rows; o++) {
        const double sum = (double)lane_sum(adder->signal + o * SYNRL_LANES);
        adder->is_infinite |= !fixed_point_add(&sums[o], sum, credit->limit);
    }
}

static void add_inputs(const struct credit *credit, struct adder *adder, const synrl_pass *pass,
                       const synrl_source *source) {
    const synrl_tensor *tensor = &credit->layout->tensors[source->tensor];
    const struct tensor_weights *weights = &pass->weights->tensors[source->tensor];
    const synrl_batch *batch = weights->inputs;
    const size_t block = input_block(weights, pass->block, source->position);
    if (credit_is_exact(credit, source->tensor)) {
        credit_add_exact(credit, adder, source->tensor, block);
        kernels_in_use()->add_signal(tensor->n_rows, adder->bytes,
                                     adder->sums + credit->first_row[source->tensor]);
        return;
    }
    batch_values(batch, block, adder->x);
    if ((credit->signal.flags & SYNRL_CENTRED) != 0) {
        const float *means = credit->inputs[weights->source].means;
        for (size_t i = 0; i < tensor->n_columns * SYNRL_LANES; i++) {
            adder->x[i] -= means[i / SYNRL_LANES];
        }
    }
    add_floats(credit, adder, tensor->n_rows, tensor->n_columns, adder->x,
               adder->sums + tensor->first);
}

void credit_after(struct credit *credit, const synrl_pass *pass, size_t n_sources,
                  const synrl_source *sources, int bias, const synrl_activation *f, const float *y,
                  const float *fired) {
    struct adder *adder = &credit->adders[pass->worker];
    const size_t n_rows = credit->layout->tensors[sources[0].tensor].n_rows;
    const size_t n = n_rows * SYNRL_LANES, n_lanes = batch_lanes(pass->batch, pass->block);
    const size_t at = signal_at(credit, pass, &sources[0]);
    const bool is_exact = n_sources == 1 && credit_is_exact(credit, sources[0].tensor);
    const bool times_slope = (credit->signal.flags & SYNRL_TIMES_SLOPE) != 0;
    if (times_slope) {
        take_slope(adder, f, n, y);
    }
    if ((credit->signal.flags & SYNRL_WHERE_MOVED) != 0) {
        take_moves(credit->reach[sources[0].tensor], adder, f, n);
        y = adder->slope;
    }
    if (credit->signal.bytes != NULL) {
        take_bytes(credit, adder, at, n_lanes, n, y);
        for (size_t i = 0; !is_exact && i < n; i++) {
            adder->signal[i] = (float)adder->bytes[i];
        }
    } else {
        take_floats(credit, adder, at, n_lanes, n, y, times_slope ? adder->slope : fired);
    }
    for (size_t k = 0; k < n_sources; k++) {
        const synrl_tensor *tensor = &credit->layout->tensors[sources[k].tensor];
        if (tensor->reads_inputs) {
            add_inputs(credit, adder, pass, &sources[k]);
        } else {
            add_floats(credit, adder, n_rows, tensor->n_columns, sources[k].x,
                       adder->sums + tensor->first);
        }
    }
    if (bias != SYNRL_NO_TENSOR && credit->signal.bytes != NULL) {
        kernels_in_use()->add_signal(n_rows, adder->bytes,
                                     adder->sums + credit->layout->tensors[bias].first);
    } else if (bias != SYNRL_NO_TENSOR) {
        add_float_signal(credit, adder, n_rows, adder->sums + credit->layout->tensors[bias].first);
    }
}

/* Ending --------------------------------------------------------------------------------------- */

static synrl_status check_end(const struct credit *credit) {
    const synrl_host *host = credit->host;
    for (size_t worker = 0; worker < credit->n_workers; worker++) {
        const struct adder *adder = &credit->adders[worker];
        if (adder->lacking != NULL) {
            return host->fail(host, SYNRL_UNSUPPORTED, "activation \"%s\" has no derivative",
                              adder->lacking->id);
        }
    }
    for (size_t worker = 0; worker < credit->n_workers; worker++) {
        if (credit->adders[worker].is_infinite) {
            return host->fail(host, SYNRL_INVALID,
                              "a correlation is not finite: neither the signal nor the synapses' "
                              "inputs may be NaN or infinite");
        }
    }
    return SYNRL_OK;
}

/* The sums of this rank's blocks become those of all blocks. */
static synrl_status add_up_ranks(struct credit *credit, const struct reduction *reduction,
                                 synrl_status status, double *sums) {
    const synrl_host *host = credit->host;
    const synrl_layout *layout = credit->layout;
    if (credit->totals == NULL) {
        SYNRL_TRY(SYNRL_NEW(host, credit->totals, credit->n_sums + 1));
    }
    for (size_t i = 0; i < credit->n_sums; i++) {
        credit->totals[i] = credit_total(credit, i);
    }
    for (size_t t = 0; t < layout->n_tensors; t++) {
        const synrl_tensor *tensor = &layout->tensors[t];
        for (size_t i = 0; credit_is_exact(credit, t) && i < tensor->n_rows * tensor->n_columns;
             i++) {
            credit->totals[tensor->first + i] = (int64_t)sums[tensor->first + i];
        }
    }
    credit->totals[credit->n_sums] = status != SYNRL_OK;
    SYNRL_TRY(reduction->sum(reduction->context, credit->n_sums + 1, credit->totals));
    SYNRL_TRY(reduction->agree(reduction->context, credit->totals[credit->n_sums], status));
    for (size_t worker = 0; worker < credit->n_workers; worker++) {
        int64_t *to = credit->adders[worker].sums;
        if (worker == 0) {
            memcpy(to, credit->totals, credit->n_sums * sizeof *to);
        } else {
            memset(to, 0, credit->n_sums * sizeof *to);
        }
    }
    for (size_t i = 0; i < layout->n_synapses; i++) {
        sums[i] = (double)credit->totals[i];
    }
    return SYNRL_OK;
}

static synrl_status correlate(struct credit *credit, const struct reduction *reduction,
                              double *sums) {
    const synrl_status status = check_end(credit);
    if (reduction == NULL) {
        SYNRL_TRY(status);
        credit_correlate(credit, true, true, sums);
        return SYNRL_OK;
    }
    credit_correlate(credit, true, false, sums);
    SYNRL_TRY(add_up_ranks(credit, reduction, status, sums));
    credit_correlate(credit, false, true, sums);
    return SYNRL_OK;
}

synrl_status credit_end(struct credit *credit, const struct reduction *reduction, double *sums) {
    SYNRL_TRY(correlate(credit, reduction, sums));
    for (size_t t = 0; t < credit->layout->n_tensors; t++) {
        const synrl_tensor *tensor = &credit->layout->tensors[t];
        const bool is_count = tensor->is_bias && credit->signal.bytes != NULL;
        const double unit = is_count ? 1.0 : FIXED_POINT_UNIT;
        for (size_t i = 0; !credit_is_exact(credit, t) && i < tensor->n_rows * tensor->n_columns;
             i++) {
            sums[tensor->first + i] = (double)credit_total(credit, tensor->first + i) / unit;
        }
    }
    return SYNRL_OK;
}
