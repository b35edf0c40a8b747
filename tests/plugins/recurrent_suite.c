/* SPDX-License-Identifier: MIT */
/* Layers over steps: recurrent ones against their equations in plain loops, in double precision,
 * and their gradients against differences of these; spiking ones spike by spike on paper, and
 * against plain integers. */
#include <math.h>
#include <string.h>

#include "support/chain.h"
#include "support/test.h"

static struct core *core;

static void setup(void) {
    core = test_core();
}

static void teardown(void) {
    core_destroy(core);
}

SUITE("recurrent", .setup = setup, .teardown = teardown);

enum { VALUES_MAX = 64, WEIGHTS_MAX = 1024, N_LAYERS_MAX = 3 };

/* Plain layers --------------------------------------------------------------------------------- */

struct sequence {
    size_t n_steps, n; /* values of a step */
    double v[VALUES_MAX];
};

struct plain {
    const char *id;
    int64_t n;
    bool is_sequence;
};

/* W x + U h + b of unit o: W [n][n_x], U [n][n_h], b [n] one after another in w. */
static double sum(const double *w, size_t n, size_t o, size_t n_x, const double *x, size_t n_h,
                  const double *h) {
    double z = w[n * (n_x + n_h) + o];
    for (size_t i = 0; i < n_x; i++) {
        z += w[o * n_x + i] * x[i];
    }
    for (size_t i = 0; i < n_h; i++) {
        z += w[n * n_x + o * n_h + i] * h[i];
    }
    return z;
}

static double logistic(double z) {
    return 1.0 / (1.0 + exp(-z));
}

/* Every step of a layer of n units, as the next layer's sequence. */
static void elman_step(const double *w, size_t n, const struct sequence *x, size_t t, double *h) {
    double before[VALUES_MAX];
    memcpy(before, h, sizeof before);
    for (size_t o = 0; o < n; o++) {
        h[o] = tanh(sum(w, n, o, x->n, x->v + t * x->n, n, before));
    }
}

static void gru_step(const double *w, size_t n, const struct sequence *x, size_t t, double *h) {
    const double *candidate = w + 2 * n * (x->n + n + 1), *at = x->v + t * x->n;
    double z[VALUES_MAX], held[VALUES_MAX], before[VALUES_MAX];
    memcpy(before, h, sizeof before);
    for (size_t o = 0; o < n; o++) {
        z[o] = logistic(sum(w, 2 * n, o, x->n, at, n, before));
        held[o] = logistic(sum(w, 2 * n, n + o, x->n, at, n, before)) * before[o];
    }
    for (size_t o = 0; o < n; o++) {
        const double c = tanh(sum(candidate, n, o, x->n, at, n, held));
        h[o] = (1.0 - z[o]) * before[o] + z[o] * c;
    }
}

static const double *plain_layer(const struct plain *layer, const double *w, struct sequence *x) {
    const size_t n = (size_t)layer->n, n_steps = x->n_steps, n_x = x->n;
    const bool is_gru = strcmp(layer->id, "gru") == 0;
    struct sequence y = {layer->is_sequence ? n_steps : 1, n, {0}};
    double h[VALUES_MAX] = {0};
    if (strcmp(layer->id, "dense") == 0) {
        for (size_t o = 0; o < n; o++) {
            y.v[o] = sum(w, n, o, n_steps * n_x, x->v, 0, NULL);
        }
        *x = y;
        return w + n * (n_steps * n_x + 1);
    }
    for (size_t t = 0; t < n_steps; t++) {
        (is_gru ? gru_step : elman_step)(w, n, x, t, h);
        memcpy(y.v + (layer->is_sequence ? t * n : 0), h, n * sizeof *h);
    }
    *x = y;
    return w + (is_gru ? 3 : 1) * n * (n_x + n + 1);
}

/* On the six rows of pictures 5 wide. */
static const struct plain chains[][N_LAYERS_MAX] = {
    {{"elman", 5, false}, {"dense", 4, false}, {NULL, 0, false}},
    {{"elman", 3, true}, {"elman", 4, false}, {"dense", 4, false}},
    {{"elman", 3, true}, {"dense", 4, false}, {NULL, 0, false}},
    {{"gru", 5, false}, {"dense", 4, false}, {NULL, 0, false}},
    {{"gru", 3, true}, {"gru", 4, false}, {"dense", 4, false}},
    {{"gru", 3, true}, {"dense", 4, false}, {NULL, 0, false}},
};

static void make(struct chain_made *made, const struct plain *chain) {
    struct component *layers[N_LAYERS_MAX];
    size_t n = 0;
    for (; n < N_LAYERS_MAX && chain[n].id != NULL; n++) {
        layers[n] = strcmp(chain[n].id, "dense") == 0
                        ? LAYER("dense", {"units", INTEGER(chain[n].n)}, {"bias_init", NUMBER(0.5)})
                        : LAYER(chain[n].id, {"units", INTEGER(chain[n].n)},
                                {"sequence", BOOLEAN(chain[n].is_sequence)});
    }
    ck_assert_msg(chain_try_make(made, core, n, layers) == SYNRL_OK, "%s", core->message);
}

static void plain_outputs(const struct chain_made *made, const void *plain, const double *w,
                          size_t sample, double *outputs) {
    const struct plain *chain = plain;
    struct sequence x = {CHAIN_HEIGHT, CHAIN_WIDTH, {0}};
    chain_inputs(made, sample, x.v);
    for (size_t l = 0; l < N_LAYERS_MAX && chain[l].id != NULL; l++) {
        w = plain_layer(&chain[l], w, &x);
    }
    memcpy(outputs, x.v, CHAIN_CLASSES * sizeof *outputs);
}

/* As it is made, and after synapses have acted. */
TEST_EACH(a_recurrent_layer_is_its_equation, COUNT_OF(chains)) {
    static int8_t actions[WEIGHTS_MAX];
    struct chain_made made;
    make(&made, chains[_i]);
    chain_compare(&made, plain_outputs, chains[_i]);
    for (uint32_t step = 0; step < 4; step++) {
        for (size_t i = 0; i < WEIGHTS_MAX; i++) {
            actions[i] = (int8_t)((int)((i + step) * 2654435761U >> 7 & 0xffff) % 3 - 1);
        }
        network_act(made.network, actions, 0x1p-6F, 1.0F);
        chain_compare(&made, plain_outputs, chains[_i]);
    }
    chain_unmake(&made);
}

TEST_EACH(gradients_go_back_through_time, COUNT_OF(chains)) {
    struct chain_made made;
    float gradient[CHAIN_WEIGHTS_MAX];
    make(&made, chains[_i]);
    chain_check_gradient(&made, plain_outputs, chains[_i], gradient);
    chain_unmake(&made);
}

/* Units that do not see the inputs. The first: h_{t+1} = 0.5 h_t + 1, which is 1, 1.5, 1.75, 1.875,
 * 1.9375, 1.96875 in the six steps; the second has what the first was in the step before. */
TEST(elman_by_hand) {
    float outputs[CHAIN_SAMPLES * CHAIN_CLASSES], weights[4 * 5 + 4 * 4 + 4] = {0};
    struct chain_made made;
    struct component *const layers[] = {
        LAYER("elman", {"units", INTEGER(4)}, {"activation", STRING("identity")})};
    ck_assert_msg(chain_try_make(&made, core, 1, layers) == SYNRL_OK, "%s", core->message);
    ck_assert_str_eq(network_layout(made.network)->tensors[1].name, "layer1.recurrent");
    weights[4 * 5] = 0.5F;     /* U of unit 0 for unit 0 */
    weights[4 * 5 + 4] = 1.0F; /* U of unit 1 for unit 0 */
    weights[4 * 5 + 16] = 1.0F;
    network_set_weights(made.network, weights);
    chain_run(&made, outputs);
    for (size_t s = 0; s < CHAIN_SAMPLES; s++) {
        ck_assert(outputs[s * 4] == 1.96875F);
        ck_assert(outputs[s * 4 + 1] == 1.9375F); /* that of the step before */
        ck_assert(outputs[s * 4 + 2] == 0.0F);
    }
    chain_unmake(&made);
}

/* The model of examples/models/elman.c, which is written without layers, has the same tensors. */
static void outputs_of(struct component *model, struct dataset *data, float *weights,
                       bool are_given, float *outputs) {
    struct component *loss = test_component(core, SYNRL_KIND_LOSS, "mse", 0, NULL);
    struct network *network;
    struct pass pass;
    const size_t n = dataset_data(data)->n_samples;
    ck_assert_msg(network_create(core, model, loss, data, n, &network) == SYNRL_OK, "%s",
                  core->message);
    ck_assert_int_eq(network_bind(network, NULL), SYNRL_OK);
    if (are_given) {
        network_set_weights(network, weights);
    }
    network_get_weights(network, weights);
    ck_assert_int_eq(network_pass(network, &(struct pass_options){.outputs = outputs}, &pass),
                     SYNRL_OK);
    network_destroy(network);
    component_release(loss);
    component_release(model);
}

static const struct {
    const char *data, *parameter;
    int64_t value;
} steps[] = {{"my_dataset", "bits", 5}, {"pixels", "width", 16}}; /* steps of 1; rows of 16 */

TEST_EACH(elman_has_the_bits_of_the_example, COUNT_OF(steps)) {
    static float weights[WEIGHTS_MAX], a[200 * 10], b[200 * 10];
    struct component *component =
        test_component(core, SYNRL_KIND_DATASET, steps[_i].data,
                       GIVEN({steps[_i].parameter, INTEGER(steps[_i].value)}));
    struct dataset *data;
    ck_assert_msg(dataset_create(core, component, &data) == SYNRL_OK, "%s", core->message);
    component_release(component);
    struct component *const layers[] = {LAYER("elman", {"units", INTEGER(6)}),
                                        LAYER("dense", {"bias", BOOLEAN(false)})};
    const struct value list[] = {COMPONENT(layers[0]), COMPONENT(layers[1])};
    outputs_of(test_component(core, SYNRL_KIND_MODEL, "elman", GIVEN({"hidden", INTEGER(6)})), data,
               weights, false, a);
    outputs_of(test_component(core, SYNRL_KIND_MODEL, "sequential", GIVEN({"layers", LIST(list)})),
               data, weights, true, b);
    ck_assert_mem_eq(a, b, sizeof a);
    ck_assert(a[9] != 0.0F);
    component_release(layers[0]);
    component_release(layers[1]);
    dataset_release(data);
}

/* Spikes --------------------------------------------------------------------------------------- */

/* Neurons whose currents are their biases, alike for all samples: what `take` makes of four of them
 * in so many steps. */
static void fire(const char *output, const char *take, int64_t n_steps, int64_t leak,
                 double threshold, const char *reset, int64_t refractory, const float *currents,
                 float *found) {
    static float outputs[CHAIN_SAMPLES * CHAIN_CLASSES];
    float weights[30 * 4 + 4] = {0};
    struct chain_made made;
    struct component *const layers[] = {
        LAYER("lif", {"units", INTEGER(4)}, {"steps", INTEGER(n_steps)}, {"leak", INTEGER(leak)},
              {"threshold", NUMBER(threshold)}, {"reset", STRING(reset)},
              {"refractory", INTEGER(refractory)}, {"output", STRING(output)}),
        LAYER("spike_readout", {"take", STRING(take)})};
    ck_assert_msg(chain_try_make(&made, core, 2, layers) == SYNRL_OK, "%s", core->message);
    memcpy(weights + 120, currents, 4 * sizeof *currents);
    network_set_weights(made.network, weights);
    chain_run(&made, outputs);
    for (size_t i = 4; i < COUNT_OF(outputs); i++) {
        ck_assert(outputs[i] == outputs[i % 4]);
    }
    memcpy(found, outputs, 4 * sizeof *found);
    chain_unmake(&made);
}

/* A step keeps half. With 0.625, v = 0.625, 0.9375, 1.09375: a spike in step 3, which leaves
 * 0.09375; then 0.671875, 0.9609375, 1.10546875: in step 6. To zero: v = 0, so every third step.
 * Two steps long after step 3 v stays at 0.09375: 0.671875 in step 6, and a spike in step 8. With 1
 * there is one in every step (with the pause, in every third); with -0.5 and 0.25 none. */
static const struct {
    const char *reset;
    int64_t refractory;
    uint32_t spikes[2]; /* of the first two neurons: bit t - 1 for step t */
} papers[] = {
    {"subtract", 0, {0x24, 0xff}},
    {"zero", 0, {0x24, 0xff}},
    {"subtract", 2, {0x84, 0x49}},
};

TEST_EACH(spikes_on_paper, COUNT_OF(papers)) {
    static const float currents[] = {0.625F, 1.0F, -0.5F, 0.25F};
    float before[4] = {0}, counts[4]; /* a readout has two steps at least */
    before[1] = (float)(papers[_i].spikes[1] & 1);
    for (int64_t t = 2; t <= 8; t++) {
        fire("spikes", "count", t, 1, 1.0, papers[_i].reset, papers[_i].refractory, currents,
             counts);
        for (size_t i = 0; i < 4; i++) {
            const uint32_t spikes = i < 2 ? papers[_i].spikes[i] : 0;
            ck_assert_msg(counts[i] - before[i] == (float)(spikes >> (t - 1) & 1),
                          "step %d, neuron %zu: %g spikes before, %g then", (int)t, i,
                          (double)before[i], (double)counts[i]);
        }
        memcpy(before, counts, sizeof before);
    }
}

/* Without spikes: 0.625, 0.9375, 1.09375, 1.171875; the largest is the last, of -0.5 the first. */
TEST(potentials_on_paper) {
    static const float currents[] = {0.625F, 1.0F, -0.5F, 0.0F};
    float found[4];
    fire("potential", "last", 4, 1, 1.0, "subtract", 0, currents, found);
    ck_assert_mem_eq(found, ((const float[]){1.171875F, 1.875F, -0.9375F, 0.0F}), sizeof found);
    fire("potential", "largest", 4, 1, 1.0, "subtract", 0, currents, found);
    ck_assert_mem_eq(found, ((const float[]){1.171875F, 1.875F, -0.5F, 0.0F}), sizeof found);
    fire("potential", "mean", 2, 1, 1.0, "subtract", 0, currents, found);
    ck_assert_mem_eq(found, ((const float[]){0.78125F, 1.25F, -0.625F, 0.0F}), sizeof found);
    fire("potential", "count", 2, 0, 1.0, "subtract", 0, currents, found); /* keeps all */
    ck_assert_mem_eq(found, ((const float[]){1.875F, 3.0F, -1.5F, 0.0F}), sizeof found);
}

/* A neuron in 64-bit integers, with divisions that round towards 0. */
static int plain_spikes(int n_steps, int leak, double threshold, bool to_zero, int refractory,
                        float current) {
    const int64_t level = (int64_t)floor(threshold * 65536.0 + 0.5);
    const int64_t drive = (int64_t)round(fmax(-4096.0, fmin(4096.0, (double)current)) * 65536.0);
    int64_t v = 0, stays = 0, n = 0;
    for (int t = 0; t < n_steps; t++) {
        if (stays > 0) {
            stays--;
            continue;
        }
        v += drive - (leak > 0 ? v / ((int64_t)1 << leak) : 0);
        v = v > 1 << 30 ? 1 << 30 : v < -(1 << 30) ? -(1 << 30) : v;
        if (v >= level) {
            v = to_zero ? 0 : v - level;
            stays = refractory;
            n++;
        }
    }
    return (int)n;
}

static const struct {
    int leak, refractory;
    double threshold;
    bool to_zero;
} neurons[] = {
    {4, 0, 1.0, false}, {0, 0, 1.0, false},  {1, 1, 0.3, true},     {7, 3, 2.5, false},
    {30, 0, 1.0, true}, {3, 0, 4096, false}, {2, 0, 0x1p-16, true},
};

TEST_EACH(spikes_are_those_of_plain_integers, COUNT_OF(neurons)) {
    static const float currents[][4] = {{0.3F, 0.07F, 1.7F, -0.01F},
                                        {0.00001F, 0.000007F, 123.4F, 0.99999F},
                                        {5000.0F, -5000.0F, 4095.9F, 0.5F}};
    float counts[4];
    for (size_t k = 0; k < COUNT_OF(currents); k++) {
        fire("spikes", "count", 1000, neurons[_i].leak, neurons[_i].threshold,
             neurons[_i].to_zero ? "zero" : "subtract", neurons[_i].refractory, currents[k],
             counts);
        for (size_t i = 0; i < 4; i++) {
            ck_assert_int_eq((int)counts[i],
                             plain_spikes(1000, neurons[_i].leak, neurons[_i].threshold,
                                          neurons[_i].to_zero, neurons[_i].refractory,
                                          currents[k][i]));
        }
    }
}

/* Loihi ---------------------------------------------------------------------------------------- */

enum { LOIHI_STEPS = 10000 };

static int64_t decayed(int64_t x, int64_t decay) {
    return (x < 0 ? -1 : 1) * ((x < 0 ? -x : x) * (4096 - decay) >> 12);
}

/* One neuron's u and v, as the equations of the published model say; whether it fires. */
static bool loihi_step(int64_t *u, int64_t *v, int64_t du, int64_t dv, int64_t vth, int64_t a) {
    *u = decayed(*u, du + 1) + a * 64;
    *u = *u > 8388608 ? *u - 16777216 : *u <= -8388608 ? *u + 16777216 : *u;
    *v = decayed(*v, dv) + *u;
    *v = *v > 8388607 ? 8388607 : *v < -8388607 ? -8388607 : *v;
    const bool fires = *v > vth * 64;
    *v = fires ? 0 : *v;
    return fires;
}

/* Four neurons that fire in the rhythm of their currents drive four that are Loihi's, and a dense
 * layer of whole weights adds up which of them fired in which step. */
static const struct {
    int64_t du, dv, vth;
    int scale; /* of the weights that drive them: 3000 makes u wrap around, and v reach its bounds
                */
} chips[] = {
    {4095, 256, 64, 40}, {400, 128, 700, 40}, {0, 0, 131071, 3000}, {15, 4095, 9000, 3000}};

static float whole(uint32_t i, int most) {
    return (float)((int)((i * 2654435761U >> 8) % (uint32_t)(2 * most + 1)) - most);
}

static void plain_loihi(const float *rhythm, const float *drive, const float *readout, size_t chip,
                        double *sums) {
    int64_t v[4] = {0}, cu[4] = {0}, cv[4] = {0};
    for (size_t t = 0; t < LOIHI_STEPS; t++) {
        bool fires[4];
        for (size_t i = 0; i < 4; i++) {
            v[i] += (int64_t)((double)rhythm[i] * 65536.0) - v[i] / 16;
            fires[i] = v[i] >= 65536;
            v[i] -= fires[i] ? 65536 : 0;
        }
        for (size_t i = 0; i < 4; i++) {
            int64_t a = (int64_t)drive[16 + i];
            for (size_t j = 0; j < 4; j++) {
                a += fires[j] ? (int64_t)drive[4 * i + j] : 0;
            }
            const bool spike =
                loihi_step(&cu[i], &cv[i], chips[chip].du, chips[chip].dv, chips[chip].vth, a);
            for (size_t o = 0; o < 4; o++) {
                sums[o] += spike ? (double)readout[o * 4 * LOIHI_STEPS + 4 * t + i] : 0.0;
            }
        }
    }
}

TEST_EACH(loihi_fires_as_its_equations, COUNT_OF(chips)) {
    static float weights[124 + 20 + 16 * LOIHI_STEPS + 4], outputs[CHAIN_SAMPLES * 4];
    static const float rhythm[] = {0.25F, 0.109375F, 0.75F, 0.5F};
    double sums[4] = {0};
    struct chain_made made;
    struct component *const layers[] = {
        LAYER("lif", {"units", INTEGER(4)}, {"steps", INTEGER(LOIHI_STEPS)}),
        LAYER("loihi", {"units", INTEGER(4)}, {"du", INTEGER(chips[_i].du)},
              {"dv", INTEGER(chips[_i].dv)}, {"vth", INTEGER(chips[_i].vth)}),
        LAYER("dense", {"units", INTEGER(4)})};
    ck_assert_msg(chain_try_make(&made, core, 3, layers) == SYNRL_OK, "%s", core->message);
    memset(weights, 0, 120 * sizeof *weights);
    memcpy(weights + 120, rhythm, sizeof rhythm);
    for (uint32_t i = 0; i < 20; i++) {
        weights[124 + i] = whole(i + 1, chips[_i].scale);
    }
    for (uint32_t i = 0; i < 16 * LOIHI_STEPS + 4; i++) {
        weights[144 + i] = i < 16 * LOIHI_STEPS ? whole(i + 77, 9) : 0.0F;
    }
    network_set_weights(made.network, weights);
    chain_run(&made, outputs);
    plain_loihi(rhythm, weights + 124, weights + 144, (size_t)_i, sums);
    for (size_t o = 0; o < 4; o++) {
        ck_assert_msg((double)outputs[o] == sums[o], "output %zu: %g, not %g", o,
                      (double)outputs[o], sums[o]);
    }
    ck_assert(sums[0] != 0.0 || sums[1] != 0.0);
    chain_unmake(&made);
}

/* What they refuse ----------------------------------------------------------------------------- */

TEST(steps_that_do_not_fit_are_refused) {
    struct chain_made made;
    struct component *const vector[] = {LAYER("dense", {"units", INTEGER(6)}),
                                        LAYER("gru", {"units", INTEGER(2)})};
    test_failure(core, SYNRL_INVALID, chain_try_make(&made, core, 2, vector),
                 "layer 2 (gru): 1 step of 6 values: must be at least 2 steps, those of a sequence "
                 "or the rows of a picture");
    chain_unmake(&made);
    struct component *const longer[] = {LAYER("lif", {"units", INTEGER(3)}, {"steps", INTEGER(5)}),
                                        LAYER("lif", {"units", INTEGER(2)}, {"steps", INTEGER(6)})};
    test_failure(
        core, SYNRL_INVALID, chain_try_make(&made, core, 2, longer),
        "layer 2 (lif): steps = 6, and a sequence of 5 steps of 3 values comes in: must be "
        "5, or left out");
    chain_unmake(&made);
}

TEST(spikes_have_no_gradient) {
    struct chain_made made;
    struct component *const layers[] = {LAYER("lif", {"units", INTEGER(4)}),
                                        PLAIN_LAYER("spike_readout")};
    ck_assert_int_eq(chain_try_make(&made, core, 2, layers), SYNRL_OK);
    test_failure(core, SYNRL_UNSUPPORTED, network_differentiable(made.network),
                 "layer 1 (lif): has no derivative");
    chain_unmake(&made);
}
