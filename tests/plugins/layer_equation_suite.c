/* SPDX-License-Identifier: MIT */
/* Layers in the model "sequential": each against its equation in plain loops, in double precision,
 * before and after synapses have acted; gradients against finite differences of those loops; noise
 * and credit against them; and a convolution against the matrix that it is. */
#include <math.h>
#include <string.h>

#include "support/chain.h"
#include "support/test.h"
#include "synrl/rule.h"
#include "train/environment.h"

static struct core *core;

static void setup(void) {
    core = test_core();
}

static void teardown(void) {
    core_destroy(core);
}

SUITE("layer_equation", .setup = setup, .teardown = teardown);

/* Plain layers --------------------------------------------------------------------------------- */

enum { VALUES_MAX = 256, WEIGHTS_MAX = CHAIN_WEIGHTS_MAX, N_LAYERS_MAX = 5 };

/* [height][width][channels] */
struct picture {
    size_t height, width, channels;
    double v[VALUES_MAX];
};

static double *pixel(struct picture *of, size_t row, size_t column, size_t channel) {
    return &of->v[(row * of->width + column) * of->channels + channel];
}

/* A layer as a test has it, both ways. */
struct plain {
    const char *id;
    int64_t n; /* filters, units */
    int64_t kernel[2], stride[2], padding[2];
    bool has_tanh, has_no_bias;
};

static struct picture windows_of(const struct plain *layer, const struct picture *x,
                                 size_t channels) {
    const size_t high = x->height + 2 * (size_t)layer->padding[0];
    const size_t wide = x->width + 2 * (size_t)layer->padding[1];
    return (struct picture){(high - (size_t)layer->kernel[0]) / (size_t)layer->stride[0] + 1,
                            (wide - (size_t)layer->kernel[1]) / (size_t)layer->stride[1] + 1,
                            channels,
                            {0}};
}

/* The value that a window has at its own (row, column); 0 outside of the picture. */
static double seen(const struct plain *layer, struct picture *x, size_t down, size_t across,
                   size_t row, size_t column, size_t channel) {
    const int64_t y = (int64_t)(down * (size_t)layer->stride[0] + row) - layer->padding[0];
    const int64_t at = (int64_t)(across * (size_t)layer->stride[1] + column) - layer->padding[1];
    const bool is_inside = y >= 0 && y < (int64_t)x->height && at >= 0 && at < (int64_t)x->width;
    return is_inside ? *pixel(x, (size_t)y, (size_t)at, channel) : 0.0;
}

/* What a plain pass of one sample does besides, where it is looked at: moves unit after unit by
 * sigma times its sign, and adds what its synapses saw, times the sign, to their credit. */
static struct look {
    const int8_t *signs; /* the next unit's, SYNRL_LANES from one to the next */
    double sigma;
    const double *weights;
    double *credit; /* of all synapses, as the weights */
} * look;

static double unit(const struct plain *layer, const double *w, size_t n, const double *x,
                   const double *bias) {
    double z = bias != NULL ? *bias : 0.0;
    for (size_t i = 0; i < n; i++) {
        z += w[i] * x[i];
    }
    if (look != NULL) {
        const double sign = *look->signs;
        for (size_t i = 0; i < n; i++) {
            look->credit[(size_t)(w - look->weights) + i] += sign * x[i];
        }
        if (bias != NULL) {
            look->credit[bias - look->weights] += sign;
        }
        look->signs += SYNRL_LANES;
        z += sign * look->sigma;
    }
    return layer->has_tanh ? tanh(z) : z;
}

static const double *plain_conv2d(const struct plain *layer, const double *w, struct picture *x) {
    const size_t n = (size_t)layer->n, n_columns = (size_t)layer->kernel[1];
    const size_t n_window = (size_t)layer->kernel[0] * n_columns * x->channels;
    const double *bias = w + n * n_window;
    double window[VALUES_MAX];
    struct picture y = windows_of(layer, x, n);
    for (size_t i = 0; i < y.height * y.width * n; i++) {
        for (size_t k = 0; k < n_window; k++) {
            const size_t place = k / x->channels;
            window[k] = seen(layer, x, i / n / y.width, i / n % y.width, place / n_columns,
                             place % n_columns, k % x->channels);
        }
        y.v[i] = unit(layer, w + i % n * n_window, n_window, window,
                      layer->has_no_bias ? NULL : bias + i % n);
    }
    *x = y;
    return layer->has_no_bias ? bias : bias + n;
}

static const double *plain_dense(const struct plain *layer, const double *w, struct picture *x) {
    const size_t n = (size_t)layer->n, n_from = x->height * x->width * x->channels;
    struct picture y = {1, 1, n, {0}};
    for (size_t o = 0; o < n; o++) {
        y.v[o] = unit(layer, w + o * n_from, n_from, x->v, w + n * n_from + o);
    }
    *x = y;
    return w + n * n_from + n;
}

static void plain_pool(const struct plain *layer, struct picture *x) {
    const size_t n_places = (size_t)(layer->kernel[0] * layer->kernel[1]);
    const bool is_mean = strcmp(layer->id, "avgpool") == 0;
    struct picture y = windows_of(layer, x, x->channels);
    for (size_t i = 0; i < y.height * y.width * y.channels; i++) {
        const size_t c = i % y.channels, down = i / y.channels / y.width,
                     across = i / y.channels % y.width;
        double sum = 0.0, largest = -INFINITY;
        for (size_t k = 0; k < n_places; k++) {
            const double value = seen(layer, x, down, across, k / (size_t)layer->kernel[1],
                                      k % (size_t)layer->kernel[1], c);
            sum += value;
            largest = fmax(largest, value);
        }
        y.v[i] = is_mean ? sum / (double)n_places : largest;
    }
    *x = y;
}

static void plain_normalise(struct picture *x) {
    const size_t n = x->height * x->width * x->channels;
    double mean = 0.0, variance = 0.0;
    for (size_t i = 0; i < n; i++) {
        mean += x->v[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        variance += (x->v[i] - mean) * (x->v[i] - mean) / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        x->v[i] = (x->v[i] - mean) / sqrt(variance + 1e-5);
    }
}

/* The weights after the layer's. */
static const double *plain_layer(const struct plain *layer, const double *w, struct picture *x) {
    if (strcmp(layer->id, "conv2d") == 0) {
        return plain_conv2d(layer, w, x);
    }
    if (strcmp(layer->id, "dense") == 0) {
        return plain_dense(layer, w, x);
    }
    if (strcmp(layer->id, "normalise") == 0) {
        plain_normalise(x);
    } else {
        plain_pool(layer, x);
    }
    return w;
}

static struct component *component_of(const struct plain *layer) {
    const struct value kernel[] = {INTEGER(layer->kernel[0]), INTEGER(layer->kernel[1])};
    const struct value stride[] = {INTEGER(layer->stride[0]), INTEGER(layer->stride[1])};
    const struct value padding[] = {INTEGER(layer->padding[0]), INTEGER(layer->padding[1])};
    const char *activation = layer->has_tanh ? "tanh" : "identity";
    if (strcmp(layer->id, "conv2d") == 0) {
        return LAYER("conv2d", {"filters", INTEGER(layer->n)}, {"kernel", LIST(kernel)},
                     {"stride", LIST(stride)}, {"padding", LIST(padding)},
                     {"activation", STRING(activation)}, {"bias", BOOLEAN(!layer->has_no_bias)},
                     {"bias_init", NUMBER(0.5)});
    }
    if (strcmp(layer->id, "dense") == 0) {
        return LAYER("dense", {"units", INTEGER(layer->n)}, {"activation", STRING(activation)},
                     {"bias_init", NUMBER(0.5)}, {"distribution", STRING("fan_in")});
    }
    return strcmp(layer->id, "normalise") == 0
               ? PLAIN_LAYER("normalise")
               : LAYER(layer->id, {"kernel", LIST(kernel)}, {"stride", LIST(stride)});
}

#define DENSE(units) \
    { .id = "dense", .n = (units) }
#define BENT_DENSE(units) \
    { .id = "dense", .n = (units), .has_tanh = true }
/* Kernel, stride and padding, each height before width. */
#define PAIRS(kh, kw, sh, sw, ph, pw) .kernel = {kh, kw}, .stride = {sh, sw}, .padding = {ph, pw}
#define CONV(filters, ...) \
    { .id = "conv2d", .n = (filters), .has_tanh = true, PAIRS(__VA_ARGS__) }
#define PLAIN_CONV(filters, ...) \
    { .id = "conv2d", .n = (filters), PAIRS(__VA_ARGS__) }
#define POOL(which, kh, kw, sh, sw) \
    { .id = (which), PAIRS(kh, kw, sh, sw, 0, 0) }
#define NORMALISE \
    { .id = "normalise" }

/* Chains on pictures of 6 x 5, of four classes. */
static const struct plain chains[][N_LAYERS_MAX] = {
    {DENSE(4)},
    {CONV(3, 3, 3, 1, 1, 0, 0), DENSE(4)},
    {{.id = "conv2d", .n = 2, .has_no_bias = true, PAIRS(2, 3, 2, 1, 0, 0)}, DENSE(4)},
    {CONV(3, 3, 3, 1, 1, 1, 1), DENSE(4)},
    {PLAIN_CONV(2, 4, 2, 3, 2, 2, 1), DENSE(4)},
    {CONV(3, 2, 2, 1, 1, 0, 0), CONV(4, 3, 2, 2, 1, 0, 0), DENSE(4)},
    {CONV(3, 3, 3, 1, 1, 1, 1), CONV(2, 3, 3, 2, 2, 1, 1), DENSE(4)},
    {CONV(3, 2, 2, 1, 1, 0, 0), POOL("maxpool", 2, 2, 2, 2), DENSE(4)},
    {CONV(3, 2, 2, 1, 1, 0, 0), POOL("maxpool", 3, 2, 1, 1), DENSE(4)},
    {CONV(3, 2, 2, 1, 1, 0, 0), POOL("avgpool", 2, 3, 1, 1), DENSE(4)},
    {POOL("maxpool", 2, 2, 2, 2), CONV(2, 2, 2, 1, 1, 0, 0), DENSE(4)},
    {POOL("avgpool", 2, 2, 1, 2), DENSE(4)},
    {BENT_DENSE(9), NORMALISE, DENSE(4)},
    {NORMALISE, CONV(2, 2, 2, 1, 1, 0, 0), NORMALISE, DENSE(4)},
};

static size_t length_of(const struct plain *chain) {
    size_t n = 0;
    while (n < N_LAYERS_MAX && chain[n].id != NULL) {
        n++;
    }
    return n;
}

static void make(struct chain_made *made, const struct plain *chain) {
    struct component *layers[N_LAYERS_MAX];
    const size_t n = length_of(chain);
    for (size_t l = 0; l < n; l++) {
        layers[l] = component_of(&chain[l]);
    }
    ck_assert_msg(chain_try_make(made, core, n, layers) == SYNRL_OK, "%s", core->message);
}

static void plain_outputs(const struct chain_made *made, const void *plain, const double *w,
                          size_t sample, double *outputs) {
    const struct plain *chain = plain;
    struct picture x = {CHAIN_HEIGHT, CHAIN_WIDTH, 1, {0}};
    chain_inputs(made, sample, x.v);
    for (size_t l = 0; l < length_of(chain); l++) {
        w = plain_layer(&chain[l], w, &x);
    }
    memcpy(outputs, x.v, CHAIN_CLASSES * sizeof *outputs);
}

/* As it is made, then while all synapses act, few of them, and all again. */
TEST_EACH(a_chain_is_its_equation, COUNT_OF(chains)) {
    static int8_t actions[WEIGHTS_MAX];
    struct chain_made made;
    make(&made, chains[_i]);
    chain_compare(&made, plain_outputs, chains[_i]);
    for (uint32_t step = 0; step < 9; step++) {
        uint32_t state = 7919 * step + 1;
        for (size_t i = 0; i < network_layout(made.network)->n_synapses; i++) {
            state = state * 1664525U + 1013904223U;
            actions[i] = (int8_t)((int)(state >> 16) % 3 - 1);
            actions[i] = step % 3 == 1 && i % 20 != 0 ? 0 : actions[i];
        }
        network_act(made.network, actions, 0x1p-6F, 2.0F);
        chain_compare(&made, plain_outputs, chains[_i]);
    }
    chain_unmake(&made);
}

TEST_EACH(gradients_are_differences_of_the_loss, COUNT_OF(chains)) {
    struct chain_made made;
    struct pass pass;
    float gradient[WEIGHTS_MAX], again[WEIGHTS_MAX], own[WEIGHTS_MAX];
    make(&made, chains[_i]);
    chain_check_gradient(&made, plain_outputs, chains[_i], gradient);
    network_get_weights(made.network, own);
    ck_assert_int_eq(network_gradient(made.network, own, again, &pass), SYNRL_OK);
    ck_assert_mem_eq(gradient, again, network_layout(made.network)->n_synapses * sizeof *gradient);
    chain_unmake(&made);
}

/* Perturbed units and correlated synapses, whatever the layer. */
static void compare_credit(struct environment *environment, const struct chain_made *made,
                           const struct plain *chain) {
    enum { BLOCKS = 3 };
    static int8_t signs[BLOCKS * VALUES_MAX * SYNRL_LANES];
    static float own[WEIGHTS_MAX];
    double weights[WEIGHTS_MAX], credit[WEIGHTS_MAX], wanted[WEIGHTS_MAX] = {0},
                                                      unused[WEIGHTS_MAX] = {0}, loss;
    synrl_env *env = environment_public(environment);
    const size_t n = env->layout->n_synapses, n_units = env->layout->n_units;
    const synrl_signal signal = {.size = sizeof signal, .bytes = signs};
    double total = 0.0;
    ck_assert_uint_le(n_units, VALUES_MAX);
    ck_assert_int_eq(env->weights(env, own), SYNRL_OK);
    for (size_t i = 0; i < n; i++) {
        weights[i] = (double)own[i];
    }
    ck_assert_msg(env->local->perturb(env, 0, 0.25, &loss) == SYNRL_OK, "%s", core->message);
    ck_assert_int_eq(env->local->noise(env, 0, signs), SYNRL_OK);
    ck_assert_msg(env->local->correlate(env, &signal, credit) == SYNRL_OK, "%s", core->message);
    for (size_t s = 0; s < CHAIN_SAMPLES; s++) {
        const int8_t *first = signs + s / SYNRL_LANES * n_units * SYNRL_LANES + s % SYNRL_LANES;
        struct look clean = {first, 0.0, weights, wanted}, noisy = {first, 0.25, weights, unused};
        double outputs[CHAIN_CLASSES];
        look = &clean;
        plain_outputs(made, chain, weights, s, outputs);
        look = &noisy;
        total += chain_term(made, plain_outputs, chain, weights, s);
        look = NULL;
    }
    ck_assert_msg(fabs(loss - total / CHAIN_SAMPLES) < 1e-5, "%.9g, not %.9g", loss,
                  total / CHAIN_SAMPLES);
    for (size_t i = 0; i < n; i++) {
        ck_assert_msg(fabs(credit[i] - wanted[i]) < 1e-4 * (1.0 + fabs(wanted[i])),
                      "synapse %zu: %.9g, not %.9g", i, credit[i], wanted[i]);
    }
}

TEST_EACH(units_are_perturbed_and_correlated, COUNT_OF(chains)) {
    struct chain_made made;
    struct environment *environment;
    struct host rule;
    make(&made, chains[_i]);
    const struct train_options options = {.name = "test",
                                          .data = made.data,
                                          .model = made.model,
                                          .loss = made.loss,
                                          .seed = 3,
                                          .iterations = 1};
    ck_assert_int_eq(environment_create(core, &options, &environment), SYNRL_OK);
    host_init(&rule, core, SYNRL_KIND_RULE, "test");
    environment_set_rule(environment, &rule, SYNRL_RULE_READS_MORE, false);
    ck_assert_int_eq(environment_begin(environment, 0, false), SYNRL_OK);
    compare_credit(environment, &made, chains[_i]);
    environment_destroy(environment);
    host_release(&rule, 0);
    chain_unmake(&made);
}

/* The matrix that a convolution is, with zeros where a unit sees nothing: the same bits. */
static void unroll(const struct plain *conv, const struct picture *in, const float *w,
                   float *matrix) {
    struct picture shape = {in->height, in->width, in->channels, {0}};
    const struct picture out = windows_of(conv, in, (size_t)conv->n);
    const size_t n_from = in->height * in->width * in->channels, n = (size_t)conv->n;
    const size_t n_window = (size_t)(conv->kernel[0] * conv->kernel[1]) * in->channels;
    const size_t n_to = out.height * out.width * n;
    memset(matrix, 0, n_to * n_from * sizeof *matrix);
    for (size_t o = 0; o < n_to; o++) {
        for (size_t k = 0; k < n_window; k++) {
            const size_t place = k / in->channels;
            const size_t row =
                o / n / out.width * (size_t)conv->stride[0] + place / (size_t)conv->kernel[1];
            const size_t column =
                o / n % out.width * (size_t)conv->stride[1] + place % (size_t)conv->kernel[1];
            const size_t at = (size_t)(pixel(&shape, row, column, k % in->channels) - shape.v);
            matrix[o * n_from + at] = w[o % n * n_window + k];
        }
        matrix[n_to * n_from + o] = w[n * n_window + o % n];
    }
}

/* Both have the same outputs; unmakes them. */
static void end_equal(struct chain_made *first, struct chain_made *second) {
    float a[CHAIN_SAMPLES * CHAIN_CLASSES], b[CHAIN_SAMPLES * CHAIN_CLASSES];
    chain_run(first, a);
    chain_run(second, b);
    ck_assert_mem_eq(a, b, sizeof a);
    chain_unmake(first);
    chain_unmake(second);
}

/* As the first layer, and after a dense one of 30 units, which is a picture of 30 steps. */
TEST(a_convolution_has_the_bits_of_its_matrix) {
    static const struct plain conv = CONV(3, 3, 2, 1, 2, 0, 0);
    static const struct picture in = {6, 5, 1, {0}};
    static float from[WEIGHTS_MAX], to[WEIGHTS_MAX * 2];
    const size_t n_to = 4 * 2 * 3, n_conv = 3 * 6 + 3, n_rest = n_to * 4 + 4;
    struct chain_made small, large;
    make(&small, (const struct plain[N_LAYERS_MAX]){conv, DENSE(4)});
    make(&large, (const struct plain[N_LAYERS_MAX]){BENT_DENSE(24), DENSE(4)});
    network_get_weights(small.network, from);
    unroll(&conv, &in, from, to);
    memcpy(to + n_to * 30 + n_to, from + n_conv, n_rest * sizeof *to);
    network_set_weights(large.network, to);
    end_equal(&small, &large);
    /* the identity first, so that the convolution multiplies values of units */
    const struct plain whole = PLAIN_CONV(1, 1, 1, 1, 1, 0, 0);
    make(&small, (const struct plain[N_LAYERS_MAX]){whole, conv, DENSE(4)});
    make(&large, (const struct plain[N_LAYERS_MAX]){whole, BENT_DENSE(24), DENSE(4)});
    network_get_weights(small.network, from);
    to[0] = from[0];
    to[1] = from[1];
    unroll(&conv, &in, from + 2, to + 2);
    memcpy(to + 2 + n_to * 30 + n_to, from + 2 + n_conv, n_rest * sizeof *to);
    network_set_weights(large.network, to);
    end_equal(&small, &large);
}
