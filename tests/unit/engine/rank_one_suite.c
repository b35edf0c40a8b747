/* SPDX-License-Identifier: MIT */
/* Actions of rank one against plain loops over all synapses, and against the same actions one by
 * one: exact equality for every variant and path, whatever happens in between. */
#include "engine/rank_one.h"

#include <stdlib.h>
#include <string.h>

#include "engine/batch.h"
#include "engine/projection.h"
#include "plugin/host.h"
#include "support/engine_ways.h"
#include "support/pace.h"
#include "support/small_net.h"
#include "support/support.h"
#include "support/test.h"

SUITE("rank_one");

static struct core *core;
static struct host host;

static void start(size_t n_threads) {
    core = test_engine(n_threads, &host);
}

static void end(void) {
    test_engine_end(core, &host);
}

/* -1 and +1, sometimes 0 too. */
static void draw(size_t n, int8_t *actions) {
    const bool has_zeros = rand() % 4 == 0;
    for (size_t i = 0; i < n; i++) {
        actions[i] = (int8_t)(has_zeros ? rand() % 3 - 1 : 2 * (rand() % 2) - 1);
    }
}

/* Of a small network, among other moves -------------------------------------------------------- */

struct life {
    struct small_net net;
    struct samples samples[2];
    int8_t rows[NET_ROWS], columns[NET_COLUMNS], actions[NET_SYNAPSES];
    float alphas[NET_TENSORS];
    bool has_acted, was_rank_one;
};

static void check_net(const struct small_net *net) {
    float weights[NET_SYNAPSES], z[NET_UNITS], y[NET_UNITS];
    int8_t last[NET_SYNAPSES];
    const size_t n_blocks = batch_blocks(net->samples->batch);
    float *units = test_allocate(n_blocks * NET_UNITS * SYNRL_LANES, sizeof *units);
    weights_get(net->weights, weights);
    weights_last_actions(net->weights, last);
    for (size_t i = 0; i < NET_SYNAPSES; i++) {
        const float wanted = net_weight(net, i);
        CHECK_OFTEN(memcmp(&weights[i], &wanted, sizeof wanted) == 0, "weight %zu: %a, must be %a",
                    i, (double)weights[i], (double)wanted);
        CHECK_OFTEN(last[i] == net->last[i], "action %zu: %d, must be %d", i, last[i],
                    net->last[i]);
    }
    net_pass(net, NULL, units);
    for (size_t s = 0; s < n_blocks * SYNRL_LANES; s++) {
        net_plain(net, s, NULL, z, y);
        for (size_t u = 0; u < NET_UNITS; u++) {
            const float got =
                units[(s / SYNRL_LANES * NET_UNITS + u) * SYNRL_LANES + s % SYNRL_LANES];
            CHECK_OFTEN(memcmp(&got, &y[u], sizeof got) == 0,
                        "unit %zu of sample %zu: %a, must be %a", u, s, (double)got, (double)y[u]);
        }
    }
    free(units);
}

static void life_act(struct life *life) {
    for (size_t t = 0; t < NET_TENSORS; t++) {
        if (rand() % 30 == 0 || life->alphas[t] <= 0.0F) {
            life->alphas[t] = rand() % 4 == 0 ? 0.0F : (float)(1 + rand() % 2) * 1e-3F;
        }
    }
    life->was_rank_one = rand() % 4 > 0;
    life->has_acted = true;
    if (life->was_rank_one) {
        draw(NET_ROWS, life->rows);
        draw(NET_COLUMNS, life->columns);
        net_outer(life->rows, life->columns, life->actions);
        net_act_rank_one(&life->net, life->rows, life->columns, life->alphas);
        return;
    }
    for (size_t i = 0; i < NET_SYNAPSES; i++) { /* near the last ones: the sparse path */
        life->actions[i] =
            (int8_t)(rand() % 16 == 0 ? rand() % 3 - 1 : life->actions[i] * (rand() % 2 * 2 - 1));
    }
    net_act(&life->net, life->actions, life->alphas);
}

/* Actions of rank one may be taken back one by one too, as after a resume. */
static void life_undo(struct life *life) {
    if (life->was_rank_one && rand() % 3 > 0) {
        net_undo_rank_one(&life->net, life->rows, life->columns, life->alphas);
    } else {
        net_undo(&life->net, life->actions, life->alphas);
    }
    life->has_acted = false;
}

/* Saves, goes astray, and loads. */
static void life_reload(struct life *life) {
    const size_t size = weights_state_size(life->net.weights);
    char *state = test_allocate(size, 1);
    int8_t rows[NET_ROWS], columns[NET_COLUMNS];
    weights_save(life->net.weights, state);
    draw(NET_ROWS, rows);
    draw(NET_COLUMNS, columns);
    weights_act_rank_one(life->net.weights, rows, columns, life->alphas);
    ck_assert_int_eq(weights_load(life->net.weights, state, size), SYNRL_OK);
    free(state);
}

TEST_EACH(networks_follow_plain_loops, 2 * N_WAYS) {
    static struct life life;
    float floats[NET_SYNAPSES];
    const bool is_here = take_way(_i / 2);
    start(1 + (size_t)_i % 4);
    srand(1 + (unsigned)_i % 2);
    net_make(&life.net, &host.api);
    for (size_t i = 0; i < 2; i++) {
        samples_make(&life.samples[i], &host.api, i == 0 ? 37 : 300, NET_INPUTS, _i % 2 == 0);
    }
    for (size_t i = 0; i < NET_SYNAPSES; i++) {
        floats[i] = (float)(rand() % 2001 - 1000) * 1e-3F;
    }
    for (size_t t = 0; t < NET_TENSORS; t++) {
        life.alphas[t] = 1e-3F;
    }
    net_bind(&life.net, &life.samples[0]);
    net_set(&life.net, floats);
    for (int event = 0; is_here && event < 120; event++) {
        const int kind = rand() % 16;
        if (kind == 0) {
            net_bind(&life.net, &life.samples[rand() % 2]);
            life.has_acted = false;
        } else if (kind == 1) {
            life_reload(&life);
        } else if (kind < 7 && life.has_acted) {
            life_undo(&life);
        } else {
            life_act(&life);
        }
        if (rand() % 3 > 0) { /* else blocks fall behind */
            check_net(&life.net);
        }
    }
    weights_destroy(life.net.weights);
    samples_free(&life.samples[0]);
    samples_free(&life.samples[1]);
    end();
}

/* Of one projection, beside another that gets the same actions one by one ----------------------- */

struct pair {
    size_t n_rows, n_columns, n_blocks;
    synrl_projection *by_rank, *one_by_one;
    int8_t *rows, *columns, *actions;
};

static synrl_projection *make_projection(const struct pair *pair, const struct samples *samples) {
    synrl_projection *made;
    ck_assert_int_eq(projection_create(&host.api, pair->n_rows, pair->n_columns, &made), SYNRL_OK);
    ck_assert_int_eq(projection_bind(made, samples->batch), SYNRL_OK);
    return made;
}

static struct pair make_pair(size_t n_rows, size_t n_columns, const struct samples *samples) {
    struct pair pair = {n_rows, n_columns, batch_blocks(samples->batch), .by_rank = NULL};
    pair.by_rank = make_projection(&pair, samples);
    pair.one_by_one = make_projection(&pair, samples);
    pair.rows = test_allocate(n_rows, 1);
    pair.columns = test_allocate(n_columns, 1);
    pair.actions = test_allocate(n_rows * n_columns, 1);
    return pair;
}

static void free_pair(struct pair *pair) {
    projection_destroy(pair->by_rank);
    projection_destroy(pair->one_by_one);
    free(pair->rows);
    free(pair->columns);
    free(pair->actions);
}

static struct rank_one set_actions(struct pair *pair, int sign) {
    for (size_t i = 0; i < pair->n_rows * pair->n_columns; i++) {
        pair->actions[i] =
            (int8_t)(sign * pair->rows[i / pair->n_columns] * pair->columns[i % pair->n_columns]);
    }
    for (size_t i = 0; i < pair->n_rows; i++) {
        pair->rows[i] = (int8_t)(sign * pair->rows[i]);
    }
    return (struct rank_one){pair->n_rows, pair->n_columns, pair->rows, pair->columns};
}

static void pair_act(struct pair *pair, float alpha) {
    const struct rank_one actions = set_actions(pair, 1);
    projection_act_rank_one(pair->by_rank, &actions, alpha);
    projection_act(pair->one_by_one, pair->actions, alpha);
}

static void pair_undo(struct pair *pair) {
    const struct rank_one negated = set_actions(pair, -1);
    projection_undo_rank_one(pair->by_rank, &negated);
    projection_undo(pair->one_by_one, pair->actions);
}

static void check_pair(const struct pair *pair, bool all) {
    const size_t n = pair->n_rows * SYNRL_LANES, size = n * sizeof(float);
    const size_t state_size = projection_state_size(pair->by_rank);
    float *z = test_allocate(2 * n, sizeof(float));
    char *states = test_allocate(2, state_size);
    for (size_t b = 0; b < pair->n_blocks; b++) {
        if (all || rand() % 2 == 0) {
            projection_values(pair->by_rank, b, NULL, z);
            projection_values(pair->one_by_one, b, NULL, z + n);
            CHECK_OFTEN(memcmp(z, z + n, size) == 0, "%zu x %zu: block %zu differs", pair->n_rows,
                        pair->n_columns, b);
        }
    }
    projection_save(pair->by_rank, states);
    projection_save(pair->one_by_one, states + state_size);
    CHECK_OFTEN(memcmp(states, states + state_size, state_size) == 0, "%zu x %zu: weights differ",
                pair->n_rows, pair->n_columns);
    free(states);
    free(z);
}

static void live_in_pairs(size_t n_rows, size_t n_columns, size_t n_samples, bool is_bytes,
                          int n_acts) {
    struct samples samples;
    samples_make(&samples, &host.api, n_samples, n_columns, is_bytes);
    struct pair pair = make_pair(n_rows, n_columns, &samples);
    for (int act = 0; act < n_acts; act++) {
        if (rand() % 2 == 0) { /* else kept */
            draw(n_rows, pair.rows);
            draw(n_columns, pair.columns);
        }
        pair_act(&pair, rand() % 8 == 0 ? 5e-4F : 1e-3F);
        if (rand() % 2 == 0) {
            check_pair(&pair, rand() % 2 == 0);
        }
        if (rand() % 3 == 0) {
            pair_undo(&pair);
        }
    }
    check_pair(&pair, true);
    free_pair(&pair);
    samples_free(&samples);
}

/* One row, one column, one sample, both; whole groups and a rest; blocks that make a tile, and one
 * more; as wide as the tiles that are updated together. */
TEST_EACH(every_shape_ends_as_one_by_one, N_WAYS) {
    static const size_t near[] = {1, 15, 16, 17, 255, 256, 257, 300};
    start(1 + (size_t)_i % 3);
    srand(3 + (unsigned)_i);
    if (take_way(_i)) {
        live_in_pairs(1, 1, 1, true, 12);
        live_in_pairs(1, 1, 1, false, 12);
        for (int shape = 0; shape < 24; shape++) {
            const size_t n_rows = shape % 4 == 0 ? 1 : 1 + (size_t)rand() % 40;
            const size_t n_columns = shape % 4 == 1 ? 1 : 1 + (size_t)rand() % 70;
            live_in_pairs(n_rows, n_columns, near[(size_t)rand() % 8], shape % 6 != 5, 12);
        }
        live_in_pairs(263, 1001, 272, true, 4);
        live_in_pairs(10, 784, 300, true, 20);
    }
    end();
}

/* All pixels 255, rows and columns +1: a sum reaches 255 * 70001 * 120 = 2142030600, just below
 * 2^31, and the next act begins with a rebase; an undo at that edge does not. */
TEST_EACH(a_rebase_comes_before_a_sum_overflows, N_WAYS) {
    enum { WIDE = 70001, ACTS_MAX = 120 };
    start(1);
    if (take_way(_i)) {
        const float alpha = 0x1p-20F, unit = alpha * (1.0F / 255.0F);
        struct samples samples;
        float z[SYNRL_LANES];
        samples_make(&samples, &host.api, 3, WIDE, true);
        memset(samples.bytes, 255, 3 * (size_t)WIDE);
        batch_fill(samples.batch, samples.bytes, NULL);
        struct pair pair = make_pair(1, WIDE, &samples);
        pair.rows[0] = 1;
        memset(pair.columns, 1, WIDE);
        for (int act = 1; act <= ACTS_MAX; act++) {
            pair_act(&pair, alpha);
        }
        projection_values(pair.by_rank, 0, NULL, z);
        ck_assert_float_eq(z[0], unit * (float)(255 * WIDE * ACTS_MAX));
        pair_undo(&pair);
        projection_values(pair.by_rank, 0, NULL, z);
        ck_assert_float_eq(z[0], unit * (float)(255 * WIDE * (ACTS_MAX - 1)));
        check_pair(&pair, true);
        pair.rows[0] = 1;
        for (int act = 0; act < 3; act++) {
            pair_act(&pair, alpha);
            check_pair(&pair, true);
        }
        free_pair(&pair);
        samples_free(&samples);
    }
    end();
}

/* A counter is full after 8190 acts of one direction. */
TEST(a_rebase_comes_before_a_counter_overflows) {
    struct samples samples;
    start(2);
    srand(9);
    samples_make(&samples, &host.api, 5, 9, true);
    struct pair pair = make_pair(3, 9, &samples);
    memset(pair.rows, 1, 3);
    draw(9, pair.columns);
    for (int act = 0; act < 2 * 8190 + 5; act++) {
        pair_act(&pair, 1e-4F);
        if (act % 8190 < 3 || act % 8190 > 8186) {
            check_pair(&pair, true);
        }
    }
    free_pair(&pair);
    samples_free(&samples);
    end();
}
