/* SPDX-License-Identifier: MIT */
/* Activations against the closed forms in long double. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "plugin/component.h"
#include "plugin/host.h"
#include "support/support.h"
#include "support/test.h"
#include "synrl/activation.h"

enum { N_POINTS = 601 }; /* more than two of sigmoid's chunks, and no multiple of anything */

struct expectation {
    const char *id;
    long double (*function)(long double x);
    long double (*slope)(long double x); /* NULL: none is offered */
};

static long double identity(long double x) {
    return x;
}

static long double one(long double x) {
    return x == x ? 1.0L : x;
}

static long double relu(long double x) {
    return x > 0.0L ? x : 0.0L;
}

static long double heaviside(long double x) {
    return x > 0.0L ? 1.0L : 0.0L;
}

static long double sigmoid(long double x) {
    return 1.0L / (1.0L + expl(-x));
}

/* sigmoid(x) sigmoid(-x): does not cancel. */
static long double sigmoid_slope(long double x) {
    return sigmoid(x) * sigmoid(-x);
}

static long double tanh_slope(long double x) {
    return 1.0L / (coshl(x) * coshl(x));
}

static const struct expectation expectations[] = {
    {"identity", identity, one}, {"relu", relu, heaviside}, {"sigmoid", sigmoid, sigmoid_slope},
    {"sin", sinl, cosl},         {"step", heaviside, NULL}, {"tanh", tanhl, tanh_slope},
};
enum { N_EXPECTATIONS = COUNT_OF(expectations) };

static struct core *core;
static struct component *component;
static const synrl_activation *activation;
static float points[N_POINTS], values[N_POINTS], slopes[N_POINTS];

static void setup(void) {
    core = test_core();
    for (size_t i = 0; i < N_POINTS; i++) { /* -9 .. 9, with 0 in the middle */
        points[i] = ((float)i - 300.0F) * 0.03F;
    }
}

static void teardown(void) {
    component_release(component);
    component = NULL;
    core_destroy(core);
}

SUITE("activation", .setup = setup, .teardown = teardown);

static void load(const char *id) {
    component_release(component);
    component = test_component(core, SYNRL_KIND_ACTIVATION, id, 0, NULL);
    activation = component_activation(component);
}

static void take_slopes(const float *x, const float *y, float *slope) {
    activation->ops->derivative(activation->host, activation->config, N_POINTS, x, y, slope);
}

/* Four roundings' worth, relative; below the normal numbers, absolute. */
static void check_near(const char *id, float x, float found, long double expected) {
    const long double bound = 4.0L * FLT_EPSILON * fabsl(expected) + FLT_MIN;
    ck_assert_msg(fabsl((long double)found - expected) <= bound, "%s at %.9g: %.9g, not %.9Lg", id,
                  (double)x, (double)found, expected);
}

TEST_EACH(values_are_the_closed_form, N_EXPECTATIONS) {
    const struct expectation *expected = &expectations[_i];
    load(expected->id);
    synrl_activation_apply(activation, N_POINTS, points, values);
    for (size_t i = 0; i < N_POINTS; i++) {
        check_near(expected->id, points[i], values[i], expected->function((long double)points[i]));
    }
}

/* tanh and sigmoid take slopes from y, where 1 - y^2 and y (1 - y) cancel: an absolute bound. */
TEST_EACH(slopes_are_the_closed_form, N_EXPECTATIONS) {
    const struct expectation *expected = &expectations[_i];
    load(expected->id);
    if (expected->slope == NULL) {
        ck_assert(!SYNRL_OFFERS(activation->ops, derivative));
        return;
    }
    ck_assert(SYNRL_OFFERS(activation->ops, derivative));
    synrl_activation_apply(activation, N_POINTS, points, values);
    take_slopes(points, values, slopes);
    for (size_t i = 0; i < N_POINTS; i++) {
        const long double slope = expected->slope((long double)points[i]);
        ck_assert_msg(fabsl((long double)slopes[i] - slope) <= 4.0L * FLT_EPSILON,
                      "%s at %.9g: slope %.9g, not %.9Lg", expected->id, (double)points[i],
                      (double)slopes[i], slope);
    }
}

/* Central differences of the values' own closed form: with h = 2^-12 the error is h^2 f'''/6 <
 * 2e-8. */
TEST_EACH(slopes_are_those_of_the_values, N_EXPECTATIONS) {
    const struct expectation *expected = &expectations[_i];
    load(expected->id);
    if (expected->slope == NULL) {
        return;
    }
    synrl_activation_apply(activation, N_POINTS, points, values);
    take_slopes(points, values, slopes);
    for (size_t i = 0; i < N_POINTS; i++) {
        const long double h = 0x1p-12L, x = (long double)points[i];
        if (fabsl(x) < h) { /* relu's kink */
            continue;
        }
        const long double rise = (expected->function(x + h) - expected->function(x - h)) / (2 * h);
        ck_assert_ldouble_le(fabsl((long double)slopes[i] - rise), 1e-6L);
    }
}

TEST_EACH(any_length_and_in_place_give_the_same_bits, N_EXPECTATIONS) {
    load(expectations[_i].id);
    synrl_activation_apply(activation, N_POINTS, points, values);
    for (size_t n = 0; n <= N_POINTS; n += n < 70 ? 1 : 59) {
        float found[N_POINTS + 1];
        memcpy(found, points, sizeof points);
        found[n] = 77.0F;
        synrl_activation_apply(activation, n, found, found);
        ck_assert_mem_eq(found, values, n * sizeof *found);
        ck_assert(found[n] == 77.0F); /* nothing behind the end */
    }
}

TEST_EACH(slopes_may_overwrite_x_or_y, N_EXPECTATIONS) {
    load(expectations[_i].id);
    if (expectations[_i].slope == NULL) {
        return;
    }
    synrl_activation_apply(activation, N_POINTS, points, values);
    take_slopes(points, values, slopes);
    float over_x[N_POINTS], over_y[N_POINTS];
    memcpy(over_x, points, sizeof points);
    memcpy(over_y, values, sizeof values);
    take_slopes(over_x, values, over_x);
    take_slopes(points, over_y, over_y);
    ck_assert_mem_eq(over_x, slopes, sizeof slopes);
    ck_assert_mem_eq(over_y, slopes, sizeof slopes);
}

/* Far out: the limits, never a NaN; and a NaN does not pass for a number. */
TEST_EACH(extremes, N_EXPECTATIONS) {
    static const float far[] = {-FLT_MAX, -1e4F, -89.0F, -0.0F, 0.0F, 89.0F, 1e4F, FLT_MAX};
    enum { N_FAR = COUNT_OF(far) };
    const struct expectation *expected = &expectations[_i];
    load(expected->id);
    for (size_t i = 0; i < N_FAR; i++) {
        float y;
        synrl_activation_apply(activation, 1, &far[i], &y);
        check_near(expected->id, far[i], y, expected->function((long double)far[i]));
    }
    const float nan = NAN;
    float y;
    synrl_activation_apply(activation, 1, &nan, &y);
    ck_assert_msg(isnan(y) || expected->slope == NULL, "%s of NaN: %g", expected->id, (double)y);
}

TEST(relu_has_slope_0_at_0) {
    load("relu");
    const float zeros[] = {0.0F, -0.0F};
    float slope[2] = {7.0F, 7.0F};
    activation->ops->derivative(activation->host, activation->config, 2, zeros, zeros, slope);
    ck_assert(slope[0] == 0.0F && slope[1] == 0.0F);
}
