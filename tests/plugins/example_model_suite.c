/* SPDX-License-Identifier: MIT */
/* The activation, the loss, the data set and the models of examples/ against their equations in
 * plain loops, in double precision, before and after synapses have acted. */
#include <math.h>
#include <string.h>

#include "engine/random.h"
#include "plugin/host.h"
#include "support/support.h"
#include "support/test.h"
#include "train/dataset.h"
#include "train/network.h"

enum { N_SAMPLES_MAX = 64, N_OUTPUTS_MAX = 8, N_WEIGHTS_MAX = 2048, N_INPUTS_MAX = 64 };

static struct core *core;

static void setup(void) {
    core = test_core();
}

static void teardown(void) {
    core_destroy(core);
}

SUITE("example_model", .setup = setup, .teardown = teardown);

/* A network of an example at work on all samples of a data set. */
struct made {
    struct component *model, *loss;
    struct dataset *data;
    struct network *network;
    const synrl_layout *layout;
    size_t n_samples, n_outputs;
    float weights[N_WEIGHTS_MAX];
    float outputs[N_SAMPLES_MAX * N_OUTPUTS_MAX];
};

static struct dataset *data_of(const char *id, size_t n, const struct named_value *values) {
    struct component *component = test_component(core, SYNRL_KIND_DATASET, id, n, values);
    struct dataset *data;
    ck_assert_msg(dataset_create(core, component, &data) == SYNRL_OK, "%s", core->message);
    component_release(component);
    return data;
}

static synrl_status try_make(struct made *made, const char *model, const char *loss,
                             struct dataset *data, size_t n, const struct named_value *values) {
    *made = (struct made){.data = data, .n_samples = dataset_data(data)->n_samples};
    made->model = test_component(core, SYNRL_KIND_MODEL, model, n, values);
    made->loss = test_component(core, SYNRL_KIND_LOSS, loss, 0, NULL);
    return network_create(core, made->model, made->loss, data, made->n_samples, &made->network);
}

static void unmake(struct made *made) {
    network_destroy(made->network);
    dataset_release(made->data);
    component_release(made->model);
    component_release(made->loss);
}

static void make(struct made *made, const char *model, struct dataset *data, size_t n,
                 const struct named_value *values) {
    ck_assert_msg(try_make(made, model, "mse", data, n, values) == SYNRL_OK, "%s", core->message);
    ck_assert_int_eq(network_bind(made->network, NULL), SYNRL_OK);
    made->layout = network_layout(made->network);
    made->n_outputs = made->layout->n_outputs;
    ck_assert_uint_le(made->n_samples, N_SAMPLES_MAX);
    ck_assert_uint_le(made->n_outputs, N_OUTPUTS_MAX);
    ck_assert_uint_le(made->layout->n_synapses, N_WEIGHTS_MAX);
}

/* Input i of a sample, as the engine takes it. */
static double input_of(const struct made *made, size_t sample, size_t i) {
    const synrl_data *data = dataset_data(made->data);
    const size_t at = sample * data->n_inputs + i;
    return data->format == SYNRL_INPUT_BYTES
               ? (double)((const uint8_t *)data->inputs)[at] * (double)data->scale
               : (double)((const float *)data->inputs)[at];
}

/* The weights of a tensor, [n_rows][n_columns]. */
static const float *weights_of(const struct made *made, const char *name) {
    for (size_t t = 0; t < made->layout->n_tensors; t++) {
        if (strcmp(made->layout->tensors[t].name, name) == 0) {
            return made->weights + made->layout->tensors[t].first;
        }
    }
    ck_abort_msg("no tensor %s", name);
    return NULL;
}

static double dot(const float *weights, const double *x, size_t n) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)weights[i] * x[i];
    }
    return sum;
}

/* What an equation says of one sample. */
typedef void (*equation)(const struct made *made, size_t sample, double *outputs);

static void compare(struct made *made, equation plain) {
    struct pass pass;
    network_get_weights(made->network, made->weights);
    const struct pass_options options = {.outputs = made->outputs};
    ck_assert_msg(network_pass(made->network, &options, &pass) == SYNRL_OK, "%s", core->message);
    for (size_t s = 0; s < made->n_samples; s++) {
        double expected[N_OUTPUTS_MAX];
        plain(made, s, expected);
        for (size_t o = 0; o < made->n_outputs; o++) {
            const double found = (double)made->outputs[s * made->n_outputs + o];
            ck_assert_msg(fabs(found - expected[o]) <= 1e-5 * (1.0 + fabs(expected[o])),
                          "sample %zu, output %zu: %.9g, not %.9g", s, o, found, expected[o]);
        }
    }
}

/* As it is made, then while all synapses act, few of them, and all again. */
static void check(struct made *made, equation plain) {
    static int8_t actions[N_WEIGHTS_MAX];
    compare(made, plain);
    for (uint32_t step = 0; step < 12; step++) {
        uint32_t state = 7919 * step + 1;
        for (size_t i = 0; i < made->layout->n_synapses; i++) {
            state = state * 1664525U + 1013904223U;
            actions[i] = (int8_t)((int)(state >> 16) % 3 - 1);
            actions[i] = step % 3 == 1 && i % 50 != 0 ? 0 : actions[i];
        }
        network_act(made->network, actions, 0x1p-6F, 2.0F);
        compare(made, plain);
    }
    unmake(made);
}

/* Models --------------------------------------------------------------------------------------- */

static void linear(const struct made *made, size_t sample, double *outputs) {
    const size_t n = dataset_data(made->data)->n_inputs;
    double x[N_INPUTS_MAX];
    for (size_t i = 0; i < n; i++) {
        x[i] = input_of(made, sample, i);
    }
    for (size_t o = 0; o < made->n_outputs; o++) {
        outputs[o] =
            dot(weights_of(made, "weight") + o * n, x, n) + (double)weights_of(made, "bias")[o];
    }
}

TEST(linear_is_its_equation) {
    struct made made;
    make(&made, "linear", data_of("boundary", GIVEN({"samples", INTEGER(37)})), 0, NULL);
    check(&made, linear);
    make(&made, "linear",
         data_of("pixels",
                 GIVEN({"samples", INTEGER(21)}, {"inputs", INTEGER(30)}, {"classes", INTEGER(5)})),
         GIVEN({"seed", INTEGER(7)}));
    check(&made, linear);
}

enum { HIDDEN = 6 };

static void elman(const struct made *made, size_t sample, double *outputs) {
    const synrl_data *data = dataset_data(made->data);
    const size_t steps = data->n_steps > 0 ? data->n_steps : data->height;
    const size_t width = data->n_inputs / steps;
    double h[HIDDEN] = {0}, before[HIDDEN], x[N_INPUTS_MAX];
    for (size_t t = 0; t < steps; t++) {
        memcpy(before, h, sizeof h);
        for (size_t i = 0; i < width; i++) {
            x[i] = input_of(made, sample, t * width + i);
        }
        for (size_t j = 0; j < HIDDEN; j++) {
            h[j] = tanh(dot(weights_of(made, "input.weight") + j * width, x, width) +
                        dot(weights_of(made, "recurrent.weight") + j * HIDDEN, before, HIDDEN) +
                        (double)weights_of(made, "hidden.bias")[j]);
        }
    }
    for (size_t o = 0; o < made->n_outputs; o++) {
        outputs[o] = dot(weights_of(made, "output.weight") + o * HIDDEN, h, HIDDEN);
    }
}

TEST(elman_is_its_equation) {
    struct made made;
    make(&made, "elman", data_of("my_dataset", GIVEN({"bits", INTEGER(5)})),
         GIVEN({"hidden", INTEGER(HIDDEN)}));
    ck_assert_uint_eq(made.layout->tensors[0].n_positions, 5);
    ck_assert_uint_eq(made.layout->n_units, 5 * HIDDEN + 1);
    check(&made, elman);
    make(&made, "elman", /* pictures of 4 rows of 7 */
         data_of("pixels", GIVEN({"samples", INTEGER(21)}, {"inputs", INTEGER(28)},
                                 {"width", INTEGER(7)}, {"classes", INTEGER(3)})),
         GIVEN({"hidden", INTEGER(HIDDEN)}));
    ck_assert_uint_eq(made.layout->tensors[0].n_positions, 4);
    check(&made, elman);
}

enum { HEIGHT = 8, WIDTH = 6, KERNEL = 3, FILTERS = 5 };

static void conv(const struct made *made, size_t sample, double *outputs) {
    const size_t high = HEIGHT - KERNEL + 1, wide = WIDTH - KERNEL + 1;
    double u[FILTERS] = {0};
    for (size_t f = 0; f < FILTERS; f++) {
        const float *kernel = weights_of(made, "conv.weight") + f * KERNEL * KERNEL;
        for (size_t p = 0; p < high * wide; p++) {
            double z = 0.0;
            for (size_t k = 0; k < KERNEL * KERNEL; k++) {
                const size_t row = p / wide + k / KERNEL, column = p % wide + k % KERNEL;
                z += (double)kernel[k] * input_of(made, sample, row * WIDTH + column);
            }
            u[f] += fmax(z, 0.0) / (double)(high * wide);
        }
    }
    for (size_t o = 0; o < made->n_outputs; o++) {
        outputs[o] = dot(weights_of(made, "readout.weight") + o * FILTERS, u, FILTERS);
    }
}

TEST(conv_is_its_equation) {
    struct made made;
    make(&made, "conv",
         data_of("pixels", GIVEN({"samples", INTEGER(37)}, {"inputs", INTEGER(HEIGHT * WIDTH)},
                                 {"width", INTEGER(WIDTH)}, {"classes", INTEGER(4)})),
         GIVEN({"filters", INTEGER(FILTERS)}, {"kernel", INTEGER(KERNEL)}));
    ck_assert_uint_eq(made.layout->n_units, 6 * 4 * FILTERS + 4);
    check(&made, conv);
}

/* Spikes in float, as the plugin counts them; a potential so near 1 that rounding would decide is a
 * fault of this test's numbers. */
static void lif(const struct made *made, size_t sample, double *outputs) {
    const size_t n = dataset_data(made->data)->n_inputs;
    double x[N_INPUTS_MAX], rates[HIDDEN];
    for (size_t i = 0; i < n; i++) {
        x[i] = input_of(made, sample, i);
    }
    for (size_t j = 0; j < HIDDEN; j++) {
        const double current = dot(weights_of(made, "input.weight") + j * n, x, n);
        double v = 0.0;
        rates[j] = 0.0;
        for (size_t step = 0; step < 16; step++) {
            v = 0.75 * v + current;
            ck_assert_msg(fabs(v - 1.0) > 1e-5, "a potential of %.9g", v);
            rates[j] += v >= 1.0 ? 1.0 / 16.0 : 0.0;
            v -= v >= 1.0 ? 1.0 : 0.0;
        }
    }
    for (size_t o = 0; o < made->n_outputs; o++) {
        outputs[o] = dot(weights_of(made, "readout.weight") + o * HIDDEN, rates, HIDDEN);
    }
}

TEST(lif_is_its_equation) {
    struct made made;
    make(&made, "lif",
         data_of("pixels",
                 GIVEN({"samples", INTEGER(37)}, {"inputs", INTEGER(30)}, {"classes", INTEGER(3)})),
         GIVEN({"hidden", INTEGER(HIDDEN)}, {"leak", NUMBER(0.75)}));
    check(&made, lif);
}

/* As model.h says of a model that names a seed: U(-1, 1) / sqrt(n_columns), biases 0. */
TEST(initial_weights_are_drawn_by_the_host) {
    struct made made;
    float first[N_WEIGHTS_MAX], drawn[N_WEIGHTS_MAX];
    for (int64_t seed = 3; seed < 5; seed++) {
        make(&made, "elman", data_of("my_dataset", GIVEN({"bits", INTEGER(4)})),
             GIVEN({"hidden", INTEGER(HIDDEN)}, {"seed", INTEGER(seed)}));
        network_get_weights(made.network, made.weights);
        for (size_t t = 0; t < made.layout->n_tensors; t++) {
            const synrl_tensor *tensor = &made.layout->tensors[t];
            const size_t n = tensor->n_rows * tensor->n_columns;
            const synrl_stream stream = {(uint64_t)seed, t, SYNRL_PURPOSE_WEIGHTS};
            const double to = tensor->is_bias ? 0.0 : 1.0 / sqrt((double)tensor->n_columns);
            random_api.uniform(stream, 0, n, -1.0F, 1.0F, drawn);
            for (size_t i = 0; i < n; i++) {
                ck_assert_double_eq_tol((double)made.weights[tensor->first + i],
                                        (double)drawn[i] * to, 1e-7);
            }
        }
        ck_assert(seed == 3 || memcmp(first, made.weights, 4 * HIDDEN * sizeof *first) != 0);
        memcpy(first, made.weights, sizeof first);
        unmake(&made);
    }
}

/* What they refuse ----------------------------------------------------------------------------- */

static const struct {
    const char *model, *loss, *message;
} refused[] = {
    {"elman", "mse",
     "model \"elman\": tensor \"input.weight\" reads windows of 1 x 0 in steps of 1 x 1 over 0 x 0 "
     "x "
     "1: the data has 30 inputs, and windows must lie inside"},
    {"conv", "mse",
     "model \"conv\": tensor \"conv.weight\" reads windows of 5 x 5 in steps of 1 x 1 over 0 x 0 x "
     "0: the data has 30 inputs, and windows must lie inside"},
    {"linear", "my_loss", "loss \"my_loss\": needs two classes, as one target of -1 and +1"},
};

TEST_EACH(names_data_that_it_cannot_use, COUNT_OF(refused)) {
    struct made made;
    struct dataset *data = data_of("pixels", GIVEN({"inputs", INTEGER(30)}));
    const synrl_status status = try_make(&made, refused[_i].model, refused[_i].loss, data, 0, NULL);
    test_failure(core, SYNRL_INVALID, status, refused[_i].message);
    unmake(&made);
}

/* The others ----------------------------------------------------------------------------------- */

TEST(leaky_relu_is_its_equation) {
    const float x[] = {-3.0F, -0.5F, -0.0F, 0.0F, 0.5F, 3.0F, NAN};
    enum { N = COUNT_OF(x) };
    float y[N], slopes[N];
    struct component *component =
        test_component(core, SYNRL_KIND_ACTIVATION, "leaky_relu", GIVEN({"slope", NUMBER(0.25)}));
    const synrl_activation *f = component_activation(component);
    synrl_activation_apply(f, N, x, y);
    f->ops->derivative(f->host, f->config, N, x, y, slopes);
    for (size_t i = 0; i + 1 < N; i++) {
        ck_assert(y[i] == (x[i] > 0.0F ? x[i] : 0.25F * x[i]));
        ck_assert(slopes[i] == (x[i] > 0.0F ? 1.0F : 0.25F));
    }
    ck_assert(isnan(y[N - 1]));
    component_release(component);
}

TEST(my_dataset_is_parity) {
    struct dataset *dataset = data_of("my_dataset", GIVEN({"bits", INTEGER(6)}));
    const synrl_data *data = dataset_data(dataset);
    bool is_seen[64] = {false};
    ck_assert_uint_eq(data->n_samples, 64);
    ck_assert_uint_eq(data->n_inputs, 6);
    ck_assert_uint_eq(data->n_steps, 6);
    for (size_t s = 0; s < 64; s++) {
        unsigned pattern = 0, n_ones = 0;
        for (size_t b = 0; b < 6; b++) {
            const unsigned bit = ((const uint8_t *)data->inputs)[s * 6 + b];
            ck_assert_uint_le(bit, 1);
            pattern = 2 * pattern + bit;
            n_ones += bit;
        }
        ck_assert(!is_seen[pattern]);
        is_seen[pattern] = true;
        ck_assert(data->targets[s] == (n_ones % 2 == 1 ? 1.0F : -1.0F));
    }
    dataset_release(dataset);
}

/* By hand. Targets -1, +1, +1, -1 of XOR and outputs of weights 0 and bias 0.25: terms 1.25, 0.75,
 * 0.75, 1.25, mean 1. Only the bias moves all outputs: d L / d b = (1 - 1 - 1 + 1) / 4 = 0; the
 * first weight moves those of samples 1 and 3: (-1 + 1) / 4 = 0. With the weights at 2 outputs are
 * 0.25, 2.25, 2.25, 4.25 and terms 1.25, 0, 0, 5.25: mean 1.625. */
TEST(my_loss_by_hand) {
    struct made made;
    struct pass pass;
    const struct pass_options options = {.count_correct = true};
    ck_assert_msg(try_make(&made, "linear", "my_loss", data_of("my_dataset", 0, NULL), 0, NULL) ==
                      SYNRL_OK,
                  "%s", core->message);
    ck_assert_int_eq(network_bind(made.network, NULL), SYNRL_OK);
    network_set_weights(made.network, (const float[]){0.0F, 0.0F, 0.25F});
    ck_assert_int_eq(network_pass(made.network, &options, &pass), SYNRL_OK);
    ck_assert(pass.loss == 1.0);
    ck_assert_uint_eq(pass.n_correct, 2);
    network_set_weights(made.network, (const float[]){2.0F, 2.0F, 0.25F});
    ck_assert_int_eq(network_pass(made.network, &options, &pass), SYNRL_OK);
    ck_assert(pass.loss == 1.625);
    ck_assert_uint_eq(pass.n_correct, 2);
    unmake(&made);
}

/* Slopes -y / N where the margin is not kept. Outputs 0.25, 2.25, 2.25, 4.25 as above: samples 0
 * and 3 do not keep it, both with y = -1: 1 / 4. */
TEST(my_loss_has_the_slopes_of_its_terms) {
    struct made made;
    struct pass pass;
    const float *slopes;
    ck_assert_int_eq(try_make(&made, "linear", "my_loss", data_of("my_dataset", 0, NULL), 0, NULL),
                     SYNRL_OK);
    ck_assert_int_eq(network_bind(made.network, NULL), SYNRL_OK);
    network_set_weights(made.network, (const float[]){2.0F, 2.0F, 0.25F});
    ck_assert_int_eq(network_slopes(made.network, &slopes, &pass), SYNRL_OK);
    ck_assert(slopes[0] == 0.25F && slopes[1] == 0.0F && slopes[2] == 0.0F && slopes[3] == 0.25F);
    unmake(&made);
}
