/* The environment of a replay: it moves the model's weights, and takes the rewards from the record.
 *
 * The bits of the weights depend on when the model bound a batch, so the replay binds one whenever
 * the run did: always the same one, of one sample whose values are not used. */
#include "runs/replay.h"

#include <inttypes.h>
#include <string.h>

#include "engine/engine.h"
#include "plugin/component.h"
#include "plugin/component_json.h"
#include "plugin/host.h"
#include "policy/policy.h"
#include "runs/run_files.h"
#include "synrl/env.h"
#include "synrl/rule.h"

struct replay {
    struct core *core;
    json_t *json;
    struct component *model_component, *rule_component;
    struct host model_host, rule_host;
    const synrl_model_ops *model_ops;
    const synrl_rule_ops *rule_ops;
    void *model, *rule;
    synrl_batch *batch;
    uint64_t batch_every; /* 0: one batch for the whole run */
    uint8_t *rewards;
    uint64_t n_iterations;
    synrl_env env;
    int8_t *actions;
    bool has_stepped;
    double alpha;
};

/* The environment ------------------------------------------------------------------------------ */

static synrl_status env_step(synrl_env *env, const int8_t *actions, double alpha, double bias_scale,
                             synrl_outcome *outcome) {
    struct replay *replay = env->context;
    if (replay->has_stepped) {
        return core_fail(replay->core, SYNRL_INVALID, "a second step in iteration %" PRIu64,
                         env->iteration);
    }
    replay->has_stepped = true;
    replay->alpha = alpha;
    memcpy(replay->actions, actions, env->layout->n_synapses);
    replay->model_ops->act(replay->model, replay->actions, (float)alpha, (float)bias_scale);
    *outcome =
        (synrl_outcome){.loss = 0.0, .reward = replay->rewards[env->iteration] != 0 ? 1 : -1};
    return SYNRL_OK;
}

static synrl_status refuse(synrl_env *env) {
    const struct replay *replay = env->context;
    return core_fail(replay->core, SYNRL_UNSUPPORTED,
                     "%s needs more than rewards: it cannot be replayed without data",
                     replay->rule_host.who);
}

static synrl_status env_probe(synrl_env *env, size_t n, const float *directions, double scale,
                              double *losses) {
    (void)n;
    (void)directions;
    (void)scale;
    (void)losses;
    return refuse(env);
}

static synrl_status env_loss(synrl_env *env, double *loss) {
    (void)loss;
    return refuse(env);
}

static synrl_status env_gradient(synrl_env *env, float *gradient, double *loss) {
    (void)gradient;
    (void)loss;
    return refuse(env);
}

static synrl_status env_shift(synrl_env *env, const float *delta) {
    (void)delta;
    return refuse(env);
}

/* Opening -------------------------------------------------------------------------------------- */

static synrl_status fail_record(struct core *core, const char *folder, const char *what) {
    return core_fail(core, SYNRL_INVALID, "%s: cannot be replayed: %s", folder, what);
}

/* Reads what a replay needs from the record, and checks all of it. */
struct facts {
    json_int_t n_inputs, seed, n_samples, n_iterations, batch_size, batch_every;
    const char *format;
    json_t *model, *rule;
};

static synrl_status read_facts(struct core *core, const char *folder, json_t *json,
                               struct facts *facts) {
    json_t *batch;
    if (json_unpack(json, "{s:{s:I}}", "summary", "iterations", &facts->n_iterations) != 0) {
        return fail_record(core, folder, "it has not ended; `synrl resume` continues it");
    }
    if (json_unpack(json, "{s:{s:o, s:o, s:I, s:o, s:{s:I, s:I, s:s}}}", "config", "model",
                    &facts->model, "rule", &facts->rule, "seed", &facts->seed, "batch", &batch,
                    "data", "inputs", &facts->n_inputs, "samples", &facts->n_samples, "format",
                    &facts->format) != 0) {
        return fail_record(core, folder, "run.json is incomplete");
    }
    if (json_is_object(batch) && json_unpack(batch, "{s:I, s:I}", "size", &facts->batch_size,
                                             "every", &facts->batch_every) != 0) {
        return fail_record(core, folder, "run.json is incomplete");
    }
    if (facts->n_inputs < 1 || facts->n_inputs > INT32_MAX || facts->n_iterations < 0 ||
        facts->batch_every < 0) {
        return fail_record(core, folder, "run.json is inconsistent");
    }
    return SYNRL_OK;
}

static synrl_status make_components(struct replay *replay, const char *folder,
                                    const struct facts *facts) {
    struct core *core = replay->core;
    char *policy_path = core_printf(core, "%s/policy.csv", folder);
    synrl_status status = policy_path != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    if (status == SYNRL_OK) {
        status = component_from_json(core, SYNRL_KIND_MODEL, facts->model, policy_path,
                                     &replay->model_component);
    }
    if (status == SYNRL_OK) {
        status = component_from_json(core, SYNRL_KIND_RULE, facts->rule, policy_path,
                                     &replay->rule_component);
    }
    core_free(core, policy_path);
    return status;
}

static synrl_status make_model(struct replay *replay, const struct facts *facts) {
    struct core *core = replay->core;
    const synrl_plugin *entry = component_plugin(replay->model_component)->entry;
    host_init(&replay->model_host, core, SYNRL_KIND_MODEL, entry->id);
    replay->model_ops = entry->ops;
    SYNRL_TRY(replay->model_ops->create(&replay->model_host.public,
                                        component_config(replay->model_component),
                                        (size_t)facts->n_inputs, &replay->model));
    const bool bytes = strcmp(facts->format, "bytes") == 0;
    const size_t size = bytes ? 1 : sizeof(float);
    SYNRL_TRY(batch_create(&replay->model_host.public, 1, (size_t)facts->n_inputs, bytes, 1.0F,
                           &replay->batch));
    void *nothing = core_alloc(core, (size_t)facts->n_inputs, size);
    if (nothing == NULL) {
        return SYNRL_NO_MEMORY;
    }
    batch_fill(replay->batch, nothing, NULL);
    core_free(core, nothing);
    return replay->model_ops->bind(replay->model, replay->batch);
}

static synrl_status make_rule(struct replay *replay, const struct facts *facts) {
    const synrl_plugin *entry = component_plugin(replay->rule_component)->entry;
    replay->env = (synrl_env){.size = sizeof(synrl_env),
                              .context = replay,
                              .layout = replay->model_ops->layout(replay->model),
                              .seed = (uint64_t)facts->seed,
                              .step = env_step,
                              .probe = env_probe,
                              .loss = env_loss,
                              .differentiable = refuse,
                              .gradient = env_gradient,
                              .shift = env_shift};
    replay->actions = core_alloc(replay->core, replay->env.layout->n_synapses, 1);
    if (replay->actions == NULL) {
        return SYNRL_NO_MEMORY;
    }
    host_init(&replay->rule_host, replay->core, SYNRL_KIND_RULE, entry->id);
    replay->rule_ops = entry->ops;
    return replay->rule_ops->create(&replay->rule_host.public,
                                    component_config(replay->rule_component), &replay->env,
                                    &replay->rule);
}

/* Adds the rule's name to messages, since plugins' messages about parameters do not name their
 * rule. */
static synrl_status make_objects(struct replay *replay, const char *folder,
                                 const struct facts *facts) {
    synrl_status status = make_components(replay, folder, facts);
    if (status == SYNRL_OK) {
        status = make_model(replay, facts);
    }
    if (status == SYNRL_OK) {
        status = make_rule(replay, facts);
    }
    return status == SYNRL_OK || strstr(replay->core->message, folder) != NULL
               ? status
               : core_fail_in(replay->core, status, folder);
}

static synrl_status open(struct replay *replay, const char *folder) {
    struct core *core = replay->core;
    struct facts facts = {.n_inputs = 0};
    SYNRL_TRY(record_read(core, folder, &replay->json));
    SYNRL_TRY(read_facts(core, folder, replay->json, &facts));
    SYNRL_TRY(make_objects(replay, folder, &facts));
    replay->n_iterations = (uint64_t)facts.n_iterations;
    if (facts.batch_size > 0 && facts.batch_size < facts.n_samples) {
        replay->batch_every = (uint64_t)facts.batch_every;
    }
    return record_rewards(core, folder, replay->n_iterations, &replay->rewards);
}

synrl_status replay_open(struct core *core, const char *folder, struct replay **opened) {
    *opened = NULL;
    struct replay *replay = core_alloc(core, 1, sizeof *replay);
    if (replay == NULL) {
        return SYNRL_NO_MEMORY;
    }
    replay->core = core;
    const synrl_status status = open(replay, folder);
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
    if (replay->rule != NULL) {
        replay->rule_ops->destroy(replay->rule);
    }
    if (replay->model != NULL) {
        replay->model_ops->destroy(replay->model);
    }
    batch_destroy(replay->batch);
    component_release(replay->rule_component);
    component_release(replay->model_component);
    core_free(replay->core, replay->rewards);
    core_free(replay->core, replay->actions);
    json_decref(replay->json);
    core_free(replay->core, replay);
}

/* Stepping ------------------------------------------------------------------------------------- */

/* env.iteration is the next iteration. */
synrl_status replay_step(struct replay *replay) {
    const uint64_t iteration = replay->env.iteration, every = replay->batch_every;
    if (every > 0 && iteration > 0 && iteration % every == 0) {
        SYNRL_TRY(replay->model_ops->bind(replay->model, replay->batch));
    }
    replay->has_stepped = false;
    SYNRL_TRY(replay->rule_ops->step(replay->rule, &replay->env));
    replay->env.iteration++;
    return SYNRL_OK;
}

struct replayed replay_last(const struct replay *replay) {
    const uint64_t iteration = replay->env.iteration - 1;
    return (struct replayed){.iteration = iteration,
                             .actions = replay->actions,
                             .alpha = replay->alpha,
                             .reward = replay->rewards[iteration] != 0 ? 1 : -1};
}

const json_t *replay_record(const struct replay *replay) {
    return replay->json;
}

const synrl_layout *replay_layout(const struct replay *replay) {
    return replay->env.layout;
}

uint64_t replay_iterations(const struct replay *replay) {
    return replay->n_iterations;
}

void replay_weights(const struct replay *replay, float *weights) {
    replay->model_ops->get_weights(replay->model, weights);
}

/* The policy ----------------------------------------------------------------------------------- */

const synrl_policy *replay_policy(const struct replay *replay) {
    return SYNRL_OFFERS(replay->rule_ops, policy) ? replay->rule_ops->policy(replay->rule) : NULL;
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
