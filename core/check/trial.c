/* SPDX-License-Identifier: MIT */
#include "check/trial.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "check/scratch.h"
#include "record/recorder.h"
#include "runs/replay.h"
#include "train/environment.h"
#include "train/evaluate.h"
#include "train/rule.h"
#include "train/trainer.h"

static struct train_options options_of(const struct experiment *experiment) {
    return (struct train_options){.name = "check",
                                  .data = experiment->data,
                                  .model = experiment->model,
                                  .loss = experiment->loss,
                                  .rule = experiment->rule,
                                  .iterations = TRIAL_ITERATIONS,
                                  .seed = 1,
                                  .batch_size = experiment->batch_size,
                                  .batch_every = experiment->batch_every,
                                  .record_every = 1};
}

/* A run that is watched ------------------------------------------------------------------------ */

enum { N_SAVED = (TRIAL_ITERATIONS - 1) / TRIAL_SAVED_EVERY };

struct watched {
    struct core *core;
    struct trainer *trainer;
    struct trace *trace;
    float *weights;
    void *saved[N_SAVED]; /* states, one after another */
    size_t n_saved;
};

static synrl_status see_record(void *context, const struct metrics *metrics) {
    struct watched *watched = context;
    const size_t n = trainer_layout(watched->trainer)->n_synapses;
    const uint64_t at = metrics->iteration;
    const double seen[] = {metrics->loss, metrics->accuracy, metrics->reward_rate};
    const struct metric_names *own = trainer_metric_names(watched->trainer);
    trainer_weights(watched->trainer, watched->weights);
    trace_add(watched->trace, watched->weights, n * sizeof(float),
              "weights after iteration %" PRIu64, at);
    trace_add(watched->trace, seen, sizeof seen, "loss after iteration %" PRIu64, at);
    for (size_t m = 0; m < own->n; m++) {
        trace_add(watched->trace, &metrics->own[m], sizeof(double), "%s after iteration %" PRIu64,
                  own->names[m], at);
    }
    return SYNRL_OK;
}

static synrl_status see_checkpoint(void *context) {
    struct watched *watched = context;
    if (watched->n_saved == N_SAVED) {
        return SYNRL_OK;
    }
    void *state = core_alloc(watched->core, trainer_state_size(watched->trainer), 1);
    if (state == NULL) {
        return SYNRL_NO_MEMORY;
    }
    watched->saved[watched->n_saved++] = state;
    return trainer_save(watched->trainer, state);
}

static void forget(struct watched *watched) {
    trainer_destroy(watched->trainer);
    core_free(watched->core, watched->weights);
    watched->trainer = NULL;
    watched->weights = NULL;
}

static void forget_saved(struct watched *watched) {
    for (size_t i = 0; i < watched->n_saved; i++) {
        core_free(watched->core, watched->saved[i]);
    }
    watched->n_saved = 0;
}

/* Runs from a state, or from the start where it is NULL. */
static synrl_status run(struct watched *watched, const struct train_options *options,
                        const void *state) {
    struct core *core = watched->core;
    SYNRL_TRY(trainer_create(core, options, &watched->trainer));
    watched->weights =
        core_alloc(core, trainer_layout(watched->trainer)->n_synapses, sizeof(float));
    if (watched->weights == NULL) {
        return SYNRL_NO_MEMORY;
    }
    if (state != NULL) {
        SYNRL_TRY(trainer_load(watched->trainer, state, trainer_state_size(watched->trainer)));
    }
    const struct observer observer = {watched, see_record, NULL, NULL, see_checkpoint, NULL};
    return trainer_run(watched->trainer, 1, &observer);
}

synrl_status trial_run(struct core *core, const struct experiment *experiment,
                       struct trace *trace) {
    const struct train_options options = options_of(experiment);
    struct watched watched = {.core = core, .trace = trace};
    const synrl_status status = run(&watched, &options, NULL);
    forget(&watched);
    return status;
}

bool trial_moved(const struct trace *trace) {
    static const char weights[] = "weights after";
    for (size_t i = trace->n; i-- > 0;) {
        if (strncmp(trace->items[i].name, weights, sizeof weights - 1) == 0) {
            return trace->items[i].hash != trace->items[0].hash;
        }
    }
    return false;
}

/* Saved and loaded ----------------------------------------------------------------------------- */

static const synrl_rule_ops *rule_ops(const struct experiment *experiment) {
    return component_plugin(experiment->rule)->entry->ops;
}

/* Whether it says itself what it remembers. */
static bool has_state(const struct experiment *experiment) {
    return SYNRL_OFFERS(rule_ops(experiment), state);
}

static const char *who(const struct experiment *experiment) {
    return component_host(experiment->rule)->who;
}

static synrl_status fail_resumed(struct watched *watched, const struct experiment *experiment,
                                 size_t number, const char *difference) {
    return core_fail(
        watched->core, SYNRL_INVALID,
        "saved after %zu iterations and loaded into another instance, a run differs in %s: %s",
        (number + 1) * TRIAL_SAVED_EVERY, difference,
        has_state(experiment) ? "something it remembers is not in its `state`"
                              : "it is SYNRL_RULE_STATELESS, and remembers something");
}

struct traces {
    struct trace straight, saving, resumed;
};

static synrl_status resume_each(struct watched *watched, const struct train_options *options,
                                const struct experiment *experiment, struct traces *traces) {
    for (size_t i = 0; i < watched->n_saved; i++) {
        struct watched again = {.core = watched->core, .trace = &traces->resumed};
        traces->resumed.n = 0;
        const synrl_status status = run(&again, options, watched->saved[i]);
        forget(&again);
        forget_saved(&again);
        SYNRL_TRY(status);
        const char *difference = trace_difference_at_end(&traces->straight, &traces->resumed);
        if (difference != NULL) {
            return fail_resumed(watched, experiment, i, difference);
        }
    }
    return SYNRL_OK;
}

static synrl_status compare_resumed(struct watched *watched, const struct experiment *experiment,
                                    struct traces *traces) {
    struct train_options options = options_of(experiment);
    SYNRL_TRY(trial_run(watched->core, experiment, &traces->straight));
    options.checkpoint_every = TRIAL_SAVED_EVERY;
    watched->trace = &traces->saving;
    const synrl_status status = run(watched, &options, NULL);
    forget(watched);
    SYNRL_TRY(status);
    const char *difference = trace_difference(&traces->straight, &traces->saving);
    if (difference != NULL) {
        return core_fail(watched->core, SYNRL_INVALID,
                         "a run that is saved on the way differs in %s: `state` changes what it "
                         "visits",
                         difference);
    }
    return resume_each(watched, &options, experiment, traces);
}

synrl_status trial_resume(struct core *core, const struct experiment *experiment) {
    if (!has_state(experiment) && (rule_traits(experiment->rule) & SYNRL_RULE_STATELESS) == 0) {
        return core_fail(core, SYNRL_UNSUPPORTED,
                         "%s cannot be resumed: it offers no `state` and is not "
                         "SYNRL_RULE_STATELESS",
                         who(experiment));
    }
    struct traces *traces = core_alloc(core, 1, sizeof *traces);
    if (traces == NULL) {
        return SYNRL_NO_MEMORY;
    }
    struct watched watched = {.core = core};
    const synrl_status status = compare_resumed(&watched, experiment, traces);
    forget_saved(&watched);
    core_free(core, traces);
    return status;
}

/* Recorded and replayed ------------------------------------------------------------------------ */

struct recorded {
    char *folder; /* of runs */
    struct trainer *trainer;
    struct recorder *recorder;
    struct replay *replay;
    float *weights, *replayed;
};

static synrl_status record(struct core *core, const struct experiment *experiment,
                           struct recorded *recorded) {
    const struct train_options options = options_of(experiment);
    SYNRL_TRY(scratch_make(core, &recorded->folder));
    const struct recorder_options where = {.folder = recorded->folder};
    SYNRL_TRY(trainer_create(core, &options, &recorded->trainer));
    SYNRL_TRY(recorder_create(core, recorded->trainer, &where, &recorded->recorder));
    const struct observer observer = recorder_observer(recorded->recorder);
    return recorder_finish(recorded->recorder, trainer_run(recorded->trainer, 1, &observer));
}

static synrl_status replay(struct core *core, struct recorded *recorded) {
    const size_t n = trainer_layout(recorded->trainer)->n_synapses;
    recorded->weights = core_alloc(core, n, sizeof(float));
    recorded->replayed = core_alloc(core, n, sizeof(float));
    if (recorded->weights == NULL || recorded->replayed == NULL) {
        return SYNRL_NO_MEMORY;
    }
    trainer_weights(recorded->trainer, recorded->weights);
    SYNRL_TRY(replay_open(core, recorder_folder(recorded->recorder), 0, &recorded->replay));
    for (uint64_t i = 0; i < replay_iterations(recorded->replay); i++) {
        SYNRL_TRY(replay_step(recorded->replay));
    }
    replay_weights(recorded->replay, recorded->replayed);
    for (size_t i = 0; i < n; i++) {
        if (memcmp(&recorded->weights[i], &recorded->replayed[i], sizeof(float)) != 0) {
            return core_fail(core, SYNRL_INVALID,
                             "replayed from its rewards, a run ends with other weights, first of "
                             "synapse %zu: %.9g and not %.9g",
                             i, (double)recorded->replayed[i], (double)recorded->weights[i]);
        }
    }
    return SYNRL_OK;
}

synrl_status trial_replay(struct core *core, const struct experiment *experiment) {
    struct recorded recorded = {.folder = NULL};
    if ((rule_traits(experiment->rule) & SYNRL_RULE_READS_MORE) != 0) {
        return core_fail(core, SYNRL_UNSUPPORTED,
                         "cannot be replayed without data: it is SYNRL_RULE_READS_MORE");
    }
    synrl_status status = record(core, experiment, &recorded);
    if (status == SYNRL_OK) {
        status = replay(core, &recorded);
    }
    replay_close(recorded.replay);
    recorder_destroy(recorded.recorder);
    trainer_destroy(recorded.trainer);
    core_free(core, recorded.weights);
    core_free(core, recorded.replayed);
    scratch_remove(core, recorded.folder);
    return status;
}

/* With fewer traits ---------------------------------------------------------------------------- */

static synrl_status drive(struct environment *environment, struct rule *rule, uint32_t traits) {
    synrl_env *env = environment_public(environment);
    environment_set_rule(environment, &rule->host, traits, true);
    SYNRL_TRY(rule_start(rule, env));
    SYNRL_TRY(environment_check(environment));
    environment_set_rule(environment, &rule->host, traits, false);
    for (uint64_t i = 0; i < TRIAL_ITERATIONS; i++) {
        SYNRL_TRY(environment_begin(environment, i, false));
        SYNRL_TRY(rule_step(rule, env));
        SYNRL_TRY(environment_check(environment));
    }
    SYNRL_TRY(rule_finish(rule, env));
    return environment_check(environment);
}

static synrl_status hash_weights(struct core *core, struct environment *environment,
                                 uint64_t *hash) {
    struct network *network = environment_network(environment);
    const size_t n = network_layout(network)->n_synapses;
    float *weights = core_alloc(core, n, sizeof *weights);
    if (weights == NULL) {
        return SYNRL_NO_MEMORY;
    }
    network_get_weights(network, weights);
    *hash = weights_hash(weights, n);
    core_free(core, weights);
    return SYNRL_OK;
}

synrl_status trial_weights(struct core *core, const struct experiment *experiment, uint32_t traits,
                           uint64_t *hash) {
    const struct train_options options = options_of(experiment);
    struct environment *environment;
    struct rule rule = {.component = NULL};
    SYNRL_TRY(environment_create(core, &options, &environment));
    synrl_status status = rule_create(&rule, core, experiment->rule);
    if (status == SYNRL_OK) {
        status = drive(environment, &rule, traits);
    }
    if (status == SYNRL_OK) {
        status = hash_weights(core, environment, hash);
    }
    rule_clear(&rule);
    environment_destroy(environment);
    return status;
}
