/* SPDX-License-Identifier: MIT */
/* Losses against their formulas in long double, sample by sample, and their gradients against
 * differences of those. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "plugin/component.h"
#include "plugin/host.h"
#include "support/support.h"
#include "support/test.h"
#include "synrl/loss.h"

/* A batch of two blocks, the second one not full. */
enum { N_OUTPUTS_MAX = 131, N_SAMPLES = 21, N_BLOCKS = 2 };
enum { N_VALUES_MAX = N_BLOCKS * N_OUTPUTS_MAX * SYNRL_LANES };

struct batch {
    size_t n_outputs;
    long double outputs[N_VALUES_MAX]; /* as in blocks: [block][output][lane] */
    float vectors[N_VALUES_MAX];
    int32_t labels[N_BLOCKS * SYNRL_LANES];
};

struct expectation {
    const char *id;
    long double (*term)(const struct batch *batch, size_t sample);
    long double (*loss)(const struct batch *batch, long double sum);
};

static size_t place(const struct batch *batch, size_t sample, size_t output) {
    return (sample / SYNRL_LANES * batch->n_outputs + output) * SYNRL_LANES + sample % SYNRL_LANES;
}

static long double squared_error(const struct batch *batch, size_t sample) {
    long double sum = 0.0L;
    for (size_t o = 0; o < batch->n_outputs; o++) {
        const size_t i = place(batch, sample, o);
        const long double error = batch->outputs[i] - (long double)batch->vectors[i];
        sum += error * error;
    }
    return sum;
}

/* -log softmax, unshifted: long double has room for e^±11000. */
static long double surprise(const struct batch *batch, size_t sample) {
    long double sum = 0.0L;
    for (size_t o = 0; o < batch->n_outputs; o++) {
        sum += expl(batch->outputs[place(batch, sample, o)]);
    }
    return logl(sum) - batch->outputs[place(batch, sample, (size_t)batch->labels[sample])];
}

static long double mean(const struct batch *batch, long double sum) {
    (void)batch;
    return sum / N_SAMPLES;
}

static long double norm(const struct batch *batch, long double sum) {
    (void)batch;
    return sqrtl(sum) / N_SAMPLES;
}

static long double mean_of_outputs(const struct batch *batch, long double sum) {
    return sum / (N_SAMPLES * (long double)batch->n_outputs);
}

static const struct expectation expectations[] = {
    {"cross_entropy", surprise, mean},
    {"euclidean", squared_error, norm},
    {"mse", squared_error, mean_of_outputs},
};
enum { N_EXPECTATIONS = COUNT_OF(expectations) };

static struct core *core;
static struct component *component;
static const synrl_loss_ops *ops;
static struct batch batch;
static float outputs[N_VALUES_MAX]; /* of the batch, as the plugin gets them */

static void setup(void) {
    core = test_core();
}

static void teardown(void) {
    component_release(component);
    core_destroy(core);
}

SUITE("loss", .setup = setup, .teardown = teardown);

static void load(const char *id) {
    component = test_component(core, SYNRL_KIND_LOSS, id, 0, NULL);
    ops = component_plugin(component)->entry->ops;
}

/* Outputs and targets all over -width .. width, labels of every class. */
static void fill(size_t n_outputs, float width) {
    uint32_t state = 12345;
    batch.n_outputs = n_outputs;
    for (size_t i = 0; i < N_BLOCKS * n_outputs * SYNRL_LANES; i++) {
        state = state * 1664525U + 1013904223U;
        outputs[i] = ((float)(state >> 8) * 0x1p-23F - 1.0F) * width;
        state = state * 1664525U + 1013904223U;
        batch.vectors[i] = (float)(state >> 8) * 0x1p-23F - 1.0F;
        batch.outputs[i] = (long double)outputs[i];
    }
    for (size_t s = 0; s < N_BLOCKS * SYNRL_LANES; s++) {
        batch.labels[s] = (int32_t)(s * 7 % n_outputs);
    }
}

static synrl_loss_block block_of(size_t block) {
    const size_t first = block * batch.n_outputs * SYNRL_LANES;
    const bool wants_labels = ops->target_format == SYNRL_TARGET_LABELS;
    return (synrl_loss_block){.size = sizeof(synrl_loss_block),
                              .n_outputs = batch.n_outputs,
                              .outputs = outputs + first,
                              .targets = wants_labels ? NULL : batch.vectors + first,
                              .labels = wants_labels ? batch.labels + block * SYNRL_LANES : NULL};
}

static void take_terms(float *terms) {
    for (size_t b = 0; b < N_BLOCKS; b++) {
        const synrl_loss_block block = block_of(b);
        ops->terms(&component_host(component)->api, component_config(component), &block,
                   terms + b * SYNRL_LANES);
    }
}

static void take_slopes(double sum, float *slopes) {
    for (size_t b = 0; b < N_BLOCKS; b++) {
        const synrl_loss_block block = block_of(b);
        ops->gradient(&component_host(component)->api, component_config(component), &block, sum,
                      N_SAMPLES, slopes + b * batch.n_outputs * SYNRL_LANES);
    }
}

static long double expected_sum(const struct expectation *expected) {
    long double sum = 0.0L;
    for (size_t s = 0; s < N_SAMPLES; s++) {
        sum += expected->term(&batch, s);
    }
    return sum;
}

/* A sum of n positive numbers is off by less than n roundings; the shift by the largest output
 * rounds at that output's own size. */
static void check_terms(const struct expectation *expected, float width) {
    float terms[N_BLOCKS * SYNRL_LANES];
    take_terms(terms);
    for (size_t s = 0; s < N_SAMPLES; s++) {
        const long double term = expected->term(&batch, s);
        const long double bound =
            ((long double)batch.n_outputs + 4.0L) * FLT_EPSILON * (1.0L + term) +
            4.0L * FLT_EPSILON * (long double)width;
        ck_assert_msg(fabsl((long double)terms[s] - term) <= bound,
                      "%s of %zu outputs, sample %zu: %.9g, not %.9Lg", expected->id,
                      batch.n_outputs, s, (double)terms[s], term);
        ck_assert(terms[s] >= 0.0F);
    }
}

TEST_EACH(terms_are_the_formula, N_EXPECTATIONS) {
    static const size_t counts[] = {1, 2, 3, 10, 63, 64, 65, 128, N_OUTPUTS_MAX};
    const struct expectation *expected = &expectations[_i];
    load(expected->id);
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        fill(counts[i], 3.0F);
        check_terms(expected, 3.0F);
    }
}

/* Outputs of thousands: softmax is 0 and 1, and nothing overflows. */
TEST_EACH(terms_survive_large_outputs, N_EXPECTATIONS) {
    load(expectations[_i].id);
    fill(N_OUTPUTS_MAX, 4000.0F);
    check_terms(&expectations[_i], 4000.0F);
}

TEST_EACH(the_loss_is_the_formula, N_EXPECTATIONS) {
    const struct expectation *expected = &expectations[_i];
    load(expected->id);
    fill(10, 3.0F);
    const long double sum = expected_sum(expected);
    const double loss = ops->finish(&component_host(component)->api, component_config(component),
                                    (double)sum, N_SAMPLES, batch.n_outputs);
    const long double exact = expected->loss(&batch, sum);
    ck_assert_ldouble_le(fabsl((long double)loss - exact), 4.0L * DBL_EPSILON * exact);
    ck_assert(isinf(ops->finish(&component_host(component)->api, component_config(component),
                                (double)INFINITY, N_SAMPLES, batch.n_outputs)));
}

static long double loss_with(const struct expectation *expected, size_t i, long double output) {
    const long double kept = batch.outputs[i];
    batch.outputs[i] = output;
    const long double loss = expected->loss(&batch, expected_sum(expected));
    batch.outputs[i] = kept;
    return loss;
}

/* Central differences in long double, h = 2^-14: off by h^2 f'''/6 < 1e-9 and rounding / h < 1e-14.
 */
TEST_EACH(the_gradient_is_that_of_the_loss, N_EXPECTATIONS) {
    static const size_t counts[] = {1, 3, 10, 65};
    const struct expectation *expected = &expectations[_i];
    load(expected->id);
    ck_assert(SYNRL_OFFERS(ops, gradient));
    for (size_t c = 0; c < COUNT_OF(counts); c++) {
        fill(counts[c], 3.0F);
        static float slopes[N_VALUES_MAX];
        take_slopes((double)expected_sum(expected), slopes);
        for (size_t s = 0; s < N_SAMPLES; s++) {
            for (size_t o = 0; o < counts[c]; o++) {
                const size_t i = place(&batch, s, o);
                const long double h = 0x1p-14L, z = batch.outputs[i];
                const long double slope =
                    (loss_with(expected, i, z + h) - loss_with(expected, i, z - h)) / (2.0L * h);
                const long double bound = 4.0L * FLT_EPSILON * (fabsl(slope) + 1.0L / N_SAMPLES);
                ck_assert_msg(fabsl((long double)slopes[i] - slope) <= bound,
                              "%s of %zu outputs, sample %zu, output %zu: %.9g, not %.9Lg",
                              expected->id, counts[c], s, o, (double)slopes[i], slope);
            }
        }
    }
}

/* A block in which output o of sample s is all[o], with target `vector` or label 1. */
static void fill_same(size_t n_outputs, const float *all, const float *vector) {
    batch.n_outputs = n_outputs;
    for (size_t i = 0; i < N_BLOCKS * n_outputs * SYNRL_LANES; i++) {
        outputs[i] = all[i / SYNRL_LANES % n_outputs];
        batch.vectors[i] = vector[i / SYNRL_LANES % n_outputs];
    }
    for (size_t s = 0; s < N_BLOCKS * SYNRL_LANES; s++) {
        batch.labels[s] = 1;
    }
}

/* By hand. Errors (3, -4): term 9 + 16 = 25. euclidean, sum 25 * 21 = 525, N = 21:
 * sqrt(525) / 21 = 1.0910895, slopes (3, -4) / (21 sqrt(525)) = (6.2347969e-3, -8.3130625e-3).
 * mse: 525 / (21 * 2) = 12.5, slopes 2 (3, -4) / 42 = (1/7, -4/21). */
TEST_EACH(squared_errors_by_hand, 2) {
    static const struct {
        const char *id;
        double loss;
        float slopes[2];
    } cases[] = {{"euclidean", 1.0910894511799618, {6.2347969e-3F, -8.3130625e-3F}},
                 {"mse", 12.5, {0.14285714F, -0.19047619F}}};
    load(cases[_i].id);
    fill_same(2, (const float[]){4.0F, -3.0F}, (const float[]){1.0F, 1.0F});
    float terms[N_BLOCKS * SYNRL_LANES], slopes[N_BLOCKS * 2 * SYNRL_LANES];
    take_terms(terms);
    take_slopes(525.0, slopes);
    ck_assert(terms[0] == 25.0F && terms[20] == 25.0F);
    ck_assert_double_eq_tol(ops->finish(&component_host(component)->api, NULL, 525.0, 21, 2),
                            cases[_i].loss, 1e-15 * cases[_i].loss);
    for (size_t o = 0; o < 2; o++) {
        ck_assert_float_eq_tol(slopes[o * SYNRL_LANES], cases[_i].slopes[o], 2e-8F);
    }
}

/* By hand. Outputs (0, log 2, 0), label 1: softmax (1/4, 1/2, 1/4), term log 2, slopes
 * (1/4, -1/2, 1/4) / 21. */
TEST(cross_entropy_by_hand) {
    load("cross_entropy");
    fill_same(3, (const float[]){0.0F, 0.693147181F, 0.0F}, (const float[]){0.0F, 0.0F, 0.0F});
    float terms[N_BLOCKS * SYNRL_LANES], slopes[N_BLOCKS * 3 * SYNRL_LANES];
    take_terms(terms);
    take_slopes(0.0, slopes);
    ck_assert_float_eq_tol(terms[0], 0.693147181F, 1e-7F);
    ck_assert_float_eq_tol(slopes[0], 0.25F / 21.0F, 1e-8F);
    ck_assert_float_eq_tol(slopes[SYNRL_LANES], -0.5F / 21.0F, 1e-8F);
}

TEST(euclidean_is_flat_where_there_is_no_error) {
    load("euclidean");
    fill_same(2, (const float[]){1.5F, -2.0F}, (const float[]){1.5F, -2.0F});
    float slopes[N_BLOCKS * 2 * SYNRL_LANES];
    take_slopes(0.0, slopes);
    for (size_t i = 0; i < N_BLOCKS * 2 * SYNRL_LANES; i++) {
        ck_assert(slopes[i] == 0.0F);
    }
}

/* An output that is no number makes a term that is none, wherever it stands: the environment then
 * takes the loss for infinite. Other samples are not touched. */
TEST_EACH(a_nan_is_not_lost, N_EXPECTATIONS) {
    load(expectations[_i].id);
    for (size_t o = 0; o < 3; o++) {
        fill(3, 1.0F);
        outputs[o * SYNRL_LANES + 5] = NAN;
        float terms[N_BLOCKS * SYNRL_LANES];
        take_terms(terms);
        for (size_t s = 0; s < N_SAMPLES; s++) {
            ck_assert_msg(isnan(terms[s]) == (s == 5), "%s: NaN in output %zu: term %zu is %g",
                          expectations[_i].id, o, s, (double)terms[s]);
        }
    }
}
