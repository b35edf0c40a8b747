/* SPDX-License-Identifier: MIT */
/* The paper's random decision boundary: points drawn uniformly from a cube, labelled by a random
 * network with one hidden layer and one output, whose sign is the class.
 *
 *     x ~ U(-range, range)^dimension;  y = f(W2 f(W1 x)),  weights ~ U(-weight_range,
 * weight_range), no bias
 *
 * Bhargava et al. 2021, section 3: 2-100-1, tanh (on every layer, as in the authors' code), 2,000
 * points in [-10, 10]^2, weights in [-1, 1]. */
#include <synrl/activation.h>
#include <synrl/dataset.h>

enum { OUTPUT, CLASS };

/* The streams of random numbers, by `iteration`. */
enum { STREAM_WEIGHTS_1, STREAM_WEIGHTS_2, STREAM_INPUTS };

struct config {
    int64_t dimension, hidden, samples, seed;
    double range, weight_range;
    const synrl_activation *activation;
    int32_t targets;
};

static const synrl_param params[] = {
    SYNRL_INTEGER(dimension, "2", 1, 1e6, "inputs per sample"),
    SYNRL_INTEGER(hidden, "100", 1, 1e6, "hidden units of the target network"),
    SYNRL_INTEGER(samples, "2000", 1, 1e8, "number of points"),
    SYNRL_NUMBER(range, "10", SYNRL_POSITIVE, 1e30,
                 "points are U(-range, range) in each dimension"),
    SYNRL_NUMBER(weight_range, "1", SYNRL_POSITIVE, 1e30,
                 "the target network's weights are U(-weight_range, weight_range)"),
    SYNRL_ACTIVATION_PARAM(activation, "tanh", "activation of the target network, on both layers"),
    SYNRL_CHOICE(targets, "output", "output|class",
                 "what is learned: the target network's output, or its class as -1 and +1"),
    SYNRL_INTEGER(seed, "1", 0, 9007199254740992.0, "seed of the target network and the points"),
};

static const char *const class_names[] = {"negative", "positive"};

struct boundary {
    float *inputs;        /* [samples][dimension] */
    float *targets;       /* [samples] */
    float *inner, *outer; /* weights [hidden][dimension] and [hidden]: only during creation */
    float *units;         /* [hidden]: only during creation */
};

static void draw(const synrl_host *host, const struct config *config, struct boundary *boundary) {
    const size_t dimension = (size_t)config->dimension, hidden = (size_t)config->hidden;
    const float width = (float)config->weight_range, range = (float)config->range;
    synrl_stream stream = {(uint64_t)config->seed, STREAM_WEIGHTS_1, SYNRL_PURPOSE_DATA};
    host->random->uniform(stream, 0, hidden * dimension, -width, width, boundary->inner);
    stream.iteration = STREAM_WEIGHTS_2;
    host->random->uniform(stream, 0, hidden, -width, width, boundary->outer);
    stream.iteration = STREAM_INPUTS;
    host->random->uniform(stream, 0, (size_t)config->samples * dimension, -range, range,
                          boundary->inputs);
}

static float target_of(const struct boundary *boundary, const struct config *config,
                       const float *x) {
    const size_t dimension = (size_t)config->dimension, hidden = (size_t)config->hidden;
    for (size_t h = 0; h < hidden; h++) {
        float sum = 0.0F;
        for (size_t i = 0; i < dimension; i++) {
            sum += boundary->inner[h * dimension + i] * x[i];
        }
        boundary->units[h] = sum;
    }
    synrl_activation_apply(config->activation, hidden, boundary->units, boundary->units);
    float output = 0.0F;
    for (size_t h = 0; h < hidden; h++) {
        output += boundary->outer[h] * boundary->units[h];
    }
    synrl_activation_apply(config->activation, 1, &output, &output);
    if (config->targets == CLASS) {
        return output > 0.0F ? 1.0F : -1.0F;
    }
    return output;
}

static synrl_status create(const synrl_host *host, const void *configuration, void *self,
                           synrl_data *data) {
    const struct config *config = configuration;
    struct boundary *boundary = self;
    const size_t dimension = (size_t)config->dimension, hidden = (size_t)config->hidden;
    const size_t n_samples = (size_t)config->samples;
    SYNRL_TRY(SYNRL_NEW(host, boundary->inputs, n_samples * dimension));
    SYNRL_TRY(SYNRL_NEW(host, boundary->targets, n_samples));
    SYNRL_TRY(SYNRL_NEW(host, boundary->inner, hidden * dimension));
    SYNRL_TRY(SYNRL_NEW(host, boundary->outer, hidden));
    SYNRL_TRY(SYNRL_NEW(host, boundary->units, hidden));
    draw(host, config, boundary);
    for (size_t s = 0; s < n_samples; s++) {
        boundary->targets[s] = target_of(boundary, config, boundary->inputs + s * dimension);
    }
    host->free(host, boundary->inner);
    host->free(host, boundary->outer);
    host->free(host, boundary->units);
    *data = (synrl_data){.size = sizeof *data,
                         .n_samples = n_samples,
                         .n_inputs = dimension,
                         .format = SYNRL_INPUT_F32,
                         .inputs = boundary->inputs,
                         .targets = boundary->targets,
                         .n_targets = 1,
                         .n_classes = 2,
                         .class_names = class_names};
    return SYNRL_OK;
}

SYNRL_DATASET(boundary, "1.0.0",
              "the paper's random decision boundary: points labelled by a random network",
              "Bhargava et al. 2021, section 3", SYNRL_PARAMS(params), struct boundary,
              .create = create);
