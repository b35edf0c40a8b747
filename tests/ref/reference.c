/* SPDX-License-Identifier: MIT */
/* See reference.h. Clarity over speed, everywhere. */
#include "ref/reference.h"

#include <Random123/philox.h>
#include <check.h>
#include <math.h>
#include <sleef.h>
#include <stdlib.h>
#include <string.h>

struct synapse {
    float w0;
    int32_t k;
    bool is_bias;
    int actions[REFERENCE_MEMORY_MAX]; /* the last first, -1, 0 or +1 */
    int action;
    size_t state; /* in which the action was taken */
};

struct trainer {
    const struct reference_options *options;
    size_t n_synapses;
    struct synapse *synapses;
    int rewards[REFERENCE_MEMORY_MAX]; /* the last first; 0: none yet */
    double *q;
    float alpha_s; /* now */
};

static void *checked_calloc(size_t count, size_t size) {
    void *memory = calloc(count, size);
    ck_assert_ptr_nonnull(memory);
    return memory;
}

static size_t power_of_3(uint32_t n) {
    return n == 0 ? 1 : 3 * power_of_3(n - 1);
}

static float step_size(const struct trainer *trainer, const struct synapse *synapse) {
    const float alpha = trainer->alpha_s;
    return synapse->is_bias ? trainer->options->bias_scale * alpha : alpha;
}

static float weight_of(const struct trainer *trainer, const struct synapse *synapse) {
    return (float)((double)synapse->w0 + (double)step_size(trainer, synapse) * synapse->k);
}

/* Forward -------------------------------------------------------------------------------------- */

static float activate(reference_activation kind, float x) {
    if (kind == REFERENCE_RELU) {
        return x > 0.0F ? x : 0.0F;
    }
    return kind == REFERENCE_TANH ? Sleef_cinz_tanhf1_u35purec(x) : x;
}

/* What one neuron of the first layer gets from bytes: the exact integer part apart. */
static float project_bytes(const struct trainer *trainer, const uint8_t *x,
                           const struct synapse *from) {
    const struct reference_options *options = trainer->options;
    float base = 0.0F;
    int32_t moved = 0;
    for (size_t i = 0; i < options->sizes[0]; i++) {
        base += (float)x[i] * from[i].w0;
        moved += x[i] * from[i].k;
    }
    const float unit = trainer->alpha_s * options->scale;
    return options->scale * base + unit * (float)moved;
}

static float project_floats(const struct trainer *trainer, const float *x, size_t n,
                            const struct synapse *from) {
    float sum = 0.0F;
    for (size_t i = 0; i < n; i++) {
        sum += weight_of(trainer, &from[i]) * x[i];
    }
    return sum;
}

/* The outputs of the network for one sample. */
static void forward(const struct trainer *trainer, size_t sample, float *outputs) {
    const struct reference_options *options = trainer->options;
    float x[1024], z[1024];
    const struct synapse *synapse = trainer->synapses;
    for (size_t layer = 0; layer + 1 < options->n_sizes; layer++) {
        const size_t n_from = options->sizes[layer], n_to = options->sizes[layer + 1];
        const struct synapse *biases = synapse + n_from * n_to;
        for (size_t to = 0; to < n_to; to++, synapse += n_from) {
            if (layer > 0) {
                z[to] = project_floats(trainer, x, n_from, synapse);
            } else if (options->bytes != NULL) {
                z[to] = project_bytes(trainer, options->bytes + sample * n_from, synapse);
            } else {
                z[to] = project_floats(trainer, options->floats + sample * n_from, n_from, synapse);
            }
            z[to] += weight_of(trainer, &biases[to]);
        }
        synapse += n_to;
        const bool is_last = layer + 2 == options->n_sizes;
        for (size_t to = 0; to < n_to; to++) {
            x[to] = activate(is_last ? options->output : options->hidden, z[to]);
        }
    }
    memcpy(outputs, x, options->sizes[options->n_sizes - 1] * sizeof *outputs);
}

/* -log softmax(outputs)[label], shifted by the largest output. */
static float cross_entropy(const float *outputs, size_t n, int32_t label) {
    float largest = outputs[0], sum = 0.0F;
    for (size_t o = 1; o < n; o++) {
        largest = outputs[o] > largest ? outputs[o] : largest;
    }
    for (size_t o = 0; o < n; o++) {
        sum += Sleef_cinz_expf1_u10purec(outputs[o] - largest);
    }
    return Sleef_cinz_logf1_u35purec(sum) - (outputs[label] - largest);
}

static float squared_error(const float *outputs, size_t n, const float *targets) {
    float sum = 0.0F;
    for (size_t o = 0; o < n; o++) {
        sum += (outputs[o] - targets[o]) * (outputs[o] - targets[o]);
    }
    return sum;
}

static double loss_of(const struct trainer *trainer) {
    const struct reference_options *options = trainer->options;
    const size_t n_outputs = options->sizes[options->n_sizes - 1];
    int64_t units = 0; /* of 2^-32 */
    for (size_t sample = 0; sample < options->n_samples; sample++) {
        float outputs[1024];
        forward(trainer, sample, outputs);
        const float term =
            options->labels != NULL
                ? cross_entropy(outputs, n_outputs, options->labels[sample])
                : squared_error(outputs, n_outputs, options->targets + sample * n_outputs);
        units += (int64_t)((double)term * 4294967296.0);
    }
    const double sum = (double)units / 4294967296.0, n = (double)options->n_samples;
    return options->labels != NULL ? sum / n : sqrt(sum) / n;
}

/* Policy --------------------------------------------------------------------------------------- */

/* The state's place in the table: rewards, then actions, oldest first, each as a digit 0..2. */
static size_t state_of(const struct trainer *trainer, const struct synapse *synapse) {
    size_t state = 0;
    for (uint32_t i = trainer->options->n_rewards; i > 0; i--) {
        state = state * 3 + (size_t)(trainer->rewards[i - 1] + 1);
    }
    for (uint32_t i = trainer->options->n_actions; i > 0; i--) {
        state = state * 3 + (size_t)(synapse->actions[i - 1] + 1);
    }
    return state;
}

static uint32_t random_word(const struct trainer *trainer, uint64_t iteration, size_t i) {
    const uint64_t seed = trainer->options->seed;
    const uint32_t c = (uint32_t)(16 * (i / 64) + i % 16), purpose = 1;
    const philox4x32_ctr_t counter = {
        {c, (uint32_t)iteration, (uint32_t)(iteration >> 32), purpose}};
    const philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    return philox4x32(counter, key).v[(i / 16) % 4];
}

static int choose(const struct trainer *trainer, size_t state, uint32_t word) {
    const double *q = trainer->q + state * 3, epsilon = trainer->options->epsilon;
    for (int action = -1; action <= 1; action++) {
        if ((double)word < floor(epsilon * 4294967296.0 * (action + 2) / 3)) {
            return action;
        }
    }
    const int best = q[1] > q[0] ? 1 : 0;
    return (q[2] > q[best] ? 2 : best) - 1;
}

static void remember(int *memory, int entry) {
    memmove(memory + 1, memory, (REFERENCE_MEMORY_MAX - 1) * sizeof *memory);
    memory[0] = entry;
}

/* Eq. 7, synapse after synapse. */
static void learn(struct trainer *trainer, int reward) {
    const struct reference_options *options = trainer->options;
    for (size_t i = 0; i < trainer->n_synapses; i++) {
        const struct synapse *synapse = &trainer->synapses[i];
        const double *next = trainer->q + state_of(trainer, synapse) * 3;
        const double best = fmax(next[0], fmax(next[1], next[2]));
        double *q = trainer->q + synapse->state * 3 + synapse->action + 1;
        *q += options->alpha_q * (reward + options->gamma * best - *q);
    }
}

/* Algorithm 1 ---------------------------------------------------------------------------------- */

static void make_synapses(struct trainer *trainer) {
    const struct reference_options *options = trainer->options;
    for (size_t layer = 0; layer + 1 < options->n_sizes; layer++) {
        trainer->n_synapses += (options->sizes[layer] + 1) * options->sizes[layer + 1];
    }
    trainer->synapses = checked_calloc(trainer->n_synapses, sizeof *trainer->synapses);
    struct synapse *synapse = trainer->synapses;
    for (size_t layer = 0; layer + 1 < options->n_sizes; layer++) {
        const size_t n_weights = options->sizes[layer] * options->sizes[layer + 1];
        for (size_t i = 0; i < n_weights + options->sizes[layer + 1]; i++, synapse++) {
            synapse->w0 = options->weights[synapse - trainer->synapses];
            synapse->is_bias = i >= n_weights;
        }
    }
}

/* The weights stay where they are. */
static void halve(struct trainer *trainer) {
    trainer->alpha_s /= 2.0F;
    for (size_t i = 0; i < trainer->n_synapses; i++) {
        trainer->synapses[i].k *= 2;
    }
}

struct reference_result reference_train(const struct reference_options *options) {
    struct trainer trainer = {.options = options, .alpha_s = options->alpha_s};
    make_synapses(&trainer);
    const size_t n = trainer.n_synapses;
    const size_t n_q = power_of_3(options->n_actions) * power_of_3(options->n_rewards) * 3;
    struct reference_result result = {
        .n_synapses = n,
        .weights = checked_calloc(n, sizeof(float)),
        .actions = checked_calloc(options->iterations * n, 1),
        .rewards = checked_calloc(options->iterations, sizeof(int)),
        .losses = checked_calloc(options->iterations + 1, sizeof(double)),
        .q = checked_calloc(n_q, sizeof(double)),
    };
    trainer.q = result.q;
    if (options->q != NULL) {
        memcpy(result.q, options->q, n_q * sizeof(double));
    }
    result.losses[0] = loss_of(&trainer);
    for (uint64_t t = 0; t < options->iterations; t++) {
        if (options->halved_every > 0 && t > 0 && t % options->halved_every == 0) {
            halve(&trainer);
        }
        for (size_t i = 0; i < n; i++) {
            struct synapse *synapse = &trainer.synapses[i];
            synapse->state = state_of(&trainer, synapse);
            synapse->action = choose(&trainer, synapse->state, random_word(&trainer, t, i));
            synapse->k += synapse->action;
            result.actions[t * n + i] = (int8_t)synapse->action;
        }
        result.losses[t + 1] = loss_of(&trainer);
        result.rewards[t] = result.losses[t] > result.losses[t + 1] ? 1 : -1;
        for (size_t i = 0; i < n; i++) {
            remember(trainer.synapses[i].actions, trainer.synapses[i].action);
        }
        remember(trainer.rewards, result.rewards[t]);
        if (options->learns) {
            learn(&trainer, result.rewards[t]);
        }
    }
    for (size_t i = 0; i < n; i++) {
        result.weights[i] = weight_of(&trainer, &trainer.synapses[i]);
    }
    free(trainer.synapses);
    return result;
}

void reference_free(struct reference_result *result) {
    free(result->weights);
    free(result->actions);
    free(result->rewards);
    free(result->losses);
    free(result->q);
}
