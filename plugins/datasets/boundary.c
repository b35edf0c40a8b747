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

typedef enum targets { OUTPUT, CLASS } targets;

/* The streams of random numbers, by `iteration`. */
enum { STREAM_WEIGHTS_1, STREAM_WEIGHTS_2, STREAM_INPUTS };

#define UNITS_MAX 1e6

struct config {
    int64_t dimension, hidden, samples, seed;
    double range, weight_range;
    const synrl_activation *activation;
    int32_t targets;
};

struct boundary {
    const synrl_host *host;
    size_t n_samples, dimension, hidden;
    float *inputs;  /* [n_samples][dimension] */
    float *targets; /* [n_samples] */
    float *weights; /* [hidden][dimension] and then [hidden]: only during creation */
    float *units;   /* [hidden]: only during creation */
};

static const char *const class_names[] = {"negative", "positive"};

static void destroy(void *self) {
    struct boundary *boundary = self;
    const synrl_host *host = boundary->host;
    host->free(host, boundary->inputs);
    host->free(host, boundary->targets);
    host->free(host, boundary->weights);
    host->free(host, boundary->units);
    host->free(host, boundary);
}

static synrl_stream stream_of(const struct config *config, uint64_t which) {
    return (synrl_stream){
        .seed = (uint64_t)config->seed, .iteration = which, .purpose = SYNRL_PURPOSE_DATA};
}

static void draw(struct boundary *boundary, const struct config *config) {
    const synrl_random_api *random = boundary->host->random;
    const size_t n_weights = boundary->hidden * boundary->dimension;
    const float width = (float)config->weight_range, range = (float)config->range;
    random->uniform(stream_of(config, STREAM_WEIGHTS_1), 0, n_weights, -width, width,
                    boundary->weights);
    random->uniform(stream_of(config, STREAM_WEIGHTS_2), 0, boundary->hidden, -width, width,
                    boundary->weights + n_weights);
    random->uniform(stream_of(config, STREAM_INPUTS), 0, boundary->n_samples * boundary->dimension,
                    -range, range, boundary->inputs);
}

static float target_of(struct boundary *boundary, const struct config *config, const float *x) {
    const float *weights = boundary->weights;
    for (size_t h = 0; h < boundary->hidden; h++) {
        float sum = 0.0F;
        for (size_t i = 0; i < boundary->dimension; i++) {
            sum += weights[h * boundary->dimension + i] * x[i];
        }
        boundary->units[h] = sum;
    }
    synrl_activation_apply(config->activation, boundary->hidden, boundary->units, boundary->units);
    const float *outer = weights + boundary->hidden * boundary->dimension;
    float output = 0.0F;
    for (size_t h = 0; h < boundary->hidden; h++) {
        output += outer[h] * boundary->units[h];
    }
    synrl_activation_apply(config->activation, 1, &output, &output);
    if (config->targets == CLASS) {
        return output > 0.0F ? 1.0F : -1.0F;
    }
    return output;
}

static synrl_status allocate(struct boundary *boundary) {
    const synrl_host *host = boundary->host;
    boundary->inputs = host->alloc(host, boundary->n_samples, boundary->dimension * sizeof(float));
    boundary->targets = host->alloc(host, boundary->n_samples, sizeof(float));
    boundary->weights =
        host->alloc(host, boundary->hidden, (boundary->dimension + 1) * sizeof(float));
    boundary->units = host->alloc(host, boundary->hidden, sizeof(float));
    const bool complete = boundary->inputs != NULL && boundary->targets != NULL &&
                          boundary->weights != NULL && boundary->units != NULL;
    return complete ? SYNRL_OK : SYNRL_NO_MEMORY;
}

static synrl_status create(const synrl_host *host, const void *configuration, synrl_data *data,
                           void **self) {
    const struct config *config = configuration;
    struct boundary *boundary = host->alloc(host, 1, sizeof *boundary);
    if (boundary == NULL) {
        return SYNRL_NO_MEMORY;
    }
    boundary->host = host;
    boundary->n_samples = (size_t)config->samples;
    boundary->dimension = (size_t)config->dimension;
    boundary->hidden = (size_t)config->hidden;
    if (allocate(boundary) != SYNRL_OK) {
        destroy(boundary);
        return SYNRL_NO_MEMORY;
    }
    draw(boundary, config);
    for (size_t s = 0; s < boundary->n_samples; s++) {
        boundary->targets[s] =
            target_of(boundary, config, boundary->inputs + s * boundary->dimension);
    }
    host->free(host, boundary->weights);
    host->free(host, boundary->units);
    boundary->weights = boundary->units = NULL;
    *data = (synrl_data){.size = sizeof *data,
                         .n_samples = boundary->n_samples,
                         .n_inputs = boundary->dimension,
                         .format = SYNRL_INPUT_F32,
                         .inputs = boundary->inputs,
                         .targets = boundary->targets,
                         .n_targets = 1,
                         .n_classes = 2,
                         .class_names = class_names};
    *self = boundary;
    return SYNRL_OK;
}

static const synrl_param params[] = {
    {.name = "dimension",
     .type = SYNRL_PARAM_INTEGER,
     .offset = offsetof(struct config, dimension),
     .default_text = "2",
     .min = 1,
     .max = UNITS_MAX,
     .meaning = "inputs per sample"},
    {.name = "hidden",
     .type = SYNRL_PARAM_INTEGER,
     .offset = offsetof(struct config, hidden),
     .default_text = "100",
     .min = 1,
     .max = UNITS_MAX,
     .meaning = "hidden units of the target network"},
    {.name = "samples",
     .type = SYNRL_PARAM_INTEGER,
     .offset = offsetof(struct config, samples),
     .default_text = "2000",
     .min = 1,
     .max = 1e8,
     .meaning = "number of points"},
    {.name = "range",
     .type = SYNRL_PARAM_NUMBER,
     .offset = offsetof(struct config, range),
     .default_text = "10",
     .min = SYNRL_POSITIVE,
     .max = 1e30,
     .meaning = "points are U(-range, range) in each dimension"},
    {.name = "weight_range",
     .type = SYNRL_PARAM_NUMBER,
     .offset = offsetof(struct config, weight_range),
     .default_text = "1",
     .min = SYNRL_POSITIVE,
     .max = 1e30,
     .meaning = "the target network's weights are U(-weight_range, weight_range)"},
    {.name = "activation",
     .type = SYNRL_PARAM_ACTIVATION,
     .offset = offsetof(struct config, activation),
     .default_text = "tanh",
     .meaning = "activation of the target network, on both layers"},
    {.name = "targets",
     .type = SYNRL_PARAM_CHOICE,
     .offset = offsetof(struct config, targets),
     .default_text = "output",
     .choices = "output|class",
     .meaning = "what is learned: the target network's output, or its class as -1 and +1"},
    {.name = "seed",
     .type = SYNRL_PARAM_INTEGER,
     .offset = offsetof(struct config, seed),
     .default_text = "1",
     .min = 0,
     .max = 9007199254740992.0,
     .meaning = "seed of the target network and the points"},
};

static const synrl_dataset_ops ops = {SYNRL_OPS_SIZE(synrl_dataset_ops), create, destroy};

SYNRL_EXPORT const synrl_plugin synrl_plugin_entry = {
    SYNRL_PLUGIN_ABI,
    .kind = SYNRL_KIND_DATASET,
    .id = "boundary",
    .version = "1.0.0",
    .summary = "the paper's random decision boundary: points labelled by a random network",
    .source = "Bhargava et al. 2021, section 3",
    SYNRL_PLUGIN_PARAMS(params, struct config),
    .ops = &ops,
};
