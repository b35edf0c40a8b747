/* SPDX-License-Identifier: MIT */
#include "support/chain.h"

#include <math.h>

#include "support/test.h"

enum { N_LAYERS_MAX = 8 };

static struct dataset *pictures(struct core *core) {
    struct component *component = test_component(
        core, SYNRL_KIND_DATASET, "pixels",
        GIVEN({"samples", INTEGER(CHAIN_SAMPLES)}, {"inputs", INTEGER(CHAIN_HEIGHT * CHAIN_WIDTH)},
              {"width", INTEGER(CHAIN_WIDTH)}, {"classes", INTEGER(CHAIN_CLASSES)}));
    struct dataset *data;
    ck_assert_msg(dataset_create(core, component, &data) == SYNRL_OK, "%s", core->message);
    component_release(component);
    return data;
}

synrl_status chain_try_make(struct chain_made *made, struct core *core, size_t n,
                            struct component *const *layers) {
    struct value items[N_LAYERS_MAX];
    *made = (struct chain_made){.core = core, .data = pictures(core)};
    for (size_t i = 0; i < n; i++) {
        items[i] = (struct value)COMPONENT(layers[i]);
    }
    made->model =
        test_component(core, SYNRL_KIND_MODEL, "sequential", GIVEN({"layers", LIST_OF(n, items)}));
    made->loss = test_component(core, SYNRL_KIND_LOSS, "cross_entropy", 0, NULL);
    for (size_t i = 0; i < n; i++) {
        component_release(layers[i]);
    }
    const synrl_status status =
        network_create(core, made->model, made->loss, made->data, CHAIN_SAMPLES, &made->network);
    return status == SYNRL_OK ? network_bind(made->network, NULL) : status;
}

void chain_unmake(struct chain_made *made) {
    network_destroy(made->network);
    dataset_release(made->data);
    component_release(made->model);
    component_release(made->loss);
}

void chain_run(const struct chain_made *made, float *outputs) {
    struct pass pass;
    const struct pass_options options = {.outputs = outputs};
    ck_assert_msg(network_pass(made->network, &options, &pass) == SYNRL_OK, "%s",
                  made->core->message);
}

/* Equations ------------------------------------------------------------------------------------ */

size_t chain_weights(const struct chain_made *made, double *weights) {
    float given[CHAIN_WEIGHTS_MAX];
    const size_t n = network_layout(made->network)->n_synapses;
    ck_assert_uint_le(n, CHAIN_WEIGHTS_MAX);
    network_get_weights(made->network, given);
    for (size_t i = 0; i < n; i++) {
        weights[i] = (double)given[i];
    }
    return n;
}

void chain_inputs(const struct chain_made *made, size_t sample, double *inputs) {
    enum { N = CHAIN_HEIGHT * CHAIN_WIDTH };
    const uint8_t *pixels = (const uint8_t *)dataset_data(made->data)->inputs + sample * N;
    for (size_t i = 0; i < N; i++) {
        inputs[i] = pixels[i] / 255.0;
    }
}

void chain_compare(const struct chain_made *made, chain_equation *equation, const void *plain) {
    float outputs[CHAIN_SAMPLES * CHAIN_CLASSES];
    double weights[CHAIN_WEIGHTS_MAX], wanted[CHAIN_CLASSES];
    chain_weights(made, weights);
    chain_run(made, outputs);
    for (size_t s = 0; s < CHAIN_SAMPLES; s++) {
        equation(made, plain, weights, s, wanted);
        for (size_t o = 0; o < CHAIN_CLASSES; o++) {
            const double found = (double)outputs[s * CHAIN_CLASSES + o];
            ck_assert_msg(fabs(found - wanted[o]) <= 2e-5 * (1.0 + fabs(wanted[o])),
                          "sample %zu, output %zu: %.9g, not %.9g", s, o, found, wanted[o]);
        }
    }
}

double chain_term(const struct chain_made *made, chain_equation *equation, const void *plain,
                  const double *weights, size_t sample) {
    double outputs[CHAIN_CLASSES], powers = 0.0;
    equation(made, plain, weights, sample, outputs);
    for (size_t o = 0; o < CHAIN_CLASSES; o++) {
        powers += exp(outputs[o]);
    }
    return log(powers) - outputs[dataset_data(made->data)->labels[sample]];
}

double chain_loss(const struct chain_made *made, chain_equation *equation, const void *plain,
                  const double *weights) {
    double total = 0.0;
    for (size_t s = 0; s < CHAIN_SAMPLES; s++) {
        total += chain_term(made, equation, plain, weights, s);
    }
    return total / CHAIN_SAMPLES;
}

void chain_check_gradient(const struct chain_made *made, chain_equation *equation,
                          const void *plain, float *gradient) {
    struct pass pass;
    double weights[CHAIN_WEIGHTS_MAX];
    const size_t n = chain_weights(made, weights);
    ck_assert_msg(network_gradient(made->network, NULL, gradient, &pass) == SYNRL_OK, "%s",
                  made->core->message);
    for (size_t i = 0; i < n; i++) {
        const double at = weights[i];
        weights[i] = at + 1e-5;
        const double above = chain_loss(made, equation, plain, weights);
        weights[i] = at - 1e-5;
        const double slope = (above - chain_loss(made, equation, plain, weights)) / 2e-5;
        weights[i] = at;
        ck_assert_msg(fabs(slope - (double)gradient[i]) < 1e-5 + 1e-4 * fabs(slope),
                      "synapse %zu: %.9g, not %.9g", i, (double)gradient[i], slope);
    }
}
