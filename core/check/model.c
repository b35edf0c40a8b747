/* SPDX-License-Identifier: MIT */
/* A model works on each kind of the built-in data that it accepts; a layer, as the first one of a
 * model and as a later one too. */
#include "check/model.h"

#include <math.h>
#include <string.h>

#include "check/samples.h"
#include "check/slopes.h"
#include "check/trial.h"
#include "train/network.h"

/* A network of the model, and room for its outputs and weights. */
struct work {
    struct subject *subject;
    struct core *core;
    struct experiment experiment;
    struct network *network; /* on all samples, bound */
    const synrl_layout *layout;
    float *outputs, *others; /* [SAMPLES_N][n_outputs] */
    float *weights, *moved;  /* [n_synapses] */
};

/* Making ---------------------------------------------------------------------------------------- */

static synrl_status open_experiment(struct subject *subject, enum samples samples, size_t n_layers,
                                    struct experiment *experiment) {
    *experiment = (struct experiment){.name = samples_name(samples)};
    SYNRL_TRY(samples_create(subject->core, samples, &experiment->data));
    const synrl_data *data = dataset_data(experiment->data);
    SYNRL_TRY(subject_model(subject, data, n_layers, &experiment->model));
    SYNRL_TRY(subject_helper(subject, SYNRL_KIND_LOSS, "mse", data, &experiment->loss));
    return subject_helper(subject, SYNRL_KIND_RULE, "win_stay", data, &experiment->rule);
}

static synrl_status make_network(const struct work *work, size_t n_samples, const uint32_t *samples,
                                 struct network **made) {
    const struct experiment *experiment = &work->experiment;
    SYNRL_TRY(network_create(work->core, experiment->model, experiment->loss, experiment->data,
                             n_samples, made));
    const synrl_status status = network_bind(*made, samples);
    if (status != SYNRL_OK) {
        network_destroy(*made);
        *made = NULL;
    }
    return status;
}

static synrl_status allocate(struct work *work) {
    work->layout = network_layout(work->network);
    const size_t n_outputs = work->layout->n_outputs, n_synapses = work->layout->n_synapses;
    work->outputs = core_alloc(work->core, SAMPLES_N, n_outputs * sizeof(float));
    work->others = core_alloc(work->core, SAMPLES_N, n_outputs * sizeof(float));
    work->weights = core_alloc(work->core, n_synapses, sizeof(float));
    work->moved = core_alloc(work->core, n_synapses, sizeof(float));
    return work->outputs != NULL && work->others != NULL && work->weights != NULL &&
                   work->moved != NULL
               ? SYNRL_OK
               : SYNRL_NO_MEMORY;
}

static void close_work(struct work *work) {
    network_destroy(work->network);
    core_free(work->core, work->outputs);
    core_free(work->core, work->others);
    core_free(work->core, work->weights);
    core_free(work->core, work->moved);
    experiment_close(&work->experiment);
}

static synrl_status forward(struct network *network, float *outputs) {
    struct pass pass;
    return network_pass(network, &(struct pass_options){.outputs = outputs}, &pass);
}

/* Weights and outputs as they are at first. */
static synrl_status begin(struct work *work) {
    SYNRL_TRY(allocate(work));
    network_get_weights(work->network, work->weights);
    return forward(work->network, work->outputs);
}

typedef synrl_status (*action)(struct work *work, void *context);

static synrl_status act_on(struct work *work, action act, void *context) {
    SYNRL_TRY(begin(work));
    const synrl_status status = act(work, context);
    if (status == SYNRL_OK || status == SYNRL_UNSUPPORTED) {
        return status;
    }
    char where[64];
    snprintf(where, sizeof where, "on %s", work->experiment.name);
    return core_fail_in(work->core, status, where);
}

/* Acts on each kind of data that the model accepts, and notes the others in `refused`, unless it is
 * NULL. On none: fails as the last did, unless there are several layers. */
static synrl_status on_each_with(struct subject *subject, size_t n_layers, action act,
                                 void *context, struct report *refused) {
    size_t n_accepted = 0;
    synrl_status status = SYNRL_OK;
    for (int i = 0; i < N_SAMPLES_KINDS && status == SYNRL_OK; i++) {
        struct work work = {.subject = subject, .core = subject->core};
        status = open_experiment(subject, (enum samples)i, n_layers, &work.experiment);
        if (status == SYNRL_OK) {
            status = make_network(&work, SAMPLES_N, NULL, &work.network);
        }
        if (status == SYNRL_OK) {
            n_accepted++;
            status = act_on(&work, act, context);
        } else if (i + 1 < N_SAMPLES_KINDS || n_accepted > 0 || n_layers > 1) {
            status = SYNRL_OK;
            if (refused != NULL) {
                report_note(refused, "data", "not %son %s: %s",
                            n_layers > 1 ? "twice, one after another, " : "",
                            samples_name((enum samples)i), subject->core->message);
            }
        }
        close_work(&work);
    }
    return status;
}

static synrl_status on_each(struct subject *subject, action act, void *context,
                            struct report *refused) {
    SYNRL_TRY(on_each_with(subject, 1, act, context, refused));
    return subject->request->kind == SYNRL_KIND_LAYER
               ? on_each_with(subject, 2, act, context, refused)
               : SYNRL_OK;
}

/* Bits ------------------------------------------------------------------------------------------ */

static synrl_status trace_work(struct work *work, void *context) {
    struct trace *trace = context;
    const size_t n_outputs = work->layout->n_outputs;
    trace_add(trace, work->weights, work->layout->n_synapses * sizeof(float),
              "the initial weights on %s", work->experiment.name);
    for (int i = 0; i < 2; i++) { /* a pass runs forwards through the blocks, the next backwards */
        SYNRL_TRY(forward(work->network, work->outputs));
        trace_add(trace, work->outputs, SAMPLES_N * n_outputs * sizeof(float), "the outputs on %s",
                  work->experiment.name);
    }
    return trial_run(work->core, &work->experiment, trace);
}

static synrl_status trace_model(struct subject *subject, struct trace *trace) {
    return on_each(subject, trace_work, trace, NULL);
}

/* Outputs --------------------------------------------------------------------------------------- */

static synrl_status look_at_outputs(struct work *work, void *context) {
    const size_t n = SAMPLES_N * work->layout->n_outputs;
    (void)context;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(work->outputs[i])) {
            return core_fail(work->core, SYNRL_INVALID, "output %zu of sample %zu is %g",
                             i % work->layout->n_outputs, i / work->layout->n_outputs,
                             (double)work->outputs[i]);
        }
    }
    SYNRL_TRY(forward(work->network, work->others));
    return memcmp(work->outputs, work->others, n * sizeof(float)) == 0
               ? SYNRL_OK
               : core_fail(work->core, SYNRL_INVALID, "differ when forward is called again");
}

static synrl_status check_outputs(struct subject *subject) {
    return on_each(subject, look_at_outputs, NULL, subject->report);
}

/* A batch of n samples, in another order, gives each the outputs that it had among all. */
static synrl_status compare_batch(struct work *work, size_t n) {
    const size_t n_outputs = work->layout->n_outputs;
    uint32_t samples[64];
    struct network *network;
    for (size_t i = 0; i < n; i++) {
        samples[i] = (uint32_t)((7 + 31 * i) % SAMPLES_N);
    }
    SYNRL_TRY(make_network(work, n, samples, &network));
    const synrl_status status = forward(network, work->others);
    network_destroy(network);
    SYNRL_TRY(status);
    for (size_t i = 0; i < n; i++) {
        const float *wanted = work->outputs + samples[i] * n_outputs;
        const float *got = work->others + i * n_outputs;
        if (memcmp(wanted, got, n_outputs * sizeof(float)) != 0) {
            return core_fail(work->core, SYNRL_INVALID,
                             "sample %u has output %.9g in a batch of %d, and %.9g in one of %zu: "
                             "must depend on the sample only",
                             samples[i], (double)wanted[0], SAMPLES_N, (double)got[0], n);
        }
    }
    return SYNRL_OK;
}

static synrl_status look_at_batches(struct work *work, void *context) {
    static const size_t sizes[] = {1, 16, 17, 40};
    (void)context;
    for (size_t i = 0; i < SYNRL_COUNT(sizes); i++) {
        SYNRL_TRY(compare_batch(work, sizes[i]));
    }
    return SYNRL_OK;
}

static synrl_status check_batches(struct subject *subject) {
    return on_each(subject, look_at_batches, NULL, NULL);
}

/* Weights --------------------------------------------------------------------------------------- */

/* Whether the outputs are those of `others`, to the rounding of sums. */
static bool are_near(const struct work *work) {
    const size_t n = SAMPLES_N * work->layout->n_outputs;
    double largest = 0.0, apart = 0.0;
    for (size_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs((double)work->outputs[i]));
        apart += fabs((double)work->outputs[i] - (double)work->others[i]) > 1e-3 * (1.0 + largest);
    }
    return apart <= 0.01 * (double)n; /* thresholds may turn a few */
}

/* A network that acted, and one that is given the weights it came to. The actions of the last act
 * must stay until the network is done with. */
static synrl_status act_and_give(struct work *work, int8_t *actions) {
    struct network *network;
    for (size_t i = 0; i < work->layout->n_synapses; i++) {
        actions[i] = (int8_t)((int)((i * 2654435761U >> 7) % 3) - 1);
    }
    for (int i = 0; i < 5; i++) {
        network_act(work->network, actions, 0.03F, 1.0F);
        SYNRL_TRY(forward(work->network, work->outputs));
    }
    network_get_weights(work->network, work->moved);
    SYNRL_TRY(make_network(work, SAMPLES_N, NULL, &network));
    network_set_weights(network, work->moved);
    const synrl_status status = forward(network, work->others);
    network_destroy(network);
    return status;
}

static synrl_status look_at_weights(struct work *work, void *context) {
    int8_t *actions = core_alloc(work->core, work->layout->n_synapses, 1);
    (void)context;
    if (actions == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const synrl_status status = act_and_give(work, actions);
    core_free(work->core, actions);
    SYNRL_TRY(status);
    return are_near(work) ? SYNRL_OK
                          : core_fail(work->core, SYNRL_INVALID,
                                      "a network that moved to some weights and one that was given "
                                      "them have other outputs: does forward read other weights "
                                      "than those of its pass?");
}

static synrl_status check_weights(struct subject *subject) {
    return on_each(subject, look_at_weights, NULL, NULL);
}

/* Synapses -------------------------------------------------------------------------------------- */

/* Moves one weight by several distances until an output changes. */
static synrl_status try_synapse(struct work *work, size_t synapse, bool *has_influence) {
    static const float distances[] = {0.5F, -0.5F, 8.0F, -8.0F, 64.0F, -64.0F};
    const size_t n_bytes = SAMPLES_N * work->layout->n_outputs * sizeof(float);
    *has_influence = false;
    for (size_t d = 0; d < SYNRL_COUNT(distances) && !*has_influence; d++) {
        memcpy(work->moved, work->weights, work->layout->n_synapses * sizeof(float));
        work->moved[synapse] += distances[d];
        network_set_weights(work->network, work->moved);
        SYNRL_TRY(forward(work->network, work->others));
        *has_influence = memcmp(work->outputs, work->others, n_bytes) != 0;
    }
    return SYNRL_OK;
}

static size_t tensor_size(const synrl_tensor *tensor) {
    return tensor->n_rows * tensor->n_columns;
}

static synrl_status try_tensor(struct work *work, const synrl_tensor *tensor) {
    enum { N_TRIED = 12 };
    const size_t size = tensor_size(tensor), n = size < N_TRIED ? size : N_TRIED;
    size_t n_idle = 0, first_idle = 0;
    for (size_t i = 0; i < n; i++) {
        bool has_influence;
        const size_t at = n > 1 ? i * (size - 1) / (n - 1) : 0;
        SYNRL_TRY(try_synapse(work, tensor->first + at, &has_influence));
        if (!has_influence && n_idle++ == 0) {
            first_idle = at;
        }
    }
    if (n_idle == n) {
        return core_fail(work->core, SYNRL_INVALID,
                         "none of %zu synapses of \"%s\" that were moved changes an output", n,
                         tensor->name);
    }
    if (n_idle > 0) {
        report_note(work->subject->report, "synapses",
                    "on %s: %zu of %zu synapses of \"%s\" that were moved change no output, the "
                    "first number %zu",
                    work->experiment.name, n_idle, n, tensor->name, first_idle);
    }
    return SYNRL_OK;
}

static synrl_status look_at_synapses(struct work *work, void *context) {
    (void)context;
    network_set_weights(work->network, work->weights);
    SYNRL_TRY(forward(work->network, work->outputs));
    for (size_t t = 0; t < work->layout->n_tensors; t++) {
        SYNRL_TRY(try_tensor(work, &work->layout->tensors[t]));
    }
    return SYNRL_OK;
}

static synrl_status check_synapses(struct subject *subject) {
    return on_each(subject, look_at_synapses, NULL, NULL);
}

/* Gradient -------------------------------------------------------------------------------------- */

struct point {
    struct work *work;
    size_t synapse;
    synrl_status status;
};

static double loss_at(void *context, double distance) {
    struct point *point = context;
    struct work *work = point->work;
    struct pass pass = {.loss = (double)NAN};
    memcpy(work->moved, work->weights, work->layout->n_synapses * sizeof(float));
    work->moved[point->synapse] += (float)distance;
    network_set_weights(work->network, work->moved);
    const synrl_status status =
        network_pass(work->network, &(struct pass_options){.watch = NULL}, &pass);
    point->status = point->status == SYNRL_OK ? status : point->status;
    return pass.loss;
}

static synrl_status compare_tensor(struct work *work, const synrl_tensor *tensor,
                                   const float *gradient, double scale) {
    enum { N_COMPARED = 12 };
    struct slopes slopes = {.n_smooth = 0};
    const size_t size = tensor_size(tensor), n = size < N_COMPARED ? size : N_COMPARED;
    for (size_t i = 0; i < n; i++) {
        const size_t at = n > 1 ? i * (size - 1) / (n - 1) : 0;
        struct point point = {work, tensor->first + at, SYNRL_OK};
        slopes_compare(&slopes, loss_at, &point, (double)gradient[tensor->first + at], scale, at);
        SYNRL_TRY(point.status);
    }
    return slopes.n_wrong <= slopes.n_smooth / 4
               ? SYNRL_OK
               : core_fail(work->core, SYNRL_INVALID,
                           "is %g for synapse %zu of \"%s\", where differences of the loss give %g "
                           "(wrong for %zu of %zu synapses of it)",
                           slopes.worst_slope, slopes.worst, tensor->name, slopes.worst_difference,
                           slopes.n_wrong, slopes.n_smooth);
}

static synrl_status compare_gradient(struct work *work, const float *gradient) {
    double scale = 0.0;
    for (size_t i = 0; i < work->layout->n_synapses; i++) {
        scale = fmax(scale, fabs((double)gradient[i]));
    }
    for (size_t t = 0; t < work->layout->n_tensors; t++) {
        SYNRL_TRY(compare_tensor(work, &work->layout->tensors[t], gradient, scale));
    }
    return SYNRL_OK;
}

/* By the weights, and, where the model has it, by a copy of them as feedback. */
static synrl_status look_at_both(struct work *work, float *gradient) {
    struct pass pass;
    SYNRL_TRY(network_gradient(work->network, NULL, gradient, &pass));
    SYNRL_TRY(compare_gradient(work, gradient));
    network_set_weights(work->network, work->weights);
    synrl_status status = network_gradient(work->network, work->weights, gradient, &pass);
    if (status == SYNRL_UNSUPPORTED) {
        return SYNRL_OK;
    }
    status = status == SYNRL_OK ? compare_gradient(work, gradient) : status;
    return status == SYNRL_OK ? SYNRL_OK : core_fail_in(work->core, status, "by backward_by");
}

static synrl_status look_at_gradient(struct work *work, void *context) {
    (void)context;
    SYNRL_TRY(network_differentiable(work->network));
    float *gradient = core_alloc(work->core, work->layout->n_synapses, sizeof *gradient);
    const synrl_status status = gradient != NULL ? look_at_both(work, gradient) : SYNRL_NO_MEMORY;
    core_free(work->core, gradient);
    return status;
}

static synrl_status check_gradient(struct subject *subject) {
    return on_each(subject, look_at_gradient, NULL, NULL);
}

static synrl_status look_at_resume(struct work *work, void *context) {
    (void)context;
    return trial_resume(work->core, &work->experiment);
}

static synrl_status check_resume(struct subject *subject) {
    return on_each(subject, look_at_resume, NULL, NULL);
}

static const struct check checks[] = {
    {"outputs", check_outputs},   {"batches", check_batches},   {"weights", check_weights},
    {"synapses", check_synapses}, {"gradient", check_gradient}, {"resume", check_resume},
};
const struct kind_checks model_checks = {trace_model, SYNRL_COUNT(checks), checks};
