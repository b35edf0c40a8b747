/* SPDX-License-Identifier: MIT */
/* The multi-layer perceptron: its forward pass against a plain loop, and the gradient of every
 * differentiable pairing of activations and losses against finite differences of that loop in
 * double precision. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/random.h"
#include "plugin/host.h"
#include "support/support.h"
#include "support/test.h"
#include "train/dataset.h"
#include "train/network.h"

enum { N_SAMPLES = 37, N_CLASSES = 3, WIDEST = 8 }; /* 37: not a multiple of 16 */

static struct core *core;

static void setup(void) {
    core = test_core();
}

static void teardown(void) {
    core_destroy(core);
}

SUITE("mlp", .setup = setup, .teardown = teardown);

/* A network of sizes[0..n_sizes) with one activation everywhere, on random bytes with labels. */
struct made {
    size_t n_sizes;
    size_t sizes[4];
    const char *activation, *output, *loss;
    struct component *model, *loss_component;
    struct dataset *data;
    struct network *network;
};

static void make(struct made *made) {
    struct value layers[4];
    for (size_t l = 0; l < made->n_sizes; l++) {
        layers[l] = (struct value)NUMBER((double)made->sizes[l]);
    }
    const struct named_value data[] = {{"samples", NUMBER(N_SAMPLES)},
                                       {"inputs", NUMBER((double)made->sizes[0])},
                                       {"classes", NUMBER(N_CLASSES)}};
    const struct named_value model[] = {{"layers", LIST_OF(made->n_sizes, layers)},
                                        {"activation", STRING(made->activation)},
                                        {"output", STRING(made->output)},
                                        {"bias_init", NUMBER(0.5)}};
    struct component *pixels = test_component(core, SYNRL_KIND_DATASET, "pixels", VALUES(data));
    ck_assert_int_eq(dataset_create(core, pixels, &made->data), SYNRL_OK);
    component_release(pixels);
    made->model = test_component(core, SYNRL_KIND_MODEL, "mlp", VALUES(model));
    made->loss_component = test_component(core, SYNRL_KIND_LOSS, made->loss, 0, NULL);
    ck_assert_msg(network_create(core, made->model, made->loss_component, made->data, N_SAMPLES,
                                 &made->network) == SYNRL_OK,
                  "%s", core->message);
    ck_assert_int_eq(network_bind(made->network, NULL), SYNRL_OK);
}

static void unmake(struct made *made) {
    network_destroy(made->network);
    dataset_release(made->data);
    component_release(made->model);
    component_release(made->loss_component);
}

/* The loss; outputs [N_SAMPLES][N_CLASSES], or NULL. */
static double run(const struct made *made, float *outputs) {
    struct pass pass;
    ck_assert_msg(network_pass(made->network, &(struct pass_options){.outputs = outputs}, &pass) ==
                      SYNRL_OK,
                  "%s", core->message);
    return pass.loss;
}

/* The plain network, in double ----------------------------------------------------------------- */

static double activate(const char *name, double x) {
    if (strcmp(name, "tanh") == 0) {
        return tanh(x);
    }
    if (strcmp(name, "relu") == 0) {
        return fmax(0.0, x);
    }
    if (strcmp(name, "sigmoid") == 0) {
        return 1.0 / (1.0 + exp(-x));
    }
    return strcmp(name, "sin") == 0 ? sin(x) : x;
}

static void plain_forward(const struct made *made, const double *weights, size_t sample,
                          double *x) {
    const synrl_data *data = dataset_data(made->data);
    double z[WIDEST];
    for (size_t i = 0; i < made->sizes[0]; i++) {
        x[i] = ((const uint8_t *)data->inputs)[sample * made->sizes[0] + i] / 255.0;
    }
    for (size_t l = 0; l + 1 < made->n_sizes; l++) {
        const size_t from = made->sizes[l], to = made->sizes[l + 1];
        for (size_t o = 0; o < to; o++) {
            z[o] = weights[from * to + o];
            for (size_t i = 0; i < from; i++) {
                z[o] += weights[o * from + i] * x[i];
            }
        }
        for (size_t o = 0; o < to; o++) {
            x[o] = activate(l + 2 == made->n_sizes ? made->output : made->activation, z[o]);
        }
        weights += from * to + to;
    }
}

static double plain_loss(const struct made *made, const double *weights) {
    const int32_t *labels = dataset_data(made->data)->labels;
    double total = 0;
    for (size_t s = 0; s < N_SAMPLES; s++) {
        double x[WIDEST], powers = 0;
        plain_forward(made, weights, s, x);
        for (int32_t o = 0; o < N_CLASSES; o++) {
            const double error = x[o] - (o == labels[s] ? 1.0 : 0.0);
            powers += exp(x[o]);
            total += strcmp(made->loss, "cross_entropy") == 0 ? 0.0 : error * error;
        }
        total += strcmp(made->loss, "cross_entropy") == 0 ? log(powers) - x[labels[s]] : 0.0;
    }
    if (strcmp(made->loss, "euclidean") == 0) {
        return sqrt(total) / N_SAMPLES;
    }
    return total / (strcmp(made->loss, "mse") == 0 ? N_SAMPLES * N_CLASSES : N_SAMPLES);
}

/* Tests ---------------------------------------------------------------------------------------- */

static const size_t shapes[][5] = {{2, 6, 3}, {3, 6, 5, 3}, {4, 6, 5, 4, 3}}; /* how many, sizes */

static struct made shape_of(size_t shape, const char *activation, const char *output,
                            const char *loss) {
    struct made made = {
        .n_sizes = shapes[shape][0], .activation = activation, .output = output, .loss = loss};
    memcpy(made.sizes, shapes[shape] + 1, made.n_sizes * sizeof(size_t));
    make(&made);
    return made;
}

static size_t weights_of(const struct made *made, double *weights) {
    float floats[128];
    const size_t n = network_layout(made->network)->n_synapses;
    ck_assert_uint_le(n, 128);
    network_get_weights(made->network, floats);
    for (size_t i = 0; i < n; i++) {
        weights[i] = (double)floats[i];
    }
    return n;
}

static const char *const activations[] = {"identity", "tanh", "relu", "sigmoid", "sin"};
static const char *const losses[] = {"euclidean", "mse", "cross_entropy"};
enum { N_ACTIVATIONS = 5, N_LOSSES = 3, N_SHAPES = 3 };

/* _i runs over shape, hidden activation, output activation and loss. */
TEST_EACH(gradients_are_finite_differences, N_SHAPES *N_ACTIVATIONS *N_ACTIVATIONS *N_LOSSES) {
    const size_t i = (size_t)_i;
    struct made made = shape_of(i % N_SHAPES, activations[i / N_SHAPES % N_ACTIVATIONS],
                                activations[i / N_SHAPES / N_ACTIVATIONS % N_ACTIVATIONS],
                                losses[i / N_SHAPES / N_ACTIVATIONS / N_ACTIVATIONS]);
    double weights[128];
    float gradient[128];
    struct pass pass;
    const size_t n = weights_of(&made, weights);
    ck_assert_msg(network_gradient(made.network, NULL, gradient, &pass) == SYNRL_OK, "%s",
                  core->message);
    ck_assert_double_eq_tol(pass.loss, plain_loss(&made, weights), 1e-5);
    for (size_t w = 0; w < n; w++) {
        const double step = 1e-6, here = weights[w];
        weights[w] = here + step;
        const double above = plain_loss(&made, weights);
        weights[w] = here - step;
        const double below = plain_loss(&made, weights);
        weights[w] = here;
        const double expected = (above - below) / (2 * step);
        ck_assert_msg(fabs((double)gradient[w] - expected) < 2e-5 + 1e-4 * fabs(expected),
                      "%s, %s, %s, synapse %zu: %.9g, not %.9g", made.activation, made.output,
                      made.loss, w, (double)gradient[w], expected);
    }
    unmake(&made);
}

TEST(outputs_are_those_of_a_plain_loop) {
    for (size_t shape = 0; shape < N_SHAPES; shape++) {
        struct made made = shape_of(shape, "tanh", "sigmoid", "mse");
        double weights[128], x[WIDEST];
        float outputs[N_SAMPLES * N_CLASSES];
        weights_of(&made, weights);
        run(&made, outputs);
        for (size_t s = 0; s < N_SAMPLES; s++) {
            plain_forward(&made, weights, s, x);
            for (size_t o = 0; o < N_CLASSES; o++) {
                ck_assert_double_eq_tol((double)outputs[s * N_CLASSES + o], x[o], 1e-5);
            }
        }
        unmake(&made);
    }
}

/* 6-5-4-3 with biases: 30 + 5, 20 + 4, 12 + 3 synapses in this order. */
TEST(tensors_follow_one_another) {
    static const struct {
        const char *name;
        size_t first, rows, columns, first_unit;
        bool is_bias;
    } expected[] = {
        {"layer1.weight", 0, 5, 6, 0, false},  {"layer1.bias", 30, 5, 1, 0, true},
        {"layer2.weight", 35, 4, 5, 5, false}, {"layer2.bias", 55, 4, 1, 0, true},
        {"layer3.weight", 59, 3, 4, 9, false}, {"layer3.bias", 71, 3, 1, 0, true},
    };
    struct made made = shape_of(2, "tanh", "identity", "mse");
    const synrl_layout *layout = network_layout(made.network);
    ck_assert_uint_eq(layout->n_tensors, 6);
    ck_assert_uint_eq(layout->n_synapses, 74);
    ck_assert_uint_eq(layout->n_units, 12);
    ck_assert_uint_eq(layout->n_outputs, 3);
    for (size_t t = 0; t < 6; t++) {
        const synrl_tensor *tensor = &layout->tensors[t];
        ck_assert_str_eq(tensor->name, expected[t].name);
        ck_assert_uint_eq(tensor->first, expected[t].first);
        ck_assert_uint_eq(tensor->n_rows, expected[t].rows);
        ck_assert_uint_eq(tensor->n_columns, expected[t].columns);
        ck_assert(tensor->is_bias == expected[t].is_bias);
        ck_assert(tensor->reads_inputs == (t == 0));
        ck_assert(tensor->is_bias || tensor->first_unit == expected[t].first_unit);
    }
    unmake(&made);
}

/* U(-1, 1), biases U(-0.5, 0.5), each tensor from a stream of its own. */
TEST(initial_weights_are_those_of_their_streams) {
    struct made made = shape_of(2, "tanh", "identity", "mse");
    const synrl_layout *layout = network_layout(made.network);
    float weights[74], drawn[30];
    network_get_weights(made.network, weights);
    for (size_t t = 0; t < 6; t++) {
        const synrl_tensor *tensor = &layout->tensors[t];
        const size_t n = tensor->n_rows * tensor->n_columns;
        const float width = tensor->is_bias ? 0.5F : 1.0F;
        random_api.uniform((synrl_stream){1, t, SYNRL_PURPOSE_WEIGHTS}, 0, n, -width, width, drawn);
        ck_assert_mem_eq(weights + tensor->first, drawn, n * sizeof(float));
    }
    unmake(&made);
}

/* A saved network, loaded into another of the same shape, goes on bit for bit. */
TEST(saved_networks_go_on) {
    struct made one = shape_of(2, "tanh", "identity", "mse");
    struct made two = shape_of(2, "tanh", "identity", "mse");
    int8_t actions[74];
    for (int t = 0; t < 20; t++) {
        for (int i = 0; i < 74; i++) {
            actions[i] = (int8_t)((t * 7 + i * 5) % 3 - 1);
        }
        network_act(one.network, actions, 0.001F, 1.0F);
        run(&one, NULL);
    }
    const size_t size = network_state_size(one.network);
    void *state = core_alloc(core, size, 1);
    ck_assert_int_eq(network_save(one.network, state), SYNRL_OK);
    ck_assert_int_eq(network_load(two.network, state, size), SYNRL_OK);
    ck_assert_int_eq(network_load(two.network, state, size - 1), SYNRL_INVALID);
    for (int t = 0; t < 5; t++) {
        network_act(one.network, actions, 0.001F, 2.0F);
        network_act(two.network, actions, 0.001F, 2.0F);
        ck_assert_double_eq(run(&one, NULL), run(&two, NULL));
    }
    core_free(core, state);
    unmake(&one);
    unmake(&two);
}

TEST(acts_can_be_taken_back) {
    struct made made = shape_of(2, "tanh", "identity", "mse");
    int8_t actions[74];
    float alphas[6], before[74], after[74];
    for (size_t i = 0; i < 74; i++) {
        actions[i] = (int8_t)(i % 3) - 1;
    }
    for (size_t t = 0; t < 6; t++) {
        alphas[t] = t == 3 ? 0.0F : 0.01F * (float)(t + 1); /* 0: stays */
    }
    const double loss = run(&made, NULL);
    network_get_weights(made.network, before);
    network_act_tensors(made.network, actions, alphas);
    network_get_weights(made.network, after);
    ck_assert_mem_ne(before, after, sizeof after);
    ck_assert_mem_eq(before + 55, after + 55, 4 * sizeof(float));
    ck_assert_double_ne(run(&made, NULL), loss);
    network_undo(made.network, actions, alphas);
    network_get_weights(made.network, after);
    ck_assert_mem_eq(before, after, sizeof after);
    ck_assert_double_eq(run(&made, NULL), loss);
    unmake(&made);
}

TEST(what_has_no_derivative_is_named) {
    struct made made = shape_of(1, "step", "identity", "mse");
    float gradient[128];
    struct pass pass;
    test_failure(core, SYNRL_UNSUPPORTED, network_gradient(made.network, NULL, gradient, &pass),
                 "activation \"step\" has no derivative");
    unmake(&made);
}

TEST(wrong_shapes_are_refused) {
    struct made made = shape_of(1, "tanh", "identity", "mse");
    const struct value layers[] = {NUMBER(7), NUMBER(3)};
    const struct named_value wrong[] = {{"layers", LIST(layers)}};
    const struct value wide[] = {NUMBER(6), NUMBER(4)};
    const struct named_value outputs[] = {{"layers", LIST(wide)}};
    struct component *model = test_component(core, SYNRL_KIND_MODEL, "mlp", VALUES(wrong));
    struct network *network;
    test_failure(core, SYNRL_INVALID,
                 network_create(core, model, made.loss_component, made.data, 5, &network),
                 "layers begins with 7 inputs: the data has 6");
    component_release(model);
    model = test_component(core, SYNRL_KIND_MODEL, "mlp", VALUES(outputs));
    test_failure(core, SYNRL_INVALID,
                 network_create(core, model, made.loss_component, made.data, 5, &network),
                 "has 4 outputs, and dataset \"pixels\" has 3 classes");
    component_release(model);
    static const struct {
        size_t n;
        double sizes[3];
        const char *part;
    } refused[] = {
        {1, {6}, "layers has 1 entries: must have at least 2"},
        {2, {6, 3}, "2 activations for 0 hidden layers: must be one, or one per layer"},
        {3, {6, 16777216, 300}, "make more than 4294967295 synapses by layer 2"},
    };
    for (size_t i = 0; i < 3; i++) {
        const struct value two[] = {STRING("tanh"), STRING("relu")};
        struct value numbers[3];
        for (size_t l = 0; l < refused[i].n; l++) {
            numbers[l] = (struct value)NUMBER(refused[i].sizes[l]);
        }
        const struct named_value values[] = {{"layers", LIST_OF(refused[i].n, numbers)},
                                             {"activation", LIST_OF(i == 1 ? 2 : 1, two)}};
        model = test_component(core, SYNRL_KIND_MODEL, "mlp", VALUES(values));
        test_failure(core, SYNRL_INVALID,
                     network_create(core, model, made.loss_component, made.data, 5, &network),
                     refused[i].part);
        component_release(model);
    }
    unmake(&made);
}
