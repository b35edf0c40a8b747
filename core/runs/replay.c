/* SPDX-License-Identifier: MIT */
/* The environment of a replay: it moves the model's weights, and takes the rewards from the record.
 *
 * The bits of the weights depend on when the model bound a batch, so the replay binds one whenever
 * the run did: always the same one, of one sample whose values are not used. */
#include "runs/replay.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/host.h"
#include "base/json.h"
#include "engine/engine.h"
#include "engine/pool.h"
#include "plugin/component.h"
#include "plugin/component_json.h"
#include "plugin/host.h"
#include "policy/policy.h"
#include "runs/changes.h"
#include "runs/run_files.h"
#include "runs/trained.h"
#include "train/model.h"
#include "train/rule.h"
#include "train/step_check.h"

struct replay {
    struct core *core;
    json_t *json;
    struct component *model_component, *rule_component;
    struct model model;
    struct rule rule;
    synrl_batch *batch;
    uint64_t batch_every; /* 0: one batch for the whole run */
    uint8_t *rewards;
    double *losses; /* [2 n_iterations], NULL for a rule that does not read them */
    uint64_t n_iterations;
    synrl_env env, kept;   /* kept: as the rule must leave it */
    synrl_layout layout;   /* the rule's copy, */
    synrl_tensor *tensors; /* and of the tensors */
    char failure[1024];    /* what a call of this iteration failed with; "": none has */
    synrl_outcome outcome;
    int8_t *actions;
    float *alphas; /* [n_tensors] */
    bool is_creating, has_stepped, can_undo;
    bool has_finish;   /* the run has ended */
    bool as_published; /* after a redraw the old loss is that of the old batch */
    double old_loss;   /* of the last step; NaN: none yet */
    double alpha;
};

/* The environment ------------------------------------------------------------------------------ */

static struct replay *replay_of(const synrl_env *env) {
    return env->context;
}

/* The loss before the step of this iteration, and after it. */
static double recorded_loss(const struct replay *replay, bool is_after) {
    return replay->losses != NULL && replay->env.iteration < replay->n_iterations
               ? replay->losses[2 * replay->env.iteration + is_after]
               : (double)NAN;
}

/* As in a run: a rule can have kept the environment from an operation that may drive. */
static synrl_status enter(struct replay *replay, const char *call) {
    const struct operation *running = replay->core->running;
    struct host *rule = &replay->rule.host;
    const bool is_driving = running->who == rule->who && (strcmp(running->name, "create") == 0 ||
                                                          strcmp(running->name, "step") == 0 ||
                                                          strcmp(running->name, "finish") == 0);
    if (!is_driving) {
        host_violate(rule, "called env->%s: only create, step and finish may", call);
        return SYNRL_INVALID;
    }
    if (pool_is_running(replay->core->pool)) {
        host_violate(rule, "called env->%s from a worker: only the main thread may", call);
        return SYNRL_INVALID;
    }
    return SYNRL_OK;
}

/* Names the rule and the call, and notes the failure, so that a rule cannot pass over it. */
static synrl_status leave(struct replay *replay, const char *call, synrl_status status) {
    if (status != SYNRL_OK) {
        const bool is_named = strncmp(replay->core->message, "env->", strlen("env->")) == 0;
        core_fail(replay->core, status, "%s: %s%s%s%s", replay->rule.host.who,
                  is_named ? "" : "env->", is_named ? "" : call, is_named ? "" : ": ",
                  replay->core->message);
        snprintf(replay->failure, sizeof replay->failure, "%s", replay->core->message);
    }
    return status;
}

static synrl_status take_step(struct replay *replay, const int8_t *actions,
                              const synrl_outcome **outcome) {
    const uint64_t iteration = replay->env.iteration;
    if (replay->is_creating) {
        return core_fail(replay->core, SYNRL_INVALID,
                         "env->step in create: no weight may move before the first step");
    }
    if (outcome == NULL) {
        return core_fail(
            replay->core, SYNRL_INVALID,
            "the outcome of a step is NULL, and the rule is not SYNRL_RULE_READS_MORE");
    }
    if (replay->has_stepped) {
        return core_fail(replay->core, SYNRL_INVALID,
                         "a second step in iteration %" PRIu64 ": a rule steps once an iteration",
                         iteration);
    }
    SYNRL_TRY(step_check_actions(replay->core, &replay->model.layout, actions));
    replay->has_stepped = replay->can_undo = true;
    memmove(replay->actions, actions, replay->model.layout.n_synapses);
    weights_act(replay->model.weights, replay->actions, replay->alphas);
    const double before = recorded_loss(replay, false);
    replay->outcome = (synrl_outcome){
        .size = sizeof(synrl_outcome),
        .reward = replay->rewards[iteration] != 0 ? 1 : -1,
        .old_loss = replay->as_published && !isnan(replay->old_loss) ? replay->old_loss : before,
        .loss = recorded_loss(replay, true)};
    replay->old_loss = replay->outcome.loss;
    *outcome = &replay->outcome;
    return SYNRL_OK;
}

static synrl_status env_step(synrl_env *env, const int8_t *actions, double alpha, double bias_scale,
                             const synrl_outcome **outcome) {
    struct replay *replay = replay_of(env);
    SYNRL_TRY(enter(replay, "step"));
    synrl_status status =
        step_alphas_uniform(replay->core, &replay->model.layout, alpha, bias_scale, replay->alphas);
    if (status == SYNRL_OK) {
        replay->alpha = alpha;
        status = take_step(replay, actions, outcome);
    }
    return leave(replay, "step", status);
}

static synrl_status env_step_tensors(synrl_env *env, const int8_t *actions, const double *alphas,
                                     const synrl_outcome **outcome) {
    struct replay *replay = replay_of(env);
    SYNRL_TRY(enter(replay, "step_tensors"));
    synrl_status status =
        step_alphas_of_tensors(replay->core, &replay->model.layout, alphas, replay->alphas);
    if (status == SYNRL_OK) {
        replay->alpha = (double)NAN;
        status = take_step(replay, actions, outcome);
    }
    return leave(replay, "step_tensors", status);
}

/* In a replay all synapses' actions are known: what it shows, and what an undo takes back. */
static synrl_status env_step_rank_one(synrl_env *env, const int8_t *u, const int8_t *v,
                                      double alpha, double bias_scale,
                                      const synrl_outcome **outcome) {
    struct replay *replay = replay_of(env);
    const synrl_layout *layout = &replay->model.layout;
    SYNRL_TRY(enter(replay, "step_rank_one"));
    synrl_status status =
        step_alphas_uniform(replay->core, layout, alpha, bias_scale, replay->alphas);
    status = status == SYNRL_OK ? step_check_rank_one(replay->core, layout, u, v) : status;
    if (status == SYNRL_OK) {
        replay->alpha = alpha;
        step_expand_rank_one(layout, u, v, replay->actions);
        status = take_step(replay, replay->actions, outcome);
    }
    return leave(replay, "step_rank_one", status);
}

static synrl_status env_undo(synrl_env *env) {
    struct replay *replay = replay_of(env);
    SYNRL_TRY(enter(replay, "undo"));
    if (!replay->can_undo) {
        return leave(
            replay, "undo",
            core_fail(replay->core, SYNRL_INVALID, "there is no step on this batch to take back"));
    }
    weights_undo(replay->model.weights, replay->actions, replay->alphas);
    replay->can_undo = false;
    replay->old_loss = (double)NAN; /* as in the environment: that before the step */
    return SYNRL_OK;
}

static synrl_status env_loss(synrl_env *env, double *loss) {
    struct replay *replay = replay_of(env);
    SYNRL_TRY(enter(replay, "loss"));
    if (!rule_reads_losses(&replay->rule) || loss == NULL) {
        return leave(replay, "loss",
                     core_fail(replay->core, SYNRL_INVALID, "%s",
                               loss == NULL ? "the loss must not be NULL"
                                            : "env->loss needs the trait SYNRL_RULE_READS_LOSS"));
    }
    *loss = recorded_loss(replay, replay->has_stepped && replay->can_undo);
    return SYNRL_OK;
}

/* Rules declare in advance what they read; only the calls that all rules may make work here. */
static synrl_status refuse(synrl_env *env) {
    struct replay *replay = replay_of(env);
    core_fail(replay->core, SYNRL_UNSUPPORTED,
              "%s needs more than rewards and losses: it cannot be replayed without data",
              replay->rule.host.who);
    snprintf(replay->failure, sizeof replay->failure, "%s", replay->core->message);
    return SYNRL_UNSUPPORTED;
}

static synrl_status env_differentiable(synrl_env *env) {
    return refuse(env);
}

static synrl_status env_probe(synrl_env *env, size_t n, const float *directions, double scale,
                              double *losses) {
    (void)n, (void)directions, (void)scale, (void)losses;
    return refuse(env);
}

static synrl_status env_probe_actions(synrl_env *env, size_t n, const int8_t *actions, double alpha,
                                      double bias_scale, double *losses) {
    (void)n, (void)actions, (void)alpha, (void)bias_scale, (void)losses;
    return refuse(env);
}

static synrl_status env_read(synrl_env *env, float *weights) {
    (void)weights;
    return refuse(env);
}

static synrl_status env_write(synrl_env *env, const float *weights) {
    (void)weights;
    return refuse(env);
}

static synrl_status env_gradient_by(synrl_env *env, const float *feedback, float *gradient,
                                    double *loss) {
    (void)feedback, (void)gradient, (void)loss;
    return refuse(env);
}

static synrl_status env_gradient(synrl_env *env, float *gradient, double *loss) {
    (void)gradient, (void)loss;
    return refuse(env);
}

/* After an operation of the rule: what it passed over, and what it must have left as it is. */
static synrl_status check_rule(const struct replay *replay) {
    const synrl_layout *layout = &replay->model.layout, *copy = &replay->layout;
    if (replay->failure[0] != '\0') {
        return core_fail(replay->core, SYNRL_INVALID, "%s (the rule passed over it)",
                         replay->failure);
    }
    if (memcmp(&replay->env, &replay->kept, sizeof replay->env) != 0 ||
        copy->n_synapses != layout->n_synapses || copy->n_tensors != layout->n_tensors ||
        memcmp(replay->tensors, layout->tensors, layout->n_tensors * sizeof *layout->tensors) !=
            0) {
        return core_fail(replay->core, SYNRL_INVALID,
                         "%s: changed the environment: all that env points to is the host's",
                         replay->rule.host.who);
    }
    return SYNRL_OK;
}

/* Opening -------------------------------------------------------------------------------------- */

static synrl_status fail_record(struct core *core, const char *folder, const char *what) {
    return core_fail(core, SYNRL_INVALID, "%s: cannot be replayed: %s", folder, what);
}

/* Reads what a replay needs from the record, and checks all of it. */
struct facts {
    json_int_t n_inputs, seed, n_samples, n_iterations, batch_size, batch_every;
    bool as_published;
    unsigned options;             /* of replay_open */
    const char *format, *weights; /* weights: the hash of those given to begin with, or NULL */
    json_t *model, *rule;
};

static synrl_status read_facts(struct core *core, const char *folder, json_t *json,
                               struct facts *facts) {
    const json_t *config = json_object_get(json, "config"),
                 *batch = json_object_get(config, "batch"), *data = json_object_get(config, "data");
    if (!json_take_integer(json_object_get(json, "summary"), "iterations", &facts->n_iterations)) {
        return fail_record(core, folder, "it has not ended; `synrl resume` continues it");
    }
    facts->model = json_object_get(config, "model");
    facts->rule = json_object_get(config, "rule");
    if (facts->model == NULL || facts->rule == NULL || batch == NULL ||
        !json_take_integer(config, "seed", &facts->seed) ||
        !json_take_integer(data, "inputs", &facts->n_inputs) ||
        !json_take_integer(data, "samples", &facts->n_samples) ||
        !json_take_text(data, "format", &facts->format) ||
        (json_is_object(batch) && (!json_take_integer(batch, "size", &facts->batch_size) ||
                                   !json_take_integer(batch, "every", &facts->batch_every)))) {
        return fail_record(core, folder, "run.json is incomplete");
    }
    const char *refresh = json_string_value(json_object_get(batch, "refresh"));
    facts->as_published = refresh != NULL && strcmp(refresh, "as_published") == 0;
    facts->weights = json_string_value(
        json_object_get(json_object_get(json_object_get(json, "config"), "weights"), "hash"));
    if (facts->n_samples < 1 || facts->n_inputs < 1 || facts->n_inputs > INT32_MAX ||
        facts->n_iterations < 0 || facts->batch_every < 0) {
        return fail_record(core, folder, "run.json is inconsistent");
    }
    return SYNRL_OK;
}

static synrl_status make_components(struct replay *replay, const char *folder,
                                    const struct facts *facts) {
    struct core *core = replay->core;
    const bool may_compile = (facts->options & REPLAY_MAY_COMPILE) != 0;
    char *policy_path = core_printf(core, "%s/policy.csv", folder);
    synrl_status status = policy_path != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    if (status == SYNRL_OK) {
        status = component_from_json(core, SYNRL_KIND_MODEL, facts->model, policy_path, may_compile,
                                     &replay->model_component);
    }
    if (status == SYNRL_OK) {
        status = component_from_json(core, SYNRL_KIND_RULE, facts->rule, policy_path, may_compile,
                                     &replay->rule_component);
    }
    core_free(core, policy_path);
    return status;
}

/* The weights that the run was given to begin with. */
static synrl_status set_given(struct replay *replay, const char *folder, const char *hash) {
    struct core *core = replay->core;
    float *weights = core_alloc(core, replay->model.layout.n_synapses, sizeof *weights);
    char *path = core_printf(core, "%s/weights-%.16s.npz", folder, hash);
    synrl_status status = SYNRL_NO_MEMORY;
    if (weights != NULL && path != NULL) {
        status = recorded_weights(core, path, &replay->model.layout, hash, weights);
    }
    if (status == SYNRL_OK) {
        weights_set(replay->model.weights, weights);
    }
    core_free(core, path);
    core_free(core, weights);
    return status;
}

static synrl_status make_model(struct replay *replay, const char *folder,
                               const struct facts *facts) {
    struct core *core = replay->core;
    const synrl_shape shape = recorded_shape(replay->json);
    SYNRL_TRY(model_create(&replay->model, core, replay->model_component, &shape));
    SYNRL_TRY(model_initial(&replay->model));
    if (facts->weights != NULL) {
        SYNRL_TRY(set_given(replay, folder, facts->weights));
    }
    const bool is_bytes = strcmp(facts->format, "bytes") == 0;
    SYNRL_TRY(
        batch_create(&replay->model.host.api, 1, shape.n_inputs, is_bytes, 1.0F, &replay->batch));
    void *nothing = core_alloc(core, shape.n_inputs, is_bytes ? 1 : sizeof(float));
    if (nothing == NULL) {
        return SYNRL_NO_MEMORY;
    }
    batch_fill(replay->batch, nothing, NULL);
    core_free(core, nothing);
    return weights_bind(replay->model.weights, replay->batch);
}

static synrl_status make_rule(struct replay *replay, const struct facts *facts) {
    const synrl_layout *layout = &replay->model.layout;
    replay->layout = *layout;
    replay->layout.tensors = replay->tensors =
        core_alloc(replay->core, layout->n_tensors, sizeof *replay->tensors);
    replay->env = (synrl_env){
        .size = sizeof(synrl_env),
        .context = replay,
        .layout = &replay->layout,
        .seed = (uint64_t)facts->seed,
        .n_samples = (size_t)(facts->batch_size > 0 ? facts->batch_size : facts->n_samples),
        .step = env_step,
        .step_tensors = env_step_tensors,
        .step_rank_one = env_step_rank_one,
        .undo = env_undo,
        .loss = env_loss,
        .probe = env_probe,
        .probe_actions = env_probe_actions,
        .weights = env_read,
        .set_weights = env_write,
        .shift = env_write,
        .differentiable = env_differentiable,
        .gradient = env_gradient,
        .gradient_by = env_gradient_by};
    replay->actions = core_alloc(replay->core, layout->n_synapses, 1);
    replay->alphas = core_alloc(replay->core, layout->n_tensors, sizeof(float));
    if (replay->actions == NULL || replay->alphas == NULL || replay->tensors == NULL) {
        return SYNRL_NO_MEMORY;
    }
    memcpy(replay->tensors, layout->tensors, layout->n_tensors * sizeof *layout->tensors);
    replay->old_loss = (double)NAN;
    SYNRL_TRY(rule_create(&replay->rule, replay->core, replay->rule_component));
    if (rule_reads_more(&replay->rule)) {
        return refuse(&replay->env);
    }
    return SYNRL_OK;
}

/* Its create may ask for a loss, so the record has been read. */
static synrl_status start_rule(struct replay *replay) {
    replay->is_creating = true;
    replay->kept = replay->env;
    SYNRL_TRY(rule_start(&replay->rule, &replay->env));
    replay->is_creating = false;
    return check_rule(replay);
}

/* A changed plugin may do something else than the run did. */
static synrl_status check_plugins(const struct replay *replay, const char *folder, bool force) {
    char changes[CHANGES_SIZE] = "";
    changes_of_component(replay->core, replay->json, replay->model_component, changes);
    changes_of_component(replay->core, replay->json, replay->rule_component, changes);
    if (changes[0] == '\0') {
        return SYNRL_OK;
    }
    if (!force) {
        return core_fail(replay->core, SYNRL_INVALID,
                         "%s: cannot be replayed: since the run was recorded, %s; --force-changed "
                         "replays it all the same",
                         folder, changes);
    }
    core_log(replay->core, SYNRL_LOG_WARNING, "%s: replayed although %s", folder, changes);
    return SYNRL_OK;
}

/* Adds the rule's name to messages, since plugins' messages about parameters do not name their
 * rule. */
static synrl_status make_objects(struct replay *replay, const char *folder,
                                 const struct facts *facts) {
    synrl_status status = make_components(replay, folder, facts);
    if (status == SYNRL_OK) {
        status = check_plugins(replay, folder, (facts->options & REPLAY_FORCE_CHANGED) != 0);
    }
    if (status == SYNRL_OK) {
        status = make_model(replay, folder, facts);
    }
    if (status == SYNRL_OK) {
        status = make_rule(replay, facts);
    }
    return status == SYNRL_OK || strstr(replay->core->message, folder) != NULL
               ? status
               : core_fail_in(replay->core, status, folder);
}

static synrl_status open(struct replay *replay, const char *folder, unsigned options) {
    struct core *core = replay->core;
    struct facts facts = {.options = options};
    SYNRL_TRY(record_read(core, folder, &replay->json));
    SYNRL_TRY(read_facts(core, folder, replay->json, &facts));
    SYNRL_TRY(make_objects(replay, folder, &facts));
    const char *status = json_string_value(json_object_get(replay->json, "status"));
    replay->n_iterations = (uint64_t)facts.n_iterations;
    replay->as_published = facts.as_published;
    replay->has_finish = status == NULL || strcmp(status, "interrupted") != 0;
    if (facts.batch_size > 0 && facts.batch_size < facts.n_samples) {
        replay->batch_every = (uint64_t)facts.batch_every;
    }
    SYNRL_TRY(record_rewards(core, folder, replay->n_iterations, &replay->rewards));
    if (rule_reads_losses(&replay->rule)) {
        SYNRL_TRY(record_losses(core, folder, replay->n_iterations, &replay->losses));
    }
    const synrl_status started = start_rule(replay);
    return started == SYNRL_OK || strstr(core->message, folder) != NULL
               ? started
               : core_fail_in(core, started, folder);
}

synrl_status replay_open(struct core *core, const char *folder, unsigned options,
                         struct replay **opened) {
    *opened = NULL;
    struct replay *replay = core_alloc(core, 1, sizeof *replay);
    if (replay == NULL) {
        return SYNRL_NO_MEMORY;
    }
    replay->core = core;
    const synrl_status status = open(replay, folder, options);
    if (status != SYNRL_OK) {
        replay_close(replay);
        return status;
    }
    *opened = replay;
    return SYNRL_OK;
}

void replay_close(struct replay *replay) {
    if (replay == NULL) {
        return;
    }
    rule_clear(&replay->rule);
    model_clear(&replay->model);
    component_release(replay->rule_component);
    component_release(replay->model_component);
    core_free(replay->core, replay->rewards);
    core_free(replay->core, replay->losses);
    core_free(replay->core, replay->actions);
    core_free(replay->core, replay->alphas);
    core_free(replay->core, replay->tensors);
    json_decref(replay->json);
    core_free(replay->core, replay);
}

/* Stepping ------------------------------------------------------------------------------------- */

/* env.iteration is the next iteration. */
synrl_status replay_step(struct replay *replay) {
    const uint64_t iteration = replay->env.iteration, every = replay->batch_every;
    if (every > 0 && iteration > 0 && iteration % every == 0) {
        SYNRL_TRY(weights_bind(replay->model.weights, replay->batch));
        replay->env.batch = iteration / every;
        replay->can_undo = false;
    }
    replay->core->running->iteration = iteration;
    replay->has_stepped = false;
    replay->alpha = (double)NAN;
    memset(replay->actions, 0, replay->can_undo ? 0 : replay->model.layout.n_synapses);
    replay->kept = replay->env;
    SYNRL_TRY(rule_step(&replay->rule, &replay->env));
    SYNRL_TRY(check_rule(replay));
    if (iteration + 1 == replay->n_iterations && replay->has_finish) {
        SYNRL_TRY(rule_finish(&replay->rule, &replay->env));
        SYNRL_TRY(check_rule(replay));
    }
    replay->env.iteration++;
    return SYNRL_OK;
}

struct replayed replay_last(const struct replay *replay) {
    const uint64_t iteration = replay->env.iteration - 1;
    const int reward = replay->rewards[iteration] != 0 ? 1 : -1;
    return (struct replayed){.iteration = iteration,
                             .actions = replay->actions,
                             .alpha = replay->alpha,
                             .reward = replay->has_stepped ? reward : 0};
}

const json_t *replay_record(const struct replay *replay) {
    return replay->json;
}

const synrl_layout *replay_layout(const struct replay *replay) {
    return &replay->model.layout;
}

uint64_t replay_iterations(const struct replay *replay) {
    return replay->n_iterations;
}

uint64_t replay_next(const struct replay *replay) {
    return replay->env.iteration;
}

void replay_weights(const struct replay *replay, float *weights) {
    weights_get(replay->model.weights, weights);
}

/* The policy ----------------------------------------------------------------------------------- */

const synrl_policy *replay_policy(const struct replay *replay) {
    return rule_policy((struct rule *)&replay->rule);
}

/* The field of a parameter in the rule's config; NULL without a parameter of that name and type. */
static const void *parameter(const struct replay *replay, const char *name, synrl_param_type type) {
    const synrl_plugin *entry = component_plugin(replay->rule_component)->entry;
    for (uint32_t p = 0; p < entry->n_params; p++) {
        if (entry->params[p].type == type && strcmp(entry->params[p].name, name) == 0) {
            return (const char *)component_config(replay->rule_component) + entry->params[p].offset;
        }
    }
    return NULL;
}

bool replay_epsilon(const struct replay *replay, double *epsilon) {
    const void *field = parameter(replay, "epsilon", SYNRL_PARAM_SCHEDULE);
    const synrl_schedule *schedule = NULL;
    if (field != NULL) {
        memcpy(&schedule, field, sizeof schedule);
    }
    return schedule != NULL && schedule->at(schedule, replay->env.iteration, epsilon) == SYNRL_OK;
}

synrl_ties replay_ties(const struct replay *replay) {
    const void *field = parameter(replay, "ties", SYNRL_PARAM_CHOICE);
    int32_t ties = SYNRL_TIES_FIRST;
    if (field != NULL) {
        memcpy(&ties, field, sizeof ties);
    }
    return (synrl_ties)ties;
}

uint32_t replay_word(const struct replay *replay, size_t synapse) {
    const synrl_stream stream = {replay->env.seed, replay->env.iteration, SYNRL_PURPOSE_ACTIONS};
    uint32_t word;
    random_api.words(stream, synapse, 1, &word);
    return word;
}
