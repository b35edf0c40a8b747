/* SPDX-License-Identifier: MIT */
/* Weights on a lattice. Invariant: |k| is at most reach and at most reach_max, so no counter
 * overflows; `values`, if not NULL, are those of w0, k and alpha. An undo restores the former k, so
 * reach may exceed reach_max by one.
 *
 * Where alpha is halved, k is doubled: the weights stay the same, exactly, and so do sums of k once
 * they are doubled too. */
#include "engine/lattice.h"

#include <math.h>
#include <string.h>

#include "engine/isa.h"
#include "engine/pool.h"

/* Below this many synapses a second worker costs more than it saves. */
enum { SYNAPSES_WORTH_SHARING = 8192 };

synrl_status lattice_init(synrl_lattice *lattice, const synrl_host *host, size_t n,
                          uint32_t reach_max, bool with_values) {
    *lattice = (synrl_lattice){.host = host,
                               .kernels = kernels_in_use(),
                               .n = n,
                               .reach_max = reach_max,
                               .w0 = host->alloc(host, n, sizeof(float)),
                               .counters = host->alloc(host, n, sizeof(int16_t))};
    if (with_values) {
        lattice->values = host->alloc(host, n, sizeof(float));
    }
    if (lattice->w0 == NULL || lattice->counters == NULL ||
        (with_values && lattice->values == NULL)) {
        lattice_clear(lattice);
        return SYNRL_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        lattice->counters[i] = COUNTER_START;
    }
    return SYNRL_OK;
}

void lattice_clear(synrl_lattice *lattice) {
    if (lattice->host != NULL) {
        lattice->host->free(lattice->host, lattice->w0);
        lattice->host->free(lattice->host, lattice->counters);
        lattice->host->free(lattice->host, lattice->values);
    }
    *lattice = (synrl_lattice){.host = NULL};
}

synrl_status lattice_create(const synrl_host *host, size_t n, synrl_lattice **made) {
    *made = NULL;
    synrl_lattice *lattice = host->alloc(host, 1, sizeof *lattice);
    if (lattice == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const synrl_status status = lattice_init(lattice, host, n, COUNTER_ACTS_MAX, true);
    if (status != SYNRL_OK) {
        host->free(host, lattice);
        return status;
    }
    *made = lattice;
    return SYNRL_OK;
}

void lattice_destroy(synrl_lattice *lattice) {
    if (lattice != NULL) {
        const synrl_host *host = lattice->host;
        lattice_clear(lattice);
        host->free(host, lattice);
    }
}

/* Moving --------------------------------------------------------------------------------------- */

void lattice_get(const synrl_lattice *lattice, float *out) {
    lattice->kernels->lattice_values(lattice->n, lattice->w0, lattice->counters, lattice->alpha,
                                     out);
}

static void refresh_values(synrl_lattice *lattice) {
    if (lattice->values != NULL) {
        lattice_get(lattice, lattice->values);
    }
}

const float *lattice_values(const synrl_lattice *lattice) {
    return lattice->values;
}

void lattice_set(synrl_lattice *lattice, const float *weights) {
    memcpy(lattice->w0, weights, lattice->n * sizeof *weights);
    for (size_t i = 0; i < lattice->n; i++) {
        lattice->counters[i] = COUNTER_START;
    }
    lattice->n_acts = lattice->reach = 0;
    refresh_values(lattice);
}

void lattice_rebase(synrl_lattice *lattice) {
    lattice_get(lattice, lattice->w0);
    for (size_t i = 0; i < lattice->n; i++) { /* keeps the last action */
        lattice->counters[i] = (int16_t)(lattice->counters[i] & 3);
    }
    lattice->n_acts = lattice->reach = 0;
}

static bool is_same(float a, float b) {
    return a <= b && a >= b;
}

/* 2^m, m >= 0, where the lattice's alpha is 2^m times this one and k may be multiplied by that
 * before an act; else 0. */
static uint32_t halvings(const synrl_lattice *lattice, float alpha) {
    uint32_t factor = 1;
    while (factor * lattice->reach < lattice->reach_max) {
        if (is_same(alpha, lattice->alpha)) {
            return factor;
        }
        alpha *= 2.0F;
        factor *= 2;
    }
    return 0;
}

uint32_t lattice_approach(synrl_lattice *lattice, float alpha) {
    const uint32_t factor = lattice->reach > 0 ? halvings(lattice, alpha) : 1;
    if (factor == 0) {
        lattice_rebase(lattice);
    }
    for (size_t i = 0; factor > 1 && i < lattice->n; i++) { /* keeps the last action */
        const int32_t action = lattice->counters[i] & 3;
        lattice->counters[i] =
            (int16_t)((lattice->counters[i] - action) * (int32_t)factor + action);
    }
    lattice->reach *= factor;
    lattice->alpha = alpha;
    return factor;
}

struct act_work {
    synrl_lattice *lattice;
    const int8_t *actions;           /* one of the two */
    const struct rank_one *rank_one; /* NULL: not of rank one */
};

static void act_share(void *context, size_t worker, size_t n_workers) {
    const struct act_work *work = context;
    synrl_lattice *lattice = work->lattice;
    size_t first, end;
    pool_share(lattice->n, 64, worker, n_workers, &first, &end);
    if (work->rank_one != NULL) {
        rank_one_advance(work->rank_one, lattice->kernels, first, end, lattice->counters);
    } else {
        lattice->kernels->advance(end - first, 1, work->actions + first, lattice->counters + first);
    }
    if (lattice->values != NULL) {
        lattice->kernels->lattice_values(end - first, lattice->w0 + first,
                                         lattice->counters + first, lattice->alpha,
                                         lattice->values + first);
    }
}

static void advance(synrl_lattice *lattice, const int8_t *actions,
                    const struct rank_one *rank_one) {
    lattice->n_acts++;
    lattice->reach++;
    struct act_work work = {lattice, actions, rank_one};
    if (lattice->n < SYNAPSES_WORTH_SHARING) {
        act_share(&work, 0, 1);
    } else {
        lattice->host->parallel(lattice->host, act_share, &work);
    }
}

void lattice_act(synrl_lattice *lattice, const int8_t *actions, float alpha) {
    lattice_approach(lattice, alpha);
    advance(lattice, actions, NULL);
}

void lattice_act_rank_one(synrl_lattice *lattice, const struct rank_one *actions, float alpha) {
    lattice_approach(lattice, alpha);
    advance(lattice, NULL, actions);
}

void lattice_undo(synrl_lattice *lattice, const int8_t *negated) {
    advance(lattice, negated, NULL);
}

void lattice_undo_rank_one(synrl_lattice *lattice, const struct rank_one *negated) {
    advance(lattice, NULL, negated);
}

void lattice_last_actions(const synrl_lattice *lattice, int8_t *actions) {
    for (size_t i = 0; i < lattice->n; i++) {
        actions[i] = (int8_t)((lattice->counters[i] & 3) - 1);
    }
}

void lattice_shift(synrl_lattice *lattice, const float *delta) {
    lattice_rebase(lattice);
    for (size_t i = 0; i < lattice->n; i++) {
        lattice->w0[i] += delta[i];
    }
    refresh_values(lattice);
}

/* State ---------------------------------------------------------------------------------------- */

struct lattice_header {
    uint64_t n;
    float alpha;
    uint32_t reach;
};

size_t lattice_state_size(const synrl_lattice *lattice) {
    return sizeof(struct lattice_header) + lattice->n * (sizeof(float) + sizeof(int16_t));
}

void lattice_save(const synrl_lattice *lattice, void *state) {
    const struct lattice_header header = {lattice->n, lattice->alpha, lattice->reach};
    char *to = state;
    memcpy(to, &header, sizeof header);
    memcpy(to + sizeof header, lattice->w0, lattice->n * sizeof(float));
    memcpy(to + sizeof header + lattice->n * sizeof(float), lattice->counters,
           lattice->n * sizeof(int16_t));
}

/* Whether saved numbers obey the invariant. */
static bool is_sound(const struct lattice_header *header, uint32_t reach_max, const char *w0,
                     const char *counters) {
    const uint32_t moves_max = header->reach < reach_max ? header->reach : reach_max;
    for (size_t i = 0; i < header->n; i++) {
        float weight;
        int16_t counter;
        memcpy(&weight, w0 + i * sizeof weight, sizeof weight);
        memcpy(&counter, counters + i * sizeof counter, sizeof counter);
        const uint32_t moves = (uint32_t)((counter >> 2) < 0 ? -(counter >> 2) : counter >> 2);
        if (!isfinite(weight) || (counter & 3) == 3 || moves > moves_max) {
            return false;
        }
    }
    return true;
}

synrl_status lattice_load(synrl_lattice *lattice, const void *state, size_t size) {
    struct lattice_header header;
    const synrl_host *host = lattice->host;
    if (size != lattice_state_size(lattice)) {
        return host->fail(host, SYNRL_INVALID, "saved weights of %zu bytes: must be %zu", size,
                          lattice_state_size(lattice));
    }
    memcpy(&header, state, sizeof header);
    const char *w0 = (const char *)state + sizeof header;
    const char *counters = w0 + lattice->n * sizeof(float);
    if (header.n != lattice->n || header.reach > lattice->reach_max + 1 ||
        !(header.alpha >= 0.0F && isfinite(header.alpha)) ||
        !is_sound(&header, lattice->reach_max, w0, counters)) {
        return host->fail(host, SYNRL_INVALID, "the saved weights are damaged");
    }
    lattice->alpha = header.alpha;
    lattice->n_acts = lattice->reach = header.reach;
    memcpy(lattice->w0, w0, lattice->n * sizeof(float));
    memcpy(lattice->counters, counters, lattice->n * sizeof(int16_t));
    refresh_values(lattice);
    return SYNRL_OK;
}
