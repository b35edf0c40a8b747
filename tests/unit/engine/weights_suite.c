/* SPDX-License-Identifier: MIT */
/* The weights of a network and its units against plain loops, whatever happens to them in between;
 * and what `units` refuses. */
#include "engine/weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/batch.h"
#include "plugin/host.h"
#include "support/engine_ways.h"
#include "support/pace.h"
#include "support/small_net.h"
#include "support/support.h"
#include "support/test.h"

SUITE("weights");

static struct core *core;
static struct host host;

static void start(size_t n_threads) {
    core = test_engine(n_threads, &host);
}

static void end(void) {
    test_engine_end(core, &host);
}

static void check_weights(const struct small_net *net) {
    float weights[NET_SYNAPSES];
    int8_t last[NET_SYNAPSES];
    weights_get(net->weights, weights);
    weights_last_actions(net->weights, last);
    for (size_t i = 0; i < NET_SYNAPSES; i++) {
        const float wanted = net_weight(net, i);
        CHECK_OFTEN(memcmp(&weights[i], &wanted, sizeof wanted) == 0, "weight %zu: %a, must be %a",
                    i, (double)weights[i], (double)wanted);
        CHECK_OFTEN(last[i] == net->last[i], "action %zu: %d, must be %d", i, last[i],
                    net->last[i]);
    }
    for (size_t t = 0; t < NET_TENSORS; t++) {
        const float *values = engine_api.tensor_values(net->weights, t);
        const synrl_tensor *tensor = &net->tensors[t];
        ck_assert((values == NULL) == tensor->reads_inputs);
        ck_assert(values == NULL ||
                  memcmp(values, weights + tensor->first,
                         tensor->n_rows * tensor->n_columns * sizeof(float)) == 0);
    }
}

static void check_units(const struct small_net *net) {
    const size_t n_blocks = batch_blocks(net->samples->batch);
    float *units = test_allocate(n_blocks * NET_UNITS * SYNRL_LANES, sizeof *units);
    float z[NET_UNITS], y[NET_UNITS];
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

/* A life -------------------------------------------------------------------------------------- */

struct life {
    struct small_net net;
    struct samples samples[3]; /* of two sizes */
    int8_t actions[NET_SYNAPSES];
    float alphas[NET_TENSORS];
    bool has_acted; /* nothing has moved the weights since the last act */
};

static void draw_floats(float *floats, float unit) {
    for (size_t i = 0; i < NET_SYNAPSES; i++) {
        floats[i] = (float)(rand() % 2001 - 1000) * unit;
    }
}

static void life_act(struct life *life) {
    const int kind = rand() % 4;
    const int8_t c = (int8_t)(rand() % 3 - 1);
    for (size_t i = 0; i < NET_SYNAPSES; i++) {
        int8_t *action = &life->actions[i];
        *action = (int8_t)(c * *action);
        if (kind == 0 || rand() % 16 == 0) {
            *action = (int8_t)(rand() % 3 - 1);
        }
    }
    for (size_t t = 0; t < NET_TENSORS; t++) {
        if (rand() % 30 == 0) {
            life->alphas[t] = (float)(rand() % 3) * 1e-3F; /* 0: stays */
        } else if (rand() % 20 == 0) {
            life->alphas[t] /= (float)(2 << rand() % 3);
        }
    }
    net_act(&life->net, life->actions, life->alphas);
    life->has_acted = true;
}

static void life_reload(struct life *life) {
    const size_t size = weights_state_size(life->net.weights);
    char *state = test_allocate(size + 1, 1);
    float astray[NET_SYNAPSES];
    weights_save(life->net.weights, state);
    draw_floats(astray, 1e-3F);
    weights_set(life->net.weights, astray);
    test_failure(core, SYNRL_INVALID, weights_load(life->net.weights, state, size - 1),
                 "a saved network of");
    test_failure(core, SYNRL_INVALID, weights_load(life->net.weights, state, size + 1),
                 "a saved network of");
    ck_assert_int_eq(weights_load(life->net.weights, state, size), SYNRL_OK);
    free(state);
}

static void life_event(struct life *life) {
    const int kind = rand() % 16;
    float floats[NET_SYNAPSES];
    if (kind == 0) {
        draw_floats(floats, 1e-3F);
        net_set(&life->net, floats);
    } else if (kind == 1) {
        draw_floats(floats, 1e-4F);
        for (size_t t = 0; t < NET_TENSORS; t++) {
            const synrl_tensor *tensor = &life->net.tensors[t];
            if (rand() % 3 == 0) {
                memset(floats + tensor->first, 0,
                       tensor->n_rows * tensor->n_columns * sizeof *floats);
            }
        }
        net_shift(&life->net, floats);
    } else if (kind == 2) {
        net_bind(&life->net, &life->samples[rand() % 3]);
    } else if (kind == 3) {
        struct samples *samples = &life->samples[rand() % 3];
        samples_refill(samples);
        net_bind(&life->net, samples);
    } else if (kind == 4) {
        life_reload(life);
    } else if (kind < 10 && life->has_acted) {
        net_undo(&life->net, life->actions, life->alphas);
    } else {
        life_act(life);
        return;
    }
    life->has_acted = life->has_acted && kind == 4;
}

TEST_EACH(units_follow_the_words, 2 * N_WAYS) {
    static struct life life;
    float floats[NET_SYNAPSES];
    const bool is_here = take_way(_i / 2);
    start(1 + (size_t)_i % 4);
    srand(1 + (unsigned)_i % 2);
    net_make(&life.net, &host.api);
    for (size_t i = 0; i < 3; i++) {
        samples_make(&life.samples[i], &host.api, i == 0 ? 37 : 300, NET_INPUTS, _i % 2 == 0);
    }
    net_bind(&life.net, &life.samples[0]);
    draw_floats(floats, 1e-3F);
    net_set(&life.net, floats);
    for (size_t t = 0; t < NET_TENSORS; t++) {
        life.alphas[t] = 1e-3F;
    }
    for (int event = 0; is_here && event < 150; event++) {
        life_event(&life);
        if (rand() % 3 > 0) {
            check_weights(&life.net);
            check_units(&life.net);
        }
    }
    weights_destroy(life.net.weights);
    for (size_t i = 0; i < 3; i++) {
        samples_free(&life.samples[i]);
    }
    end();
}

/* An act is taken back exactly wherever the counters stand: at the most acts without a rebase and
 * just before and after it. */
TEST(an_undo_gives_the_same_weights_at_the_edge_of_a_rebase) {
    static struct small_net net;
    static int8_t ones[NET_SYNAPSES];
    struct samples samples;
    float alphas[NET_TENSORS], before[NET_SYNAPSES], after[NET_SYNAPSES];
    start(2);
    srand(5);
    samples_make(&samples, &host.api, 20, NET_INPUTS, true);
    net_make(&net, &host.api);
    net_bind(&net, &samples);
    memset(ones, 1, sizeof ones);
    for (size_t t = 0; t < NET_TENSORS; t++) {
        alphas[t] = 1e-4F;
    }
    for (int step = 1; step <= 2 * 8190 + 3; step++) {
        if (step % 8190 < 3 || step % 8190 > 8187) {
            weights_get(net.weights, before);
            net_act(&net, ones, alphas);
            net_undo(&net, ones, alphas);
            weights_get(net.weights, after);
            ck_assert_mem_eq(before, after, sizeof after);
            check_weights(&net);
            check_units(&net);
            const size_t size = weights_state_size(net.weights);
            char *state = test_allocate(size, 1); /* can be saved and loaded there too */
            weights_save(net.weights, state);
            ck_assert_int_eq(weights_load(net.weights, state, size), SYNRL_OK);
            free(state);
            check_units(&net);
        }
        net_act(&net, ones, alphas);
    }
    check_weights(&net);
    check_units(&net);
    samples_free(&samples);
    end();
}

/* What units refuse ---------------------------------------------------------------------------- */

struct misuse {
    size_t n_sources;
    synrl_source sources[2];
    int bias;
    const char *part;
};

TEST(misuse_of_units_is_named) {
    static struct small_net net;
    static float x[40 * SYNRL_LANES], y[40 * SYNRL_LANES];
    const struct misuse misuses[] = {
        {0, {{0, 0, NULL}}, -1, "at least one source"},
        {1, {{9, 0, NULL}}, -1, "tensor 9 (not in the layout): there is no such tensor"},
        {1, {{SIZE_MAX, 0, x}}, -1, "there is no such tensor"},
        {1, {{IN, 0, x}}, -1, "(in.weight): x must be NULL"},
        {1, {{HIDDEN, 0, NULL}}, -1, "(hidden.weight): x is NULL"},
        {1, {{IN_BIAS, 0, x}}, -1, "a bias is not a source"},
        {1, {{IN, 1, NULL}}, -1, "position must be below"},
        {1, {{WINDOW, 4, NULL}}, -1, "(window.weight): position must be below"},
        {1, {{SKIP, 0, NULL}}, -1, "(skip.weight): position must be below"},
        {2, {{HIDDEN, 0, x}, {OUT, 0, x}}, -1, "(out.weight): sources must have the same"},
        {2, {{OUT, 0, x}, {OUT, 0, x}}, -1, "must be declared is_later_source"},
        {1, {{IN, 0, NULL}}, 9, "a bias must be a tensor with is_bias"},
        {1, {{IN, 0, NULL}}, -2, "a bias must be a tensor with is_bias"},
        {1, {{IN, 0, NULL}}, WINDOW_BIAS, "(window.bias): a bias must be"},
        {1, {{IN, 0, NULL}}, IN, "(in.weight): a bias must be"},
        {1, {{OUT, 0, x}}, AGAIN, "(again.weight): a bias must be"},
        {2, {{HIDDEN, 0, x}, {SKIP, 0, x}}, -1, "(skip.weight): x must be NULL"},
        {2, {{HIDDEN, 0, x}, {17, 0, x}}, -1, "tensor 17 (not in the layout)"},
    };
    struct samples samples;
    start(1);
    samples_make(&samples, &host.api, 20, NET_INPUTS, true);
    net_make(&net, &host.api);
    net_bind(&net, &samples);
    for (size_t i = 0; i < COUNT_OF(misuses); i++) {
        const synrl_pass pass = {
            .size = sizeof pass, .weights = net.weights, .batch = samples.batch};
        memset(y, 0, sizeof y);
        engine_api.units(&pass, misuses[i].n_sources, misuses[i].sources, misuses[i].bias, NULL, y);
        test_failure(core, SYNRL_INVALID, weights_check(net.weights), misuses[i].part);
        const bool is_known = misuses[i].n_sources > 0 && misuses[i].sources[0].tensor < 9;
        ck_assert(!is_known || isnan(y[0]));
        ck_assert_int_eq(weights_check(net.weights), SYNRL_OK); /* told once */
    }
    samples_free(&samples);
    end();
}

TEST(columns_that_do_not_fit_the_inputs_are_named) {
    static struct small_net net;
    struct samples samples;
    start(1);
    samples_make(&samples, &host.api, 5, 30, true);
    net_make(&net, &host.api);
    test_failure(core, SYNRL_INVALID, weights_bind(net.weights, samples.batch),
                 "the batch has 30 inputs per sample");
    net.tensors[WINDOW].window = (synrl_window){0};
    weights_destroy(net.weights);
    ck_assert_int_eq(weights_create(&host.api, &net.layout, &net.weights), SYNRL_OK);
    test_failure(core, SYNRL_INVALID, weights_bind(net.weights, samples.batch),
                 "tensor \"in.weight\" has 40 columns: it reads 30 inputs");
    samples_free(&samples);
    end();
}

static synrl_status make_all(struct core *used) {
    static struct small_net net; /* for its layout */
    struct host own;
    synrl_batch *batch;
    synrl_weights *weights = NULL;
    if (net.layout.size == 0) {
        start(1);
        net_make(&net, &host.api);
        end();
    }
    host_init(&own, used, SYNRL_KIND_MODEL, "test");
    synrl_status status = batch_create(&own.api, 20, NET_INPUTS, true, 1.0F, &batch);
    if (status == SYNRL_OK) {
        status = weights_create(&own.api, &net.layout, &weights);
    }
    if (status == SYNRL_OK) {
        status = weights_bind(weights, batch);
    }
    weights_destroy(weights);
    batch_destroy(batch);
    host_release(&own, 1);
    return status;
}

TEST(memory_may_run_out) {
    test_short_memory(make_all);
}
