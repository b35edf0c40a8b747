/* SPDX-License-Identifier: MIT */
/* A loss is taken of two blocks, the second half full, as the environment would hand them over. */
#include "check/loss.h"

#include <math.h>
#include <string.h>

#include "base/host.h"
#include "check/slopes.h"
#include "synrl/loss.h"

enum { N_BLOCKS = 2, N_SAMPLES = 24, OUTPUTS_MOST = 4, N_VALUES = OUTPUTS_MOST * SYNRL_LANES };

/* What a loss may want: the first that its `check` accepts is taken. */
static const struct shape {
    size_t n_outputs, n_classes, n_targets;
} shapes[] = {{4, 4, 0}, {1, 2, 1}, {3, 0, 3}, {1, 0, 1}};

struct batch {
    float outputs[N_BLOCKS][N_VALUES], targets[N_BLOCKS][N_VALUES];
    int32_t labels[N_BLOCKS][SYNRL_LANES];
    float terms[N_BLOCKS][SYNRL_LANES], slope[N_BLOCKS][N_VALUES];
};

struct loss {
    struct core *core;
    struct component *component;
    const synrl_loss_ops *ops;
    const void *config;
    const synrl_host *host;
    struct shape shape;
    struct batch *batch;
    double sum; /* of the terms of the samples */
    struct operation before;
};

/* The batch ------------------------------------------------------------------------------------- */

static float target_of(const struct loss *loss, size_t output, size_t sample, float random) {
    const struct shape *shape = &loss->shape;
    if (shape->n_targets == 0) {
        return output == sample % shape->n_classes ? 1.0F : 0.0F;
    }
    return shape->n_classes == 2 ? (sample % 2 == 1 ? 1.0F : -1.0F) : random;
}

/* Outputs between -scale and scale. */
static void fill(struct loss *loss, float scale) {
    float random[N_SAMPLES * 2 * OUTPUTS_MOST];
    const synrl_stream stream = {1, 0, SYNRL_PURPOSE_DATA};
    loss->host->random->uniform(stream, 0, SYNRL_COUNT(random), -1.0F, 1.0F, random);
    for (size_t i = 0; i < (size_t)N_BLOCKS * SYNRL_LANES; i++) {
        const size_t sample = i < N_SAMPLES ? i : N_SAMPLES - 1;
        const size_t block = i / SYNRL_LANES, lane = i % SYNRL_LANES;
        loss->batch->labels[block][lane] =
            loss->shape.n_classes > 0 ? (int32_t)(sample % loss->shape.n_classes) : 0;
        for (size_t o = 0; o < loss->shape.n_outputs; o++) {
            const float *of = random + (sample * OUTPUTS_MOST + o) * 2;
            loss->batch->outputs[block][o * SYNRL_LANES + lane] = scale * of[0];
            loss->batch->targets[block][o * SYNRL_LANES + lane] = target_of(loss, o, sample, of[1]);
        }
    }
}

static synrl_loss_block block_of(const struct loss *loss, size_t block) {
    synrl_loss_block made = {.size = sizeof made,
                             .n_outputs = loss->shape.n_outputs,
                             .outputs = loss->batch->outputs[block]};
    if (loss->ops->target_format == SYNRL_TARGET_LABELS) {
        made.labels = loss->batch->labels[block];
    } else {
        made.targets = loss->batch->targets[block];
    }
    return made;
}

static double finish(const struct loss *loss, double sum) {
    return loss->ops->finish(loss->host, loss->config, sum, N_SAMPLES, loss->shape.n_outputs);
}

static bool has_gradient(const struct loss *loss) {
    return SYNRL_OFFERS(loss->ops, gradient);
}

/* Terms, their sum, and slopes. */
static void compute(struct loss *loss) {
    loss->sum = 0.0;
    for (size_t b = 0; b < N_BLOCKS; b++) {
        const synrl_loss_block block = block_of(loss, b);
        loss->ops->terms(loss->host, loss->config, &block, loss->batch->terms[b]);
        for (size_t s = 0; s < SYNRL_LANES && b * SYNRL_LANES + s < N_SAMPLES; s++) {
            loss->sum += (double)loss->batch->terms[b][s];
        }
    }
    for (size_t b = 0; b < N_BLOCKS && has_gradient(loss); b++) {
        const synrl_loss_block block = block_of(loss, b);
        loss->ops->gradient(loss->host, loss->config, &block, loss->sum, N_SAMPLES,
                            loss->batch->slope[b]);
    }
}

static synrl_status accepts(const struct loss *loss, const struct shape *shape) {
    const synrl_shape of = {.size = sizeof of,
                            .n_samples = N_SAMPLES,
                            .n_inputs = 2,
                            .n_targets = shape->n_targets,
                            .n_classes = shape->n_classes};
    if (loss->ops->target_format == SYNRL_TARGET_LABELS && shape->n_targets > 0) {
        return SYNRL_UNSUPPORTED;
    }
    return SYNRL_OFFERS(loss->ops, check)
               ? loss->ops->check(loss->host, loss->config, &of, shape->n_outputs)
               : SYNRL_OK;
}

static synrl_status find_shape(struct loss *loss) {
    synrl_status status = SYNRL_UNSUPPORTED;
    for (size_t i = 0; i < SYNRL_COUNT(shapes) && status != SYNRL_OK; i++) {
        loss->shape = shapes[i];
        status = accepts(loss, &shapes[i]);
    }
    return status;
}

static synrl_status end(struct loss *loss, synrl_status status) {
    struct core *core = loss->core;
    status = host_leave(component_host(loss->component), loss->before, status);
    component_release(loss->component);
    core_free(core, loss->batch);
    return status;
}

static synrl_status open(struct subject *subject, struct loss *loss) {
    *loss = (struct loss){.core = subject->core,
                          .batch = core_alloc(subject->core, 1, sizeof *loss->batch)};
    if (loss->batch == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const synrl_status status = subject_component(subject, NULL, &loss->component);
    if (status != SYNRL_OK) {
        core_free(subject->core, loss->batch);
        return status;
    }
    loss->ops = component_plugin(loss->component)->entry->ops;
    loss->config = component_config(loss->component);
    loss->host = &component_host(loss->component)->api;
    loss->before = host_enter(component_host(loss->component), "terms");
    const synrl_status found = find_shape(loss);
    if (found != SYNRL_OK) {
        return end(loss, found);
    }
    subject->core->message[0] = '\0'; /* of the shapes it refused */
    fill(loss, 3.0F);
    compute(loss);
    return SYNRL_OK;
}

static synrl_status with_loss(struct subject *subject, synrl_status (*look)(struct loss *loss)) {
    struct loss loss;
    SYNRL_TRY(open(subject, &loss));
    return end(&loss, look(&loss));
}

static synrl_status trace_loss(struct subject *subject, struct trace *trace) {
    struct loss loss;
    SYNRL_TRY(open(subject, &loss));
    const double value = finish(&loss, loss.sum);
    trace_add(trace, loss.batch->terms[0], sizeof loss.batch->terms[0], "the terms of a block");
    trace_add(trace, loss.batch->terms[1], sizeof(float) * (N_SAMPLES - SYNRL_LANES),
              "the terms of the last block");
    trace_add(trace, &value, sizeof value, "the loss");
    trace_add(trace, loss.batch->slope[0], sizeof(float) * SYNRL_LANES * loss.shape.n_outputs,
              "the gradient of a block");
    return end(&loss, SYNRL_OK);
}

/* Checks ---------------------------------------------------------------------------------------- */

static synrl_status look_at_terms(struct loss *loss) {
    static const float scales[] = {0.0F, 1.0F, 10.0F, 100.0F};
    for (size_t i = 0; i < SYNRL_COUNT(scales); i++) {
        fill(loss, scales[i]);
        compute(loss);
        for (size_t s = 0; s < N_SAMPLES; s++) {
            const float term = loss->batch->terms[s / SYNRL_LANES][s % SYNRL_LANES];
            if (!(term >= 0.0F)) {
                return core_fail(loss->core, SYNRL_INVALID,
                                 "is %g for outputs between %g and %g: must be at least 0",
                                 (double)term, -(double)scales[i], (double)scales[i]);
            }
        }
    }
    loss->batch->outputs[0][0] = (float)NAN;
    compute(loss);
    return loss->batch->terms[0][0] < 67108864.0F
               ? core_fail(loss->core, SYNRL_UNSUPPORTED,
                           "is %g for an output that is NaN: should be NaN, which makes the loss "
                           "infinite",
                           (double)loss->batch->terms[0][0])
               : SYNRL_OK;
}

static synrl_status check_terms(struct subject *subject) {
    return with_loss(subject, look_at_terms);
}

/* Each lane of a block by itself, beside others' outputs. */
static synrl_status look_at_lanes(struct loss *loss) {
    struct batch *batch = loss->batch;
    float wanted[SYNRL_LANES];
    memcpy(wanted, batch->terms[0], sizeof wanted);
    for (size_t s = 0; s < SYNRL_LANES; s++) {
        fill(loss, 3.0F);
        for (size_t i = 0; i < loss->shape.n_outputs * SYNRL_LANES; i++) {
            batch->outputs[0][i] *= i % SYNRL_LANES == s ? 1.0F : -2.0F;
        }
        compute(loss);
        if (memcmp(&batch->terms[0][s], &wanted[s], sizeof(float)) != 0) {
            return core_fail(loss->core, SYNRL_INVALID,
                             "the term of sample %zu is %.9g, and %.9g beside other samples: must "
                             "depend on its own outputs only",
                             s, (double)wanted[s], (double)batch->terms[0][s]);
        }
    }
    return SYNRL_OK;
}

static synrl_status check_lanes(struct subject *subject) {
    return with_loss(subject, look_at_lanes);
}

static synrl_status look_at_finish(struct loss *loss) {
    double lower = 0.0, least = finish(loss, lower);
    for (double sum = 1e-6; sum < 1e9; sum *= 1.5) {
        const double value = finish(loss, sum);
        if (!(value >= least)) {
            return core_fail(
                loss->core, SYNRL_INVALID,
                "falls from %.9g to %.9g where the sum of the terms rises from %g to %g", least,
                value, lower, sum);
        }
        lower = sum;
        least = value;
    }
    return SYNRL_OK;
}

static synrl_status check_finish(struct subject *subject) {
    return with_loss(subject, look_at_finish);
}

/* The loss when one output of one sample is moved. */
struct point {
    struct loss *loss;
    size_t block, value;
};

static double loss_at(void *context, double distance) {
    const struct point *point = context;
    struct loss *loss = point->loss;
    float *output = &loss->batch->outputs[point->block][point->value], kept = *output;
    float terms[SYNRL_LANES];
    *output = (float)((double)kept + distance);
    const synrl_loss_block block = block_of(loss, point->block);
    loss->ops->terms(loss->host, loss->config, &block, terms);
    *output = kept;
    const size_t lane = point->value % SYNRL_LANES;
    return finish(loss,
                  loss->sum - (double)loss->batch->terms[point->block][lane] + (double)terms[lane]);
}

static synrl_status look_at_gradient(struct loss *loss) {
    struct slopes slopes = {.n_smooth = 0};
    double scale = 0.0;
    if (!has_gradient(loss)) {
        return core_fail(loss->core, SYNRL_UNSUPPORTED,
                         "has none: rules that need gradients refuse it");
    }
    const size_t n = loss->shape.n_outputs * SYNRL_LANES;
    for (size_t i = 0; i < n; i++) {
        scale = fmax(scale, fabs((double)loss->batch->slope[0][i]));
    }
    for (size_t i = 0; i < N_BLOCKS * n; i++) {
        struct point point = {loss, i / n, i % n};
        if (point.block * SYNRL_LANES + point.value % SYNRL_LANES < N_SAMPLES) {
            slopes_compare(&slopes, loss_at, &point,
                           (double)loss->batch->slope[point.block][point.value], scale, i);
        }
    }
    return slopes_are_wrong(&slopes)
               ? core_fail(loss->core, SYNRL_INVALID,
                           "is %g for output %zu of a sample, where differences of the loss give "
                           "%g (wrong at %zu of %zu places)",
                           slopes.worst_slope, slopes.worst % n / SYNRL_LANES,
                           slopes.worst_difference, slopes.n_wrong, slopes.n_smooth)
               : SYNRL_OK;
}

static synrl_status check_gradient(struct subject *subject) {
    return with_loss(subject, look_at_gradient);
}

static const struct check checks[] = {
    {"terms", check_terms},
    {"lanes", check_lanes},
    {"finish", check_finish},
    {"gradient", check_gradient},
};
const struct kind_checks loss_checks = {trace_loss, SYNRL_COUNT(checks), checks};
