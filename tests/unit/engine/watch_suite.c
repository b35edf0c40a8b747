/* SPDX-License-Identifier: MIT */
/* What passes show beside their outputs, against plain loops over samples: exact equality, with any
 * number of workers and every variant of the inner loops. */
#include "engine/watch.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/batch.h"
#include "engine/weights.h"
#include "plugin/host.h"
#include "support/engine_ways.h"
#include "support/pace.h"
#include "support/small_net.h"
#include "support/support.h"
#include "support/test.h"

SUITE("watch");

static const size_t sizes[] = {1, 15, 16, 17, 37, 256, 300};
enum { N_SIZES = COUNT_OF(sizes) };

static struct core *core;
static struct host host;
static struct small_net net;
static struct samples samples;
static struct watch *watch;

static void start(size_t n_threads, size_t n_samples, bool is_bytes) {
    core = test_engine(n_threads, &host);
    samples_make(&samples, &host.api, n_samples, NET_INPUTS, is_bytes);
    net_make(&net, &host.api);
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

static size_t n_blocks(void) {
    return batch_blocks(samples.batch);
}

static size_t in_lanes(size_t sample, size_t unit) {
    return (sample / SYNRL_LANES * NET_UNITS + unit) * SYNRL_LANES + sample % SYNRL_LANES;
}

/* Noise ---------------------------------------------------------------------------------------- */

/* By the words of watch.h, one word at a time. */
static int8_t sign_of(const struct noise *noise, size_t sample, size_t unit) {
    const synrl_stream stream = {noise->seed, noise->iteration * 65536 + noise->draw,
                                 SYNRL_PURPOSE_NOISE};
    uint32_t word;
    host.api.random->words(stream, sample / SYNRL_LANES * NET_UNITS + unit, 1, &word);
    return word >> sample % SYNRL_LANES & 1 ? 1 : -1;
}

/* sigmas [NET_TENSORS], or NULL: sigma. */
static void check_noise_by_tensor(const struct noise *noise, double sigma, const double *sigmas) {
    const size_t n = n_blocks() * NET_UNITS * SYNRL_LANES;
    float *units = test_allocate(n, sizeof *units);
    int8_t *signs = test_allocate(n, 1);
    float z[NET_UNITS], y[NET_UNITS], shift[NET_UNITS];
    ck_assert_int_eq(sigmas != NULL
                         ? watch_begin_noise_by_tensor(watch, samples.batch, noise, sigmas)
                         : watch_begin_noise(watch, samples.batch, noise, sigma),
                     SYNRL_OK);
    net_pass(&net, watch, units);
    ck_assert_int_eq(watch_signs(watch, samples.batch, noise, signs), SYNRL_OK);
    for (size_t s = 0; s < n_blocks() * SYNRL_LANES; s++) {
        for (size_t u = 0; u < NET_UNITS; u++) {
            const int8_t sign = sign_of(noise, s, u);
            CHECK_OFTEN(signs[in_lanes(s, u)] == (s < samples.n ? sign : 0),
                        "sign of unit %zu, sample %zu", u, s);
            shift[u] = (float)sign * (float)(sigmas != NULL ? sigmas[net_tensor_of(u)] : sigma);
        }
        net_plain(&net, s, shift, z, y);
        for (size_t u = 0; u < NET_UNITS; u++) {
            CHECK_OFTEN(memcmp(&units[in_lanes(s, u)], &y[u], sizeof *y) == 0,
                        "unit %zu of sample %zu: %a, must be %a", u, s,
                        (double)units[in_lanes(s, u)], (double)y[u]);
        }
    }
    free(units);
    free(signs);
}

static void check_noise(const struct noise *noise, double sigma) {
    check_noise_by_tensor(noise, sigma, NULL);
}

TEST_EACH(noise_moves_each_unit_by_its_bit, 2 * N_SIZES) {
    static const double sigmas[NET_TENSORS] = {
        [IN] = 0.25, [WINDOW] = 0.0, [HIDDEN] = 1e-3, [OUT] = 0.75, [AGAIN] = 5.0};
    srand(1);
    start(1 + (size_t)_i % 4, sizes[_i / 2], _i % 2 == 0);
    net_move(&net);
    check_noise(&(struct noise){7, 0, 0}, 0.5);
    check_noise(&(struct noise){7, 123456789, 65535}, 1e-3);
    check_noise_by_tensor(&(struct noise){7, 4, 1}, 0.0, sigmas);
    check_noise(&(struct noise){UINT64_MAX, 3, 2}, 0.0);
    end();
}

/* Draws, iterations and seeds that follow one another are not alike: of 23 * 300 bits about a half
 * differ; 4 standard deviations are 332. */
TEST(draws_are_independent) {
    static const struct noise noises[] = {{1, 0, 0}, {1, 0, 1},     {1, 1, 0},
                                          {2, 0, 0}, {1, 0, 65535}, {1, 2, 0}};
    enum { N = 6, BITS = 300 * NET_UNITS };
    static int8_t signs[N][304 * NET_UNITS];
    start(2, 300, true);
    for (size_t i = 0; i < N; i++) {
        ck_assert_int_eq(watch_signs(watch, samples.batch, &noises[i], signs[i]), SYNRL_OK);
        for (size_t j = 0; j < i; j++) {
            int n_different = 0;
            for (size_t k = 0; k < sizeof signs[0]; k++) {
                n_different += signs[i][k] != signs[j][k];
            }
            ck_assert_int_lt(abs(n_different - BITS / 2), 166);
        }
    }
    end();
}

TEST(noise_out_of_range_is_refused) {
    start(1, 5, true);
    const struct noise noise = {1, 0, 0}, late = {1, 0, 65536};
    static int8_t signs[16 * NET_UNITS];
    test_failure(core, SYNRL_INVALID, watch_begin_noise(watch, samples.batch, &late, 0.1),
                 "draw 65536 of noise: must be below 65536");
    test_failure(core, SYNRL_INVALID, watch_signs(watch, samples.batch, &late, signs),
                 "must be below 65536");
    static const double sigmas[] = {-0.1, (double)NAN, (double)INFINITY, 1e39};
    for (size_t i = 0; i < 4; i++) {
        test_failure(core, SYNRL_INVALID,
                     watch_begin_noise(watch, samples.batch, &noise, sigmas[i]),
                     "must be a float of at least 0");
        double by_tensor[NET_TENSORS] = {0.1};
        by_tensor[NET_TENSORS - 1] = sigmas[i];
        test_failure(core, SYNRL_INVALID,
                     watch_begin_noise_by_tensor(watch, samples.batch, &noise, by_tensor),
                     "must be a float of at least 0");
    }
    end();
}

/* Credit --------------------------------------------------------------------------------------- */

/* Everything about the pass that the plain loops need: outputs and slopes of every sample. */
struct seen {
    float *z, *y; /* [n_blocks * SYNRL_LANES][NET_UNITS] */
    int8_t *bytes;
    float *floats; /* signals in lanes, with rubbish past the last sample */
};

static void see(struct seen *seen) {
    const size_t n = n_blocks() * SYNRL_LANES;
    *seen = (struct seen){.z = test_allocate(n, NET_UNITS * sizeof(float)),
                          .y = test_allocate(n, NET_UNITS * sizeof(float)),
                          .bytes = test_allocate(n, NET_UNITS),
                          .floats = test_allocate(n, NET_UNITS * sizeof(float))};
    for (size_t s = 0; s < n; s++) {
        net_plain(&net, s, NULL, seen->z + s * NET_UNITS, seen->y + s * NET_UNITS);
        for (size_t u = 0; u < NET_UNITS; u++) {
            const int kind = rand() % 3;
            seen->bytes[in_lanes(s, u)] = (int8_t)(kind == 0   ? rand() % 3 - 1
                                                   : kind == 1 ? -128
                                                               : rand());
            seen->floats[in_lanes(s, u)] = (float)(rand() % 2001 - 1000) * 1e-3F;
        }
    }
}

static void unsee(struct seen *seen) {
    free(seen->z);
    free(seen->y);
    free(seen->bytes);
    free(seen->floats);
}

/* One synapse: a column of a tensor, and the unit of its row at position 0. */
struct synapse {
    size_t tensor, column, unit, stride; /* to the unit of the next position */
};

/* Of noise, in tensors. */
static const double reach[NET_TENSORS] = {
    [IN] = 0.25, [WINDOW] = 0.25, [HIDDEN] = 0.5, [OUT] = 0.25};

/* Whether noise of that reach, up or down, makes no difference: a relu that is off either way. */
static bool is_still(size_t unit, float z) {
    const bool is_relu = unit < 5 || (unit >= 17 && unit < 21);
    return is_relu && z + (float)reach[net_tensor_of(unit)] <= 0.0F;
}

/* The signal as it counts; as an integer too where it is one. */
static float signal_of(const struct seen *seen, const synrl_signal *signal, size_t sample,
                       size_t unit, int *byte) {
    const float y = seen->y[sample * NET_UNITS + unit], z = seen->z[sample * NET_UNITS + unit];
    const bool is_off = ((signal->flags & SYNRL_WHERE_ACTIVE) != 0 && fabsf(y) <= 0.0F) ||
                        ((signal->flags & SYNRL_WHERE_MOVED) != 0 && is_still(unit, z));
    const bool counts = sample < samples.n && !is_off;
    if (signal->bytes != NULL) {
        *byte = counts ? signal->bytes[in_lanes(sample, unit)] : 0;
        return (float)*byte;
    }
    const float slope = (signal->flags & SYNRL_TIMES_SLOPE) != 0 ? net_slope(unit, z) : 1.0F;
    return counts ? signal->floats[in_lanes(sample, unit)] * slope : 0.0F;
}

static float seen_by(const struct seen *seen, const struct synapse *synapse, size_t position,
                     size_t sample, int *byte) {
    return net_presynaptic(&net, synapse->tensor, position, synapse->column, sample,
                           seen->y + sample * NET_UNITS, byte);
}

static bool is_centred(const synrl_signal *signal, const struct synapse *synapse) {
    return (signal->flags & SYNRL_CENTRED) != 0 && net.tensors[synapse->tensor].reads_inputs;
}

/* Bytes times bytes: N sum (x - mean) g = sum (N x - sum x) g. */
static double exact_credit(const struct seen *seen, const synrl_signal *signal,
                           const struct synapse *synapse) {
    __extension__ typedef __int128 wide;
    const size_t n_positions = net_positions(synapse->tensor);
    const int64_t n = (int64_t)(samples.n * n_positions);
    int64_t all = 0;
    wide credit = 0;
    int x, g = 0;
    for (size_t i = 0; i < samples.n * n_positions; i++) {
        seen_by(seen, synapse, i % n_positions, i / n_positions, &x);
        all += x;
    }
    const bool centred = is_centred(signal, synapse);
    for (size_t i = 0; i < samples.n * n_positions; i++) {
        const size_t p = i % n_positions, s = i / n_positions;
        seen_by(seen, synapse, p, s, &x);
        signal_of(seen, signal, s, synapse->unit + p * synapse->stride, &g);
        credit += (centred ? n * x - all : (int64_t)x) * (wide)g;
    }
    const double sum = centred ? (double)credit / (double)n : (double)credit;
    return (double)samples.scale * sum;
}

static float mean_of(const struct seen *seen, const struct synapse *synapse) {
    const size_t n_positions = net_positions(synapse->tensor);
    double sum = 0.0;
    int byte;
    for (size_t b = 0; b < n_blocks(); b++) { /* in the order of the windows' blocks */
        for (size_t p = 0; p < n_positions; p++) {
            for (size_t s = b * SYNRL_LANES; s < (b + 1) * SYNRL_LANES && s < samples.n; s++) {
                const float x = seen_by(seen, synapse, p, s, &byte);
                sum += byte >= 0 ? (double)byte : (double)x;
            }
        }
    }
    const double n = (double)(samples.n * n_positions);
    return (float)(samples.is_bytes ? (double)samples.scale * sum / n : sum / n);
}

/* The lanes of a block by halves. */
static float sum_of_lanes(float *lanes) {
    for (size_t half = 8; half >= 1; half /= 2) {
        for (size_t s = 0; s < half; s++) {
            lanes[s] = lanes[s] + lanes[s + half];
        }
    }
    return lanes[0];
}

/* Floats; *bound: how far that may be from the exact sum. */
static double float_credit(const struct seen *seen, const synrl_signal *signal,
                           const struct synapse *synapse, double *exact, double *bound) {
    const float mean = is_centred(signal, synapse) ? mean_of(seen, synapse) : 0.0F;
    int64_t sum = 0;
    int byte;
    *exact = *bound = 0.0;
    for (size_t b = 0; b < n_blocks(); b++) {
        for (size_t p = 0; p < net_positions(synapse->tensor); p++) {
            float lanes[SYNRL_LANES];
            for (size_t l = 0; l < SYNRL_LANES; l++) {
                const size_t s = b * SYNRL_LANES + l;
                const float x = seen_by(seen, synapse, p, s, &byte);
                const float g =
                    signal_of(seen, signal, s, synapse->unit + p * synapse->stride, &byte);
                lanes[l] = is_centred(signal, synapse) ? (x - mean) * g : x * g;
                *exact += ((double)x - (double)mean) * (double)g;
                /* x - mean, the product and four additions round */
                *bound += 7.0 * 0x1p-24 * fabs(((double)x - (double)mean) * (double)g);
            }
            sum += llrint((double)sum_of_lanes(lanes) * 16777216.0);
            *bound += 0x1p-25;
        }
    }
    return (double)sum / 16777216.0;
}

static bool is_integer(const synrl_signal *signal, size_t tensor) {
    return signal->bytes != NULL &&
           (net.tensors[tensor].is_bias || (net.tensors[tensor].reads_inputs && samples.is_bytes));
}

static double wanted_credit(const struct seen *seen, const synrl_signal *signal,
                            const struct synapse *synapse) {
    if (is_integer(signal, synapse->tensor) && !net.tensors[synapse->tensor].is_bias) {
        return exact_credit(seen, signal, synapse);
    }
    double exact, bound;
    const double credit = float_credit(seen, signal, synapse, &exact, &bound);
    CHECK_OFTEN(fabs(credit - exact) <= bound, "%g is not within %g of %g", credit, bound, exact);
    return credit; /* of a bias and bytes: small integers, exact as floats too */
}

static void check_credit(const struct seen *seen, const synrl_signal *signal,
                         const double *credit) {
    for (size_t t = 0; t < NET_TENSORS; t++) {
        const synrl_tensor *tensor = &net.tensors[t];
        for (size_t i = 0; i < tensor->n_rows * tensor->n_columns; i++) {
            const struct synapse synapse = {t, i % tensor->n_columns,
                                            net_first_unit(t) + i / tensor->n_columns,
                                            tensor->n_rows};
            const double wanted = wanted_credit(seen, signal, &synapse);
            const double got = credit[tensor->first + i];
            CHECK_OFTEN(memcmp(&got, &wanted, sizeof got) == 0 || (got == 0.0 && wanted == 0.0),
                        "flags %u, %s, synapse %zu: %a, must be %a", signal->flags, tensor->name, i,
                        got, wanted);
        }
    }
}

static void correlate(const synrl_signal *signal, double *credit) {
    ck_assert_msg(watch_begin_credit(watch, net.weights, samples.batch, signal) == SYNRL_OK, "%s",
                  core->message);
    net_pass(&net, watch, NULL);
    ck_assert_msg(watch_end_credit(watch, credit) == SYNRL_OK, "%s", core->message);
}

static void check_all_flags(void) {
    static const uint32_t all_flags[] = {
        0, 1, 2, 3, 4, 5, 6, 7, SYNRL_WHERE_MOVED, SYNRL_WHERE_MOVED | SYNRL_CENTRED};
    const struct noise noise = {1, 0, 0};
    struct seen seen;
    double credit[NET_SYNAPSES];
    see(&seen);
    ck_assert_int_eq(watch_begin_noise_by_tensor(watch, samples.batch, &noise, reach), SYNRL_OK);
    for (size_t k = 0; k < COUNT_OF(all_flags); k++) {
        const uint32_t flags = all_flags[k];
        const synrl_signal floats = {.size = sizeof floats, .flags = flags, .floats = seen.floats};
        const synrl_signal bytes = {.size = sizeof bytes, .flags = flags, .bytes = seen.bytes};
        correlate(&floats, credit);
        check_credit(&seen, &floats, credit);
        if ((flags & SYNRL_TIMES_SLOPE) == 0) {
            correlate(&bytes, credit);
            check_credit(&seen, &bytes, credit);
        }
    }
    unsee(&seen);
}

TEST_EACH(credit_is_what_synapses_saw_times_the_signal, 2 * N_SIZES) {
    srand(2);
    start(1 + (size_t)_i % 4, sizes[_i / 2], _i % 2 == 0);
    net_move(&net);
    check_all_flags();
    end();
}

TEST_EACH(credit_has_the_same_bits_everywhere, N_WAYS) {
    const bool is_here = take_way(_i);
    srand(3);
    start(1 + (size_t)_i % 4, 40, _i % 2 == 0);
    net_move(&net);
    if (is_here) {
        check_all_flags();
    }
    end();
}

/* All inputs 255 and all signals -128: no sum of bytes loses anything. */
TEST(sums_of_bytes_are_exact_at_their_widest) {
    enum { N = 3001 };
    start(3, N, true);
    memset(samples.bytes, 255, (size_t)N * NET_INPUTS);
    batch_fill(samples.batch, samples.bytes, NULL);
    net_bind(&net, &samples);
    int8_t *bytes = test_allocate(n_blocks() * SYNRL_LANES, NET_UNITS);
    double credit[NET_SYNAPSES];
    memset(bytes, -128, n_blocks() * SYNRL_LANES * NET_UNITS);
    correlate(&(synrl_signal){.size = sizeof(synrl_signal), .bytes = bytes}, credit);
    const double scale = (double)samples.scale;
    ck_assert_double_eq(credit[0], scale * (-128.0 * 255.0 * N));
    ck_assert_double_eq(credit[net.tensors[WINDOW].first], scale * (-128.0 * 255.0 * N * 4));
    ck_assert_double_eq(credit[net.tensors[WINDOW_BIAS].first], -128.0 * N * 4);
    correlate(&(synrl_signal){.size = sizeof(synrl_signal), .flags = SYNRL_CENTRED, .bytes = bytes},
              credit);
    ck_assert_double_eq(credit[0], 0.0);
    ck_assert_double_eq(credit[net.tensors[WINDOW].first], 0.0);
    free(bytes);
    end();
}

/* A sum past the limit stays at it, and does not wrap. */
TEST(enormous_sums_are_clamped) {
    start(2, 300, false);
    float *floats = test_allocate(n_blocks() * SYNRL_LANES * NET_UNITS, sizeof *floats);
    for (size_t i = 0; i < n_blocks() * SYNRL_LANES * NET_UNITS; i++) {
        floats[i] = i % 2 == 0 ? 1e30F : 1e29F;
    }
    double credit[NET_SYNAPSES];
    correlate(&(synrl_signal){.size = sizeof(synrl_signal), .floats = floats}, credit);
    const double limit = 0x1p62 / 16777216.0; /* one position of four */
    ck_assert_double_eq_tol(credit[net.tensors[IN_BIAS].first], limit / 4, 1.0);
    ck_assert_double_eq_tol(credit[net.tensors[WINDOW_BIAS].first], limit, 1.0);
    free(floats);
    end();
}

TEST(signals_that_cannot_be_are_refused) {
    static int8_t bytes[16 * NET_UNITS];
    static float floats[16 * NET_UNITS];
    start(1, 5, true);
    const struct {
        synrl_signal signal;
        const char *part;
    } wrong[] = {
        {{sizeof(synrl_signal), 0, NULL, NULL}, "neither bytes nor floats"},
        {{sizeof(synrl_signal), 0, bytes, floats}, "a signal of both"},
        {{sizeof(synrl_signal), 32, bytes, NULL}, "flags 0x20: must be within 0x1f"},
        {{sizeof(synrl_signal), SYNRL_WHERE_MOVED | SYNRL_WHERE_ACTIVE, bytes, NULL},
         "SYNRL_WHERE_MOVED and SYNRL_WHERE_ACTIVE: must be one"},
        {{sizeof(synrl_signal), SYNRL_WHERE_MOVED | SYNRL_TIMES_SLOPE, NULL, floats},
         "SYNRL_WHERE_MOVED and SYNRL_TIMES_SLOPE: must be one"},
        {{sizeof(synrl_signal), SYNRL_WHERE_MOVED | SYNRL_WHERE_FIRED, NULL, floats},
         "SYNRL_WHERE_MOVED and SYNRL_WHERE_FIRED: must be one"},
        {{sizeof(synrl_signal), SYNRL_TIMES_SLOPE, bytes, NULL}, "SLOPE: must be of floats"},
        {{sizeof(synrl_signal), SYNRL_WHERE_FIRED, bytes, NULL}, "FIRED: must be of floats"},
        {{sizeof(synrl_signal), SYNRL_TIMES_SLOPE | SYNRL_WHERE_FIRED, NULL, floats},
         "must be one"},
        {{0, 0, bytes, NULL}, "a signal of size 0"},
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        test_failure(core, SYNRL_INVALID,
                     watch_begin_credit(watch, net.weights, samples.batch, &wrong[i].signal),
                     wrong[i].part);
    }
    end();
}

TEST(credit_that_is_not_finite_is_refused) {
    static const float bad[] = {NAN, INFINITY, FLT_MAX};
    double credit[NET_SYNAPSES];
    start(2, 20, true);
    for (size_t i = 0; i < 3; i++) {
        static float floats[32 * NET_UNITS];
        memset(floats, 0, sizeof floats);
        floats[in_lanes(19, 2)] = floats[in_lanes(18, 2)] = bad[i];
        const synrl_signal signal = {.size = sizeof signal, .floats = floats};
        ck_assert_int_eq(watch_begin_credit(watch, net.weights, samples.batch, &signal), SYNRL_OK);
        net_pass(&net, watch, NULL);
        test_failure(core, SYNRL_INVALID, watch_end_credit(watch, credit), "not finite");
        memset(floats, 0, sizeof floats);
        floats[in_lanes(20, 2)] = bad[i]; /* past the last sample: not looked at */
        correlate(&signal, credit);
    }
    end();
}

TEST(activations_without_a_derivative_are_named) {
    static float floats[16 * NET_UNITS], y[5 * SYNRL_LANES];
    double credit[NET_SYNAPSES];
    start(1, 5, true);
    const synrl_signal signal = {
        .size = sizeof signal, .flags = SYNRL_TIMES_SLOPE, .floats = floats};
    ck_assert_int_eq(watch_begin_credit(watch, net.weights, samples.batch, &signal), SYNRL_OK);
    const synrl_pass pass = {
        .size = sizeof pass, .context = watch, .weights = net.weights, .batch = samples.batch};
    engine_api.units(&pass, 1, &(synrl_source){.tensor = IN}, IN_BIAS, &net_crude, y);
    test_failure(core, SYNRL_UNSUPPORTED, watch_end_credit(watch, credit),
                 "activation \"crude\" has no derivative");
    correlate(&signal, credit); /* the next one, of others, works */
    end();
}

/* Activity ------------------------------------------------------------------------------------- */

TEST_EACH(activity_is_mean_and_mean_square, 2 * N_SIZES) {
    double mean[NET_UNITS], square[NET_UNITS], only[NET_UNITS];
    struct seen seen;
    srand(4);
    start(1 + (size_t)_i % 4, sizes[_i / 2], _i % 2 == 0);
    net_move(&net);
    see(&seen);
    ck_assert_int_eq(watch_begin_activity(watch, samples.batch), SYNRL_OK);
    net_pass(&net, watch, NULL);
    ck_assert_int_eq(watch_end_activity(watch, mean, square), SYNRL_OK);
    ck_assert_int_eq(watch_end_activity(watch, NULL, only), SYNRL_OK);
    ck_assert_mem_eq(only, square, sizeof square);
    ck_assert_int_eq(watch_end_activity(watch, only, NULL), SYNRL_OK);
    ck_assert_mem_eq(only, mean, sizeof mean);
    for (size_t u = 0; u < NET_UNITS; u++) {
        int64_t sums[2] = {0, 0};
        double exact = 0.0;
        for (size_t b = 0; b < n_blocks(); b++) {
            double block[2] = {0.0, 0.0};
            for (size_t s = b * 16; s < b * 16 + 16 && s < samples.n; s++) {
                const double y = (double)seen.y[s * NET_UNITS + u];
                block[0] += y;
                block[1] += y * y;
                exact += y;
            }
            sums[0] += llrint(block[0] * 16777216.0);
            sums[1] += llrint(block[1] * 16777216.0);
        }
        ck_assert_double_eq(mean[u], (double)sums[0] / 16777216.0 / (double)samples.n);
        ck_assert_double_eq(square[u], (double)sums[1] / 16777216.0 / (double)samples.n);
        ck_assert_double_eq_tol(mean[u], exact / (double)samples.n, 1e-6);
    }
    unsee(&seen);
    end();
}

TEST(activity_that_is_not_finite_is_refused) {
    float weights[NET_SYNAPSES] = {0};
    double mean[NET_UNITS];
    start(1, 20, false);
    weights[net.tensors[IN_BIAS].first] = INFINITY;
    net_set(&net, weights);
    ck_assert_int_eq(watch_begin_activity(watch, samples.batch), SYNRL_OK);
    net_pass(&net, watch, NULL);
    test_failure(core, SYNRL_INVALID, watch_end_activity(watch, mean, NULL), "NaN or infinite");
    end();
}

/* A watch of one kind after another leaves nothing behind. */
TEST(kinds_do_not_disturb_one_another) {
    srand(6);
    start(2, 37, true);
    check_noise(&(struct noise){1, 2, 3}, 0.25);
    check_all_flags();
    check_noise(&(struct noise){1, 2, 4}, 0.25);
    const size_t n = n_blocks() * NET_UNITS * SYNRL_LANES;
    float *plain = test_allocate(n, sizeof *plain), *watched = test_allocate(n, sizeof *watched);
    ck_assert_int_eq(watch_begin_activity(watch, samples.batch), SYNRL_OK);
    net_pass(&net, watch, watched);
    net_pass(&net, NULL, plain);
    ck_assert_mem_eq(plain, watched, n * sizeof *plain);
    free(plain);
    free(watched);
    end();
}

static struct small_net layout_of; /* for test_short_memory */
static struct samples few;

static synrl_status make_all(struct core *used) {
    static int8_t bytes[32 * NET_UNITS];
    struct host own;
    synrl_weights *weights = NULL;
    struct watch *made = NULL;
    double credit[NET_SYNAPSES];
    host_init(&own, used, SYNRL_KIND_MODEL, "test");
    const synrl_signal signal = {.size = sizeof signal, .flags = SYNRL_CENTRED, .bytes = bytes};
    synrl_status status = weights_create(&own.api, &layout_of.layout, &weights);
    if (status == SYNRL_OK) {
        status = weights_bind(weights, few.batch);
    }
    if (status == SYNRL_OK) {
        status = watch_create(&own.api, &layout_of.layout, &made);
    }
    if (status == SYNRL_OK) {
        status = watch_begin_credit(made, weights, few.batch, &signal);
    }
    if (status == SYNRL_OK) {
        status = watch_end_credit(made, credit);
    }
    watch_destroy(made);
    weights_destroy(weights);
    host_release(&own, 1);
    return status;
}

TEST(memory_may_run_out) {
    start(1, 20, true);
    layout_of = net;
    few = samples;
    test_short_memory(make_all);
    end();
}
