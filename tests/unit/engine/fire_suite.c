/* SPDX-License-Identifier: MIT */
/* Changes of pre-activations, and units that fire, against plain loops over samples: with any
 * number of workers and every variant of the inner loops. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/batch.h"
#include "engine/watch.h"
#include "engine/weights.h"
#include "plugin/host.h"
#include "support/engine_ways.h"
#include "support/pace.h"
#include "support/small_net.h"
#include "support/support.h"
#include "support/test.h"

SUITE("fire");

static const size_t sizes[] = {1, 15, 16, 17, 37, 256, 300};
enum { N_SIZES = COUNT_OF(sizes), MAX_LANES = 304 };

static struct core *core;
static struct host host;
static struct small_net net;
static struct samples samples;
static struct watch *watch;

static void start(size_t n_threads, size_t n_samples, bool is_bytes, bool is_likely) {
    core = test_engine(n_threads, &host);
    samples_make(&samples, &host.api, n_samples, NET_INPUTS, is_bytes);
    net_make(&net, &host.api);
    net.is_likely = is_likely;
    ck_assert_int_eq(watch_create(&host.api, &net.layout, &watch), SYNRL_OK);
    net_bind(&net, &samples);
    net_draw(&net);
}

static void end(void) {
    watch_destroy(watch);
    weights_destroy(net.weights);
    samples_free(&samples);
    test_engine_end(core, &host);
}

static size_t n_lanes(void) {
    return batch_blocks(samples.batch) * SYNRL_LANES;
}

static size_t in_lanes(size_t sample, size_t unit) {
    return (sample / SYNRL_LANES * NET_UNITS + unit) * SYNRL_LANES + sample % SYNRL_LANES;
}

/* Changes -------------------------------------------------------------------------------------- */

static void check_changes(const struct noise *noise, double sigma) {
    static float changes[MAX_LANES * NET_UNITS];
    static int8_t signs[MAX_LANES * NET_UNITS];
    float z[NET_UNITS], moved[NET_UNITS], y[NET_UNITS], shift[NET_UNITS];
    watch_begin_values(watch, changes);
    net_pass(&net, watch, NULL);
    ck_assert_int_eq(watch_begin_noise(watch, samples.batch, noise, sigma), SYNRL_OK);
    ck_assert_int_eq(watch_begin_changes(watch, samples.batch, noise, changes), SYNRL_OK);
    net_pass(&net, watch, NULL);
    ck_assert_int_eq(watch_signs(watch, samples.batch, noise, signs), SYNRL_OK);
    for (size_t s = 0; s < n_lanes(); s++) {
        for (size_t u = 0; u < NET_UNITS; u++) {
            shift[u] = (float)signs[in_lanes(s, u)] * (float)sigma;
        }
        net_plain(&net, s, NULL, z, y);
        net_plain(&net, s, shift, moved, y);
        for (size_t u = 0; u < NET_UNITS; u++) {
            const float wanted = s < samples.n ? moved[u] - z[u] : 0.0F;
            const float got = changes[in_lanes(s, u)];
            CHECK_OFTEN(memcmp(&got, &wanted, sizeof got) == 0 || (got == 0.0F && wanted == 0.0F),
                        "unit %zu of sample %zu: %a, must be %a", u, s, (double)got,
                        (double)wanted);
        }
        for (size_t u = 0; s < samples.n && u < 17;
             u++) { /* of the first layer: the noise itself */
            ck_assert_float_eq_tol(changes[in_lanes(s, u)], shift[u], 1e-5F);
        }
    }
}

TEST_EACH(changes_are_what_noise_comes_to, 2 * N_SIZES) {
    srand(11);
    start(1 + (size_t)_i % 4, sizes[_i / 2], _i % 2 == 0, false);
    check_changes(&(struct noise){7, 5, 0}, 0.5);
    check_changes(&(struct noise){7, 6, 3}, 1e-3);
    end();
}

/* Firing --------------------------------------------------------------------------------------- */

/* One uniform number at a time, by the words of watch.h. */
static void thresholds_of(const struct noise *noise, size_t sample, float *thresholds) {
    const synrl_stream stream = {noise->seed, noise->iteration * 65536 + noise->draw,
                                 SYNRL_PURPOSE_FIRING};
    for (size_t u = 0; u < NET_UNITS; u++) {
        host.api.random->uniform(stream, in_lanes(sample, u), 1, 0.0F, 1.0F, &thresholds[u]);
    }
}

/* What each unit of each sample, [s * NET_UNITS + u], did, and how probable that it fired was. */
static float y[MAX_LANES * NET_UNITS], p[MAX_LANES * NET_UNITS];

static void fire_plainly(const struct noise *noise) {
    for (size_t s = 0; s < n_lanes(); s++) {
        float thresholds[NET_UNITS];
        float *own = p + s * NET_UNITS;
        thresholds_of(noise, s, thresholds);
        net.thresholds = thresholds;
        net_plain(&net, s, NULL, own, y + s * NET_UNITS);
        for (size_t u = 0; u < NET_UNITS; u++) {
            own[u] = net_likely_at(own[u]);
        }
    }
    net.thresholds = NULL;
}

static void fire(const struct noise *noise, float *units) {
    ck_assert_int_eq(watch_begin_fire(watch, samples.batch, noise), SYNRL_OK);
    net_pass(&net, watch, units);
    ck_assert_msg(watch_end_fire(watch) == SYNRL_OK, "%s", core->message);
}

static void check_fire(const struct noise *noise) {
    static float units[MAX_LANES * NET_UNITS];
    fire(noise, units);
    fire_plainly(noise);
    for (size_t s = 0; s < n_lanes(); s++) {
        for (size_t u = 0; u < NET_UNITS; u++) {
            CHECK_OFTEN(memcmp(&units[in_lanes(s, u)], &y[s * NET_UNITS + u], sizeof *y) == 0,
                        "unit %zu of sample %zu", u, s);
        }
    }
}

TEST_EACH(units_fire_by_their_word, 2 * N_SIZES) {
    srand(12);
    start(1 + (size_t)_i % 4, sizes[_i / 2], _i % 2 == 0, true);
    check_fire(&(struct noise){7, 0, 0});
    check_fire(&(struct noise){UINT64_MAX, 123456789, 65535});
    end();
}

/* As often as they should: 20 draws of 300 samples, all units, within 4 standard deviations. */
TEST(units_fire_with_their_probability) {
    double surplus = 0.0, variance = 0.0;
    srand(13);
    start(2, 300, true, true);
    for (uint32_t draw = 0; draw < 20; draw++) {
        fire_plainly(&(struct noise){1, 2, draw});
        for (size_t i = 0; i < 300 * NET_UNITS; i++) {
            surplus += (double)y[i] - (double)p[i];
            variance += (double)p[i] * (1.0 - (double)p[i]);
        }
    }
    ck_assert_double_gt(variance, 1000.0);
    ck_assert_double_lt(fabs(surplus), 4.0 * sqrt(variance));
    end();
}

TEST(what_is_not_a_probability_does_not_fire) {
    srand(14);
    start(3, 37, true, false);
    const struct noise noise = {1, 0, 0}, late = {1, 0, 65536};
    ck_assert_int_eq(watch_begin_fire(watch, samples.batch, &noise), SYNRL_OK);
    net_pass(&net, watch, NULL);
    test_failure(core, SYNRL_UNSUPPORTED, watch_end_fire(watch),
                 "activation \"relu\" gives what is not a probability");
    net.is_likely = true; /* the next one works */
    check_fire(&noise);
    test_failure(core, SYNRL_INVALID, watch_begin_fire(watch, samples.batch, &late),
                 "draw 65536 of noise: must be below 65536");
    end();
}

/* Credit --------------------------------------------------------------------------------------- */

static float signal[MAX_LANES * NET_UNITS]; /* in lanes */

/* Synapse by synapse: column and row of a tensor. */
struct synapse {
    size_t tensor, row, column;
};

static float seen_by(const struct synapse *synapse, size_t position, size_t s, int *byte) {
    return net_presynaptic(&net, synapse->tensor, position, synapse->column, s, y + s * NET_UNITS,
                           byte);
}

/* Of floats in the order of the windows' blocks, of bytes exact. */
static float input_mean(const struct synapse *synapse) {
    const size_t n_positions = net_positions(synapse->tensor);
    double sum = 0.0;
    int byte;
    for (size_t b = 0; b < n_lanes(); b += SYNRL_LANES) {
        for (size_t position = 0; position < n_positions; position++) {
            for (size_t s = b; s < b + SYNRL_LANES && s < samples.n; s++) {
                const float x = seen_by(synapse, position, s, &byte);
                sum += byte >= 0 ? (double)byte : (double)x;
            }
        }
    }
    const double n = (double)(samples.n * n_positions);
    return (float)(samples.is_bytes ? (double)samples.scale * sum / n : sum / n);
}

static float signal_of(uint32_t flags, size_t s, size_t unit) {
    const size_t at = s * NET_UNITS + unit;
    const bool counts = s < samples.n && ((flags & SYNRL_WHERE_ACTIVE) == 0 || y[at] > 0.0F);
    return counts ? signal[in_lanes(s, unit)] * (y[at] - p[at]) : 0.0F;
}

/* The sum over samples and positions of x (y - p) times the signal: the lanes of a block by halves,
 * blocks in fixed point. */
static double plain_credit(uint32_t flags, const struct synapse *synapse) {
    const synrl_tensor *tensor = &net.tensors[synapse->tensor];
    const bool is_centred = (flags & SYNRL_CENTRED) != 0 && tensor->reads_inputs;
    const float mean = is_centred ? input_mean(synapse) : 0.0F;
    int64_t sum = 0;
    int byte;
    for (size_t b = 0; b < n_lanes(); b += SYNRL_LANES) {
        for (size_t position = 0; position < net_positions(synapse->tensor); position++) {
            const size_t unit =
                net_first_unit(synapse->tensor) + position * tensor->n_rows + synapse->row;
            float lanes[SYNRL_LANES];
            for (size_t l = 0; l < SYNRL_LANES; l++) {
                const float x = seen_by(synapse, position, b + l, &byte);
                lanes[l] = (is_centred ? x - mean : x) * signal_of(flags, b + l, unit);
            }
            for (size_t half = SYNRL_LANES / 2; half >= 1; half /= 2) {
                for (size_t l = 0; l < half; l++) {
                    lanes[l] += lanes[l + half];
                }
            }
            sum += llrint((double)lanes[0] * 16777216.0);
        }
    }
    return (double)sum / 16777216.0;
}

static void check_credit(const struct noise *noise, uint32_t flags) {
    const synrl_signal of = {.size = sizeof of, .flags = flags, .floats = signal};
    double credit[NET_SYNAPSES];
    ck_assert_int_eq(watch_begin_credit(watch, net.weights, samples.batch, &of), SYNRL_OK);
    net_pass(&net, watch, NULL);
    ck_assert_msg(watch_end_credit(watch, credit) == SYNRL_OK, "%s", core->message);
    fire_plainly(noise);
    for (size_t t = 0; t < NET_TENSORS; t++) {
        const synrl_tensor *tensor = &net.tensors[t];
        for (size_t i = 0; i < tensor->n_rows * tensor->n_columns; i++) {
            const struct synapse synapse = {t, i / tensor->n_columns, i % tensor->n_columns};
            const double wanted = plain_credit(flags, &synapse), got = credit[tensor->first + i];
            CHECK_OFTEN(memcmp(&got, &wanted, sizeof got) == 0 || (got == 0.0 && wanted == 0.0),
                        "flags %u, %s, synapse %zu: %a, must be %a", flags, tensor->name, i, got,
                        wanted);
        }
    }
}

static void check_credits(void) {
    static const uint32_t flags[] = {0, SYNRL_WHERE_ACTIVE, SYNRL_CENTRED,
                                     SYNRL_CENTRED | SYNRL_WHERE_ACTIVE};
    const struct noise noise = {9, 8, 7};
    for (size_t i = 0; i < MAX_LANES * NET_UNITS; i++) {
        signal[i] = (float)(rand() % 2001 - 1000) * 1e-3F;
    }
    fire(&noise, NULL);
    for (size_t k = 0; k < COUNT_OF(flags); k++) {
        check_credit(&noise, flags[k] | SYNRL_WHERE_FIRED);
    }
}

TEST_EACH(credit_where_units_fired, 2 * N_SIZES) {
    srand(15);
    start(1 + (size_t)_i % 4, sizes[_i / 2], _i % 2 == 0, true);
    check_credits();
    end();
}

TEST_EACH(credit_where_units_fired_has_the_same_bits_everywhere, N_WAYS) {
    const bool is_here = take_way(_i);
    srand(16);
    start(1 + (size_t)_i % 4, 40, _i % 2 == 0, true);
    if (is_here) {
        check_credits();
    }
    end();
}
