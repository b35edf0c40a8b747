/* SPDX-License-Identifier: MIT */
/* A model in which nothing is wrong, y = W x + b. Each model_*.c defines one thing otherwise; the
 * build defines ID, the name of the file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <synrl/model.h>

struct model {
    size_t weight, bias, n_inputs;
    float *scratch;
    float number;
};

#ifndef CREATE
#define CREATE
#endif
#ifndef WEIGHT
#define WEIGHT \
    { .name = "w", .n_rows = 1, .n_columns = shape->n_inputs, .layer = 1, .reads_inputs = true }
#endif
#ifndef BIAS
#define BIAS \
    { .name = "b", .n_rows = 1, .n_columns = 1, .layer = 1, .is_bias = true }
#endif
#ifndef N_OUTPUTS
#define N_OUTPUTS 1
#endif
#ifndef SOURCE
#define SOURCE \
    { model->weight, 0, NULL }
#endif
#ifndef N_SOURCES
#define N_SOURCES 1
#endif
#ifndef BIAS_TENSOR
#define BIAS_TENSOR (int)model->bias
#endif
#ifndef FORWARD
#define FORWARD
#endif
#ifndef MORE
#define MORE .size = sizeof(synrl_model_ops)
#endif

static inline synrl_status create(const synrl_host *host, const void *config, void *self,
                                  const synrl_shape *shape, synrl_layout_builder *layout) {
    struct model *model = self;
    const synrl_tensor weight = WEIGHT, bias = BIAS;
    model->n_inputs = shape->n_inputs;
    SYNRL_TRY(layout->add(layout, &weight, &model->weight));
    SYNRL_TRY(layout->add(layout, &bias, &model->bias));
    layout->n_outputs = N_OUTPUTS;
    CREATE;
    return SYNRL_OK;
}

static inline void forward(const synrl_host *host, const void *config, void *self,
                           const synrl_pass *pass, float *outputs) {
    struct model *model = self;
    const synrl_source sources[] = {SOURCE};
    host->engine->units(pass, N_SOURCES, sources, BIAS_TENSOR, NULL, outputs);
    FORWARD;
}

SYNRL_MODEL(ID, "1.0.0", "a mistake", "tests/mistakes", SYNRL_NO_PARAMS, struct model,
            .create = create, .forward = forward, MORE);
