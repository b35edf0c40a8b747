/* SPDX-License-Identifier: MIT */
/* Data set "boundary" against its formula, taken in double and one number at a time. */
#include <math.h>
#include <string.h>

#include "engine/engine.h"
#include "support/loader.h"
#include "support/test.h"

static struct loader loader;

static void setup(void) {
    loader_open(&loader);
}

static void teardown(void) {
    loader_close(&loader);
}

SUITE("boundary", .setup = setup, .teardown = teardown);

/* Number i of the streams that the plugin draws from: 0 first layer, 1 second layer, 2 points. */
static double drawn(uint64_t seed, uint64_t stream, uint64_t i, float range) {
    float value;
    random_api.uniform((synrl_stream){seed, stream, SYNRL_PURPOSE_DATA}, i, 1, -range, range,
                       &value);
    return (double)value;
}

TEST(answers_by_the_formula) {
    enum { SAMPLES = 37, DIMENSION = 3, HIDDEN = 5, SEED = 9 };
    struct dataset *dataset =
        loader_load(&loader, "boundary",
                    GIVEN({"samples", INTEGER(SAMPLES)}, {"dimension", INTEGER(DIMENSION)},
                          {"hidden", INTEGER(HIDDEN)}, {"seed", INTEGER(SEED)},
                          {"range", NUMBER(2.0)}, {"weight_range", NUMBER(0.5)}));
    const synrl_data *data = dataset_data(dataset);
    const float *inputs = data->inputs;
    for (uint64_t s = 0; s < SAMPLES; s++) {
        double output = 0;
        for (uint64_t h = 0; h < HIDDEN; h++) {
            double sum = 0;
            for (uint64_t i = 0; i < DIMENSION; i++) {
                const double x = drawn(SEED, 2, s * DIMENSION + i, 2.0F);
                ck_assert_double_eq((double)inputs[s * DIMENSION + i], x);
                sum += drawn(SEED, 0, h * DIMENSION + i, 0.5F) * x;
            }
            output += drawn(SEED, 1, h, 0.5F) * tanh(sum);
        }
        ck_assert_double_eq_tol((double)data->targets[s], tanh(output), 1e-6);
    }
    dataset_release(dataset);
}

TEST(has_the_papers_shape_by_default) {
    struct dataset *dataset = loader_load(&loader, "boundary", 0, NULL);
    const synrl_data *data = dataset_data(dataset);
    ck_assert_uint_eq(data->n_samples, 2000);
    ck_assert_uint_eq(data->n_inputs, 2);
    ck_assert_uint_eq(data->n_targets, 1);
    ck_assert_uint_eq(data->n_classes, 2);
    ck_assert_ptr_null(data->labels);
    size_t n_positive = 0;
    float least = 0, most = 0;
    for (size_t i = 0; i < 4000; i++) {
        least = fminf(least, ((const float *)data->inputs)[i]);
        most = fmaxf(most, ((const float *)data->inputs)[i]);
    }
    ck_assert(least >= -10.0F && least < -9.9F && most < 10.0F && most > 9.9F);
    for (size_t s = 0; s < 2000; s++) {
        ck_assert(fabsf(data->targets[s]) <= 1.0F);
        n_positive += data->targets[s] > 0;
    }
    /* Without biases f(-x) = -f(x), so half of the points are positive; 10 standard deviations. */
    ck_assert_uint_gt(n_positive, 1000 - 224);
    ck_assert_uint_lt(n_positive, 1000 + 224);
    dataset_release(dataset);
}

TEST(gives_the_class_when_asked) {
    struct dataset *output = loader_load(&loader, "boundary", GIVEN({"samples", INTEGER(50)}));
    struct dataset *by_class = loader_load(
        &loader, "boundary", GIVEN({"samples", INTEGER(50)}, {"targets", STRING("class")}));
    for (size_t s = 0; s < 50; s++) {
        const float expected = dataset_data(output)->targets[s] > 0 ? 1.0F : -1.0F;
        ck_assert_float_eq(dataset_data(by_class)->targets[s], expected);
    }
    dataset_release(output);
    dataset_release(by_class);
}

TEST(puts_the_activation_on_both_layers) {
    /* One unit, one dimension, identity: the target is w2 w1 x. */
    struct dataset *dataset = loader_load(
        &loader, "boundary",
        GIVEN({"samples", INTEGER(20)}, {"dimension", INTEGER(1)}, {"hidden", INTEGER(1)},
              {"activation", STRING("identity")}, {"seed", INTEGER(4)}));
    const float *x = dataset_data(dataset)->inputs;
    const double slope = drawn(4, 0, 0, 1.0F) * drawn(4, 1, 0, 1.0F);
    for (size_t s = 0; s < 20; s++) {
        ck_assert_double_eq_tol((double)dataset_data(dataset)->targets[s], slope * (double)x[s],
                                1e-5);
    }
    dataset_release(dataset);
}

TEST(depends_only_on_its_seed) {
    struct dataset *a = loader_load(&loader, "boundary", GIVEN({"seed", INTEGER(7)}));
    struct dataset *b = loader_load(&loader, "boundary", GIVEN({"seed", INTEGER(7)}));
    struct dataset *c = loader_load(&loader, "boundary", GIVEN({"seed", INTEGER(8)}));
    const size_t size = 2000 * sizeof(float);
    ck_assert_mem_eq(dataset_data(a)->targets, dataset_data(b)->targets, size);
    ck_assert_mem_eq(dataset_data(a)->inputs, dataset_data(b)->inputs, 2 * size);
    ck_assert_mem_ne(dataset_data(a)->targets, dataset_data(c)->targets, size);
    dataset_release(a);
    dataset_release(b);
    dataset_release(c);
}

TEST(refuses_targets_that_are_not_finite) {
    /* 1e30 * 1e30 is past what a float can hold. */
    loader_refuse(&loader, SYNRL_INVALID, "target 1 of sample 1 is", "boundary",
                  GIVEN({"activation", STRING("identity")}, {"range", NUMBER(1e30)},
                        {"weight_range", NUMBER(1e30)}));
}
