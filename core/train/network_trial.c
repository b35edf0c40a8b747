/* SPDX-License-Identifier: MIT */
/* Trials run as work of the pool, so that what only the main thread may is refused in them too. */
#include "train/network_trial.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/count.h"
#include "engine/pool.h"
#include "train/network_private.h"

/* What is behind the values of a trial stays as it is, unless too many are written. */
enum { ROOM = 4096, UNSET_BYTE = 0xFD };

#define REFUSE(host, format, ...) \
    core_fail((host)->core, SYNRL_INVALID, "%s: " format, (host)->who, __VA_ARGS__)

/* One call of forward, or of terms where `terms` is given. */
struct call {
    struct network *network;
    size_t worker, block;
    float *outputs, *terms;
};

static void run_call(void *context, size_t worker, size_t n_workers) {
    const struct call *call = context;
    (void)n_workers;
    if (worker != 0) {
        return;
    }
    if (call->terms != NULL) {
        take_terms(call->network, call->block, call->outputs, call->terms);
        return;
    }
    synrl_pass pass = make_pass(call->network, NULL, call->worker);
    pass.block = call->block;
    forward(call->network, &pass, call->outputs);
}

static synrl_status run_forward(const struct call *call) {
    struct network *network = call->network;
    struct host *host = &network->model.host;
    const struct operation before = host_enter(host, "forward");
    pool_run(network->core->pool, run_call, (void *)call);
    host_check_blocks(host);
    return host_leave(host, before, weights_check(network->model.weights));
}

static synrl_status run_terms(const struct call *call) {
    struct host *host = component_host(call->network->loss_component);
    const struct operation before = host_enter(host, "terms");
    pool_run(call->network->core->pool, run_call, (void *)call);
    return host_leave(host, before, SYNRL_OK);
}

/* Values ---------------------------------------------------------------------------------------- */

/* What an operation sets: [n][SYNRL_LANES] with ROOM behind. */
struct values {
    struct host *host;
    const char *operation, *what;
    size_t n;
    float *first, *others;
};

static bool is_unset(const float *value) {
    unsigned char unset[sizeof *value];
    memset(unset, UNSET_BYTE, sizeof unset);
    return memcmp(value, unset, sizeof unset) == 0;
}

static void unset(const struct values *values, float *to) {
    memset(to, UNSET_BYTE, (values->n * SYNRL_LANES + ROOM) * sizeof *to);
}

static synrl_status check_set(const struct values *values, const float *set) {
    const size_t n = values->n * SYNRL_LANES;
    for (size_t i = 0; i < n; i++) {
        if (is_unset(&set[i])) {
            return REFUSE(values->host, "%s does not set %s %zu of sample %zu", values->operation,
                          values->what, i / SYNRL_LANES + 1, i % SYNRL_LANES + 1);
        }
    }
    for (size_t i = n; i < n + ROOM; i++) {
        if (!is_unset(&set[i])) {
            return REFUSE(values->host, "%s sets more than the %zu x %d values of a block",
                          values->operation, values->n, SYNRL_LANES);
        }
    }
    return SYNRL_OK;
}

static synrl_status compare(const struct values *values, size_t worker) {
    for (size_t i = 0; i < values->n * SYNRL_LANES; i++) {
        if (memcmp(&values->first[i], &values->others[i], sizeof(float)) != 0) {
            char where[64] = "the next time";
            if (worker != 0) {
                snprintf(where, sizeof where, "as worker %zu", worker);
            }
            return REFUSE(values->host, "%s gives %.9g for %s %zu of sample %zu, and %.9g %s",
                          values->operation, (double)values->first[i], values->what,
                          i / SYNRL_LANES + 1, i % SYNRL_LANES + 1, (double)values->others[i],
                          where);
        }
    }
    return SYNRL_OK;
}

/* Trials --------------------------------------------------------------------------------------- */

static synrl_status try_forward(struct network *network, const struct values *values) {
    const size_t n_workers = pool_size(network->core->pool);
    const size_t workers[] = {0, 1 % n_workers, n_workers - 1};
    unset(values, values->first);
    SYNRL_TRY(run_forward(&(struct call){.network = network, .outputs = values->first}));
    SYNRL_TRY(check_set(values, values->first));
    for (size_t i = 0; i < COUNT_OF(workers); i++) {
        unset(values, values->others);
        SYNRL_TRY(run_forward(
            &(struct call){.network = network, .worker = workers[i], .outputs = values->others}));
        SYNRL_TRY(check_set(values, values->others));
        SYNRL_TRY(compare(values, workers[i]));
    }
    return SYNRL_OK;
}

static synrl_status try_terms(struct network *network, float *outputs,
                              const struct values *values) {
    unset(values, values->first);
    unset(values, values->others);
    SYNRL_TRY(run_terms(&(struct call){network, 0, 0, outputs, values->first}));
    SYNRL_TRY(check_set(values, values->first));
    SYNRL_TRY(run_terms(&(struct call){network, 0, 0, outputs, values->others}));
    return compare(values, 0);
}

static synrl_status try_finish(struct network *network) {
    static const double means[] = {0.0, 1e-6, 1e-3, 0.1, 1.0, 3.0, 10.0, 100.0, 1e6};
    struct host *host = component_host(network->loss_component);
    double last_sum = 0.0, last = -(double)INFINITY;
    for (size_t i = 0; i < COUNT_OF(means); i++) {
        const double sum = means[i] * (double)network->n_samples;
        const struct operation before = host_enter(host, "finish");
        const double loss = finish_loss(network, sum);
        SYNRL_TRY(host_leave(host, before, SYNRL_OK));
        if (isnan(loss)) {
            return REFUSE(host, "finish gives %g for the sum %g of %zu samples: must be a number",
                          loss, sum, network->n_samples);
        }
        if (loss < last) {
            return REFUSE(
                host,
                "finish gives %.9g for the sum %g, and %.9g for %g: must not fall where the "
                "sum rises",
                last, last_sum, loss, sum);
        }
        last = loss;
        last_sum = sum;
    }
    return SYNRL_OK;
}

static synrl_status try_all(struct network *network, float *room) {
    const size_t n = network->model.layout.n_outputs, size = n * SYNRL_LANES + ROOM;
    float *outputs = room, *others = room + size;
    const struct values outputs_set = {
        &network->model.host, "forward", "output", n, outputs, others};
    SYNRL_TRY(try_forward(network, &outputs_set));
    if (network->loss_component == NULL) {
        return SYNRL_OK;
    }
    const struct values terms_set = {component_host(network->loss_component),
                                     "terms",
                                     "term",
                                     1,
                                     others,
                                     others + SYNRL_LANES + ROOM};
    SYNRL_TRY(try_terms(network, outputs, &terms_set));
    return try_finish(network);
}

synrl_status network_trial(struct network *network) {
    const size_t size = network->model.layout.n_outputs * SYNRL_LANES + ROOM;
    float *room = core_alloc(network->core, 2 * size + SYNRL_LANES + ROOM, sizeof *room);
    if (room == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const synrl_status status = try_all(network, room);
    core_free(network->core, room);
    network->is_tried = status == SYNRL_OK;
    return status;
}

/* Slopes --------------------------------------------------------------------------------------- */

enum { OUTPUTS_TRIED = 16 };

/* The slopes of the loss at output o of each sample of block 0, by differences; times the number of
 * samples, so that they are of the same size for any. */
static synrl_status differences(struct network *network, const struct pass *pass, float *outputs,
                                size_t o, float by, double slopes[SYNRL_LANES]) {
    const double n = (double)network->n_samples;
    float *row = outputs + o * SYNRL_LANES, kept[SYNRL_LANES], terms[3][SYNRL_LANES] = {{0}};
    memcpy(kept, row, sizeof kept);
    for (int side = -1; side <= 1; side++) {
        for (size_t s = 0; s < SYNRL_LANES; s++) {
            row[s] = kept[s] + (float)side * by;
        }
        const struct call call = {network, 0, 0, outputs, terms[side + 1]};
        SYNRL_TRY(run_terms(&call));
    }
    memcpy(row, kept, sizeof kept);
    for (size_t s = 0; s < SYNRL_LANES; s++) {
        const double sum = pass->sum - (double)terms[1][s];
        const double rise = finish_loss(network, sum + (double)terms[2][s]) -
                            finish_loss(network, sum + (double)terms[0][s]);
        slopes[s] = n * rise / (2.0 * (double)by);
    }
    return SYNRL_OK;
}

/* Where the loss is smooth and not flat, as for activations. *is_wrong: there was a warning. */
static synrl_status try_slope(struct network *network, const struct pass *pass, float *outputs,
                              size_t o, bool *is_wrong) {
    const double n = (double)network->n_samples;
    double wide[SYNRL_LANES], narrow[SYNRL_LANES];
    SYNRL_TRY(differences(network, pass, outputs, o, 0x1p-6F, wide));
    SYNRL_TRY(differences(network, pass, outputs, o, 0x1p-7F, narrow));
    for (size_t s = 0; s < block_samples(network, 0); s++) {
        const double slope = narrow[s];
        const double is = n * (double)network->slopes[o * SYNRL_LANES + s];
        if (fabs(slope) > 1e-2 && fabs(wide[s] - slope) <= 0.02 * fabs(slope) &&
            fabs(is - slope) > 0.1 * fabs(slope)) {
            core_log(network->core, SYNRL_LOG_WARNING,
                     "%s: gradient gives %.3g for output %zu of sample %zu, where the slope of the "
                     "loss is %.3g",
                     component_host(network->loss_component)->who, is / n, o + 1, s + 1, slope / n);
            *is_wrong = true;
            return SYNRL_OK;
        }
    }
    return SYNRL_OK;
}

synrl_status network_try_slopes(struct network *network, const struct pass *pass) {
    const size_t n_outputs = network->model.layout.n_outputs;
    bool is_wrong = !isfinite(pass->loss);
    float *outputs = core_alloc(network->core, n_outputs * SYNRL_LANES, sizeof *outputs);
    if (outputs == NULL) {
        return SYNRL_NO_MEMORY;
    }
    synrl_status status = run_forward(&(struct call){.network = network, .outputs = outputs});
    for (size_t o = 0; status == SYNRL_OK && !is_wrong && o < n_outputs && o < OUTPUTS_TRIED; o++) {
        status = try_slope(network, pass, outputs, o, &is_wrong);
    }
    core_free(network->core, outputs);
    return status;
}

/* Explaining ----------------------------------------------------------------------------------- */

/* The first output of the block that is not finite, else its first term that cannot be added. */
static bool explain_block(const struct network *network, size_t block, const float *outputs,
                          const float *terms, char *text, size_t size) {
    const size_t n = block_samples(network, block), first = block * SYNRL_LANES + 1;
    for (size_t i = 0; i < network->model.layout.n_outputs * SYNRL_LANES; i++) {
        if (i % SYNRL_LANES < n && !isfinite(outputs[i])) {
            snprintf(text, size, "%s: output %zu of sample %zu is %g", network->model.host.who,
                     i / SYNRL_LANES + 1, first + i % SYNRL_LANES, (double)outputs[i]);
            return true;
        }
    }
    for (size_t s = 0; s < n; s++) {
        if (!(terms[s] >= 0.0F && terms[s] < TERM_LIMIT)) {
            snprintf(text, size, "%s: the term of sample %zu is %g: must be 0 .. 2^26",
                     component_host(network->loss_component)->who, first + s, (double)terms[s]);
            return true;
        }
    }
    return false;
}

void network_explain(struct network *network, const struct pass *pass, char *text, size_t size) {
    const size_t n = network->model.layout.n_outputs * SYNRL_LANES;
    float *outputs = core_alloc(network->core, n, sizeof *outputs), terms[SYNRL_LANES] = {0};
    struct call call = {.network = network, .outputs = outputs};
    char message[sizeof network->core->message];
    bool is_found = outputs == NULL;
    memcpy(message, network->core->message, sizeof message);
    text[0] = '\0';
    for (; !is_found && call.block < network->n_blocks; call.block++) {
        call.terms = NULL;
        is_found = run_forward(&call) != SYNRL_OK;
        call.terms = terms;
        is_found = is_found || run_terms(&call) != SYNRL_OK ||
                   explain_block(network, call.block, outputs, terms, text, size);
    }
    if (!is_found) {
        snprintf(text, size, "%s: finish gives %g for the sum %g",
                 component_host(network->loss_component)->who, pass->loss, pass->sum);
    }
    core_free(network->core, outputs);
    memcpy(network->core->message, message, sizeof message);
}

static bool same_tensor(const synrl_tensor *a, const synrl_tensor *b) {
    return strcmp(a->name, b->name) == 0 && a->n_rows == b->n_rows &&
           a->n_columns == b->n_columns && a->is_bias == b->is_bias && a->first == b->first;
}

synrl_status network_check_layout(const struct network *network, const struct network *training,
                                  const char *data) {
    const synrl_layout *here = &network->model.layout, *there = &training->model.layout;
    const char *who = network->model.host.who;
    if (here->n_synapses != there->n_synapses || here->n_tensors != there->n_tensors) {
        return core_fail(network->core, SYNRL_INVALID,
                         "%s: create gives %zu synapses in %zu tensors for %s, and %zu in %zu for "
                         "the training: must be equal",
                         who, here->n_synapses, here->n_tensors, data, there->n_synapses,
                         there->n_tensors);
    }
    for (size_t t = 0; t < here->n_tensors; t++) {
        if (!same_tensor(&here->tensors[t], &there->tensors[t])) {
            return core_fail(network->core, SYNRL_INVALID,
                             "%s: create gives another tensor \"%s\" for %s than for the training: "
                             "must be equal",
                             who, here->tensors[t].name, data);
        }
    }
    return SYNRL_OK;
}
