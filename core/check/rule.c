/* SPDX-License-Identifier: MIT */
/* A rule runs in two experiments: one with floats and one batch, one with bytes and batches that
 * change. Where it cannot do with their units, these are sigmoid. */
#include "check/rule.h"

#include "check/samples.h"
#include "check/trial.h"
#include "train/rule.h"

static const struct setting {
    const char *name, *loss;
    enum samples samples;
    size_t batch_size;
    uint64_t batch_every;
} settings[] = {
    {"on one batch", "mse", SAMPLES_PLANE, 0, 0},
    {"on batches redrawn every 8 iterations", "cross_entropy", SAMPLES_PICTURES, 300, 8},
};

static synrl_status open_experiment(struct subject *subject, const struct setting *setting,
                                    bool is_sigmoid, struct experiment *experiment) {
    *experiment = (struct experiment){.name = setting->name,
                                      .batch_size = setting->batch_size,
                                      .batch_every = setting->batch_every};
    SYNRL_TRY(samples_create(subject->core, setting->samples, &experiment->data));
    const synrl_data *data = dataset_data(experiment->data);
    SYNRL_TRY(subject_component(subject, data, &experiment->rule));
    SYNRL_TRY(is_sigmoid
                  ? subject_sigmoid_mlp(subject, data, &experiment->model)
                  : subject_helper(subject, SYNRL_KIND_MODEL, "mlp", data, &experiment->model));
    return subject_helper(subject, SYNRL_KIND_LOSS, setting->loss, data, &experiment->loss);
}

typedef synrl_status (*in_experiment)(struct subject *subject, const struct experiment *experiment,
                                      void *context);

static synrl_status in_one(struct subject *subject, const struct setting *setting, bool is_sigmoid,
                           in_experiment act, void *context) {
    struct experiment experiment;
    synrl_status status = open_experiment(subject, setting, is_sigmoid, &experiment);
    if (status == SYNRL_OK) {
        status = act(subject, &experiment, context);
    }
    experiment_close(&experiment);
    return status;
}

/* In both experiments; the message says in which it failed. */
static synrl_status in_each(struct subject *subject, in_experiment act, void *context) {
    for (size_t i = 0; i < SYNRL_COUNT(settings); i++) {
        synrl_status status = in_one(subject, &settings[i], false, act, context);
        if (status == SYNRL_UNSUPPORTED) {
            status = in_one(subject, &settings[i], true, act, context);
        }
        if (status != SYNRL_OK && status != SYNRL_UNSUPPORTED) {
            core_fail_in(subject->core, status, settings[i].name);
        }
        SYNRL_TRY(status);
    }
    return SYNRL_OK;
}

static synrl_status trace_run(struct subject *subject, const struct experiment *experiment,
                              void *trace) {
    return trial_run(subject->core, experiment, trace);
}

static synrl_status trace_rule(struct subject *subject, struct trace *trace) {
    return in_each(subject, trace_run, trace);
}

/* Whether anything has come of it. */
static synrl_status move(struct subject *subject, const struct experiment *experiment,
                         void *context) {
    struct trace *trace = context;
    trace->n = 0;
    SYNRL_TRY(trial_run(subject->core, experiment, trace));
    return trial_moved(trace)
               ? SYNRL_OK
               : core_fail(subject->core, SYNRL_INVALID, "no weight is another after %d iterations",
                           TRIAL_ITERATIONS);
}

static synrl_status check_moves(struct subject *subject) {
    struct trace *trace = core_alloc(subject->core, 1, sizeof *trace);
    const synrl_status status = trace != NULL ? in_each(subject, move, trace) : SYNRL_NO_MEMORY;
    core_free(subject->core, trace);
    return status;
}

static synrl_status resume(struct subject *subject, const struct experiment *experiment,
                           void *context) {
    (void)context;
    return trial_resume(subject->core, experiment);
}

static synrl_status check_resume(struct subject *subject) {
    return in_each(subject, resume, NULL);
}

static synrl_status replay(struct subject *subject, const struct experiment *experiment,
                           void *context) {
    (void)context;
    return trial_replay(subject->core, experiment);
}

static synrl_status check_replay(struct subject *subject) {
    return in_each(subject, replay, NULL);
}

/* Traits ---------------------------------------------------------------------------------------- */

/* Whether the rule ends with the same weights when it is granted only some of its traits. */
static bool suffice(struct subject *subject, const struct experiment *experiment, uint32_t traits) {
    uint64_t with, without;
    return trial_weights(subject->core, experiment, rule_traits(experiment->rule), &with) ==
               SYNRL_OK &&
           trial_weights(subject->core, experiment, traits, &without) == SYNRL_OK &&
           with == without;
}

/* Of the traits that a rule declares, those that it can do without. */
struct unused {
    bool reads_more; /* it declares that, and not only losses */
    bool all, more;  /* SYNRL_RULE_READS_LOSS would do */
};

static synrl_status find_unused(struct subject *subject, const struct experiment *experiment,
                                void *context) {
    struct unused *unused = context;
    const uint32_t traits = rule_traits(experiment->rule);
    unused->reads_more = (traits & SYNRL_RULE_READS_MORE) != 0;
    unused->all = unused->all && (traits & (SYNRL_RULE_READS_LOSS | SYNRL_RULE_READS_MORE)) != 0 &&
                  suffice(subject, experiment, 0);
    unused->more =
        unused->more && unused->reads_more && suffice(subject, experiment, SYNRL_RULE_READS_LOSS);
    return SYNRL_OK;
}

static synrl_status check_traits(struct subject *subject) {
    struct unused unused = {.all = true, .more = true};
    SYNRL_TRY(in_each(subject, find_unused, &unused));
    if (unused.all) {
        return core_fail(subject->core, SYNRL_UNSUPPORTED,
                         "declares %s, and ends with the same weights without it",
                         unused.reads_more ? "SYNRL_RULE_READS_MORE" : "SYNRL_RULE_READS_LOSS");
    }
    return unused.more ? core_fail(subject->core, SYNRL_UNSUPPORTED,
                                   "declares SYNRL_RULE_READS_MORE, and ends with the same weights "
                                   "with SYNRL_RULE_READS_LOSS, with which it could be replayed")
                       : SYNRL_OK;
}

static const struct check checks[] = {
    {"moves", check_moves},
    {"resume", check_resume},
    {"replay", check_replay},
    {"traits", check_traits},
};
const struct kind_checks rule_checks = {trace_rule, SYNRL_COUNT(checks), checks};
