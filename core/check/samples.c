/* SPDX-License-Identifier: MIT */
#include "check/samples.h"

#include <string.h>

enum { SIDE = 8, N_PIXELS = SIDE * SIDE, N_CLASSES = 4, N_TARGETS = 2 };

/* An instance. The host frees what it allocates. */
struct instance {
    float *values; /* inputs as floats */
    uint8_t *bytes;
    float *targets;
    int32_t *labels;
};

static const synrl_stream stream = {1, 0, SYNRL_PURPOSE_DATA};

/* The class is the quadrant's: xor, which needs a hidden layer. */
static synrl_status make_plane(const synrl_host *host, const void *config, void *self,
                               synrl_data *data) {
    struct instance *made = self;
    (void)config;
    SYNRL_TRY(SYNRL_NEW(host, made->values, SAMPLES_N * 2));
    SYNRL_TRY(SYNRL_NEW(host, made->targets, SAMPLES_N));
    host->random->uniform(stream, 0, (size_t)SAMPLES_N * 2, -1.0F, 1.0F, made->values);
    for (size_t s = 0; s < SAMPLES_N; s++) {
        made->targets[s] = made->values[2 * s] * made->values[2 * s + 1] > 0.0F ? 1.0F : -1.0F;
    }
    *data = (synrl_data){.size = sizeof *data,
                         .n_samples = SAMPLES_N,
                         .n_inputs = 2,
                         .format = SYNRL_INPUT_F32,
                         .inputs = made->values,
                         .targets = made->targets,
                         .n_targets = 1,
                         .n_classes = 2};
    return SYNRL_OK;
}

/* Noise, and a bright quarter of the rows, which is the class. */
static synrl_status make_bytes(const synrl_host *host, struct instance *made) {
    uint32_t *words;
    SYNRL_TRY(SYNRL_NEW(host, words, N_PIXELS + 1));
    SYNRL_TRY(SYNRL_NEW(host, made->bytes, SAMPLES_N * N_PIXELS));
    SYNRL_TRY(SYNRL_NEW(host, made->labels, SAMPLES_N));
    for (size_t s = 0; s < SAMPLES_N; s++) {
        host->random->words(stream, s * (N_PIXELS + 1), N_PIXELS + 1, words);
        const size_t label = words[N_PIXELS] >> 30;
        made->labels[s] = (int32_t)label;
        for (size_t i = 0; i < N_PIXELS; i++) {
            const uint32_t noise = words[i] >> 25; /* below 128; a third of it none */
            const bool is_bright = i / (N_PIXELS / N_CLASSES) == label;
            made->bytes[s * N_PIXELS + i] =
                (uint8_t)((noise > 40 ? noise : 0) + (is_bright ? 128 : 0));
        }
    }
    return SYNRL_OK;
}

static const synrl_data picture = {.size = sizeof(synrl_data),
                                   .n_samples = SAMPLES_N,
                                   .n_inputs = N_PIXELS,
                                   .height = SIDE,
                                   .width = SIDE,
                                   .n_channels = 1,
                                   .n_steps = SIDE};

static synrl_status make_pictures(const synrl_host *host, const void *config, void *self,
                                  synrl_data *data) {
    struct instance *made = self;
    (void)config;
    SYNRL_TRY(make_bytes(host, made));
    *data = picture;
    data->format = SYNRL_INPUT_BYTES;
    data->scale = 1.0F / 255.0F;
    data->inputs = made->bytes;
    data->labels = made->labels;
    data->n_classes = N_CLASSES;
    return SYNRL_OK;
}

static synrl_status make_numbers(const synrl_host *host, const void *config, void *self,
                                 synrl_data *data) {
    struct instance *made = self;
    (void)config;
    SYNRL_TRY(make_bytes(host, made));
    SYNRL_TRY(SYNRL_NEW(host, made->values, SAMPLES_N * N_PIXELS));
    SYNRL_TRY(SYNRL_NEW(host, made->targets, SAMPLES_N * N_TARGETS));
    for (size_t i = 0; i < (size_t)SAMPLES_N * N_PIXELS; i++) {
        made->values[i] = (float)made->bytes[i] / 255.0F - 0.25F;
    }
    for (size_t s = 0; s < SAMPLES_N; s++) {
        made->targets[s * N_TARGETS] = (float)made->labels[s] / 2.0F - 1.0F;
        made->targets[s * N_TARGETS + 1] = made->values[s * N_PIXELS];
    }
    *data = picture;
    data->format = SYNRL_INPUT_F32;
    data->inputs = made->values;
    data->targets = made->targets;
    data->n_targets = N_TARGETS;
    return SYNRL_OK;
}

#define PLUGIN(create_, id_, summary_)                                                   \
    {                                                                                    \
        .file = "built in", .entry = &(const synrl_plugin) {                             \
            SYNRL_ENTRY(SYNRL_KIND_DATASET, id_, "1.0.0", summary_, "core/check"),       \
                .ops = &(const synrl_dataset_ops) {                                      \
                .size = sizeof(synrl_dataset_ops), .self_size = sizeof(struct instance), \
                .create = (create_)                                                      \
            }                                                                            \
        }                                                                                \
    }

static const struct plugin plugins[N_SAMPLES_KINDS] = {
    [SAMPLES_PLANE] = PLUGIN(make_plane, plane, "the signs of two numbers"),
    [SAMPLES_PICTURES] = PLUGIN(make_pictures, pictures, "noisy bytes of four classes"),
    [SAMPLES_NUMBERS] = PLUGIN(make_numbers, numbers, "noisy floats with two targets"),
};

const char *samples_name(enum samples kind) {
    return plugins[kind].entry->id;
}

synrl_status samples_create(struct core *core, enum samples kind, struct dataset **made) {
    struct component *component;
    *made = NULL;
    SYNRL_TRY(component_create_of(core, &plugins[kind], &component));
    synrl_status status = component_finish(component);
    if (status == SYNRL_OK) {
        status = dataset_create(core, component, made);
    }
    component_release(component);
    return status;
}
