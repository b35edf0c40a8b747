/* SPDX-License-Identifier: MIT */
/* The environment that a rule drives: steps and their rewards, batches, and what is known. */
#include "train/environment.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/engine.h"
#include "train/environment_private.h"
#include "train/named_weights.h"
#include "train/step_check.h"

/* Steps ---------------------------------------------------------------------------------------- */

/* What the next loss is compared with; may cost a pass. */
static synrl_status find_old_loss(struct environment *environment) {
    if (!environment->has_old_loss) {
        SYNRL_TRY(environment_loss(environment, &environment->old_loss));
        environment->has_old_loss = true;
    }
    return SYNRL_OK;
}

/* For an undo. */
static void keep_before(struct environment *environment) {
    environment->before = environment->last;
    environment->has_before = environment->is_loss_known;
    if (environment->has_before) {
        environment->losses[0] = environment->last.loss;
    }
}

static void report_outcome(struct environment *environment, double new_loss,
                           const synrl_outcome **outcome) {
    const bool reads_loss =
        (environment->traits & (SYNRL_RULE_READS_LOSS | SYNRL_RULE_READS_MORE)) != 0;
    environment->reward = environment->old_loss > new_loss ? 1 : -1;
    environment->outcome =
        (synrl_outcome){.size = sizeof(synrl_outcome),
                        .reward = environment->reward,
                        .old_loss = reads_loss ? environment->old_loss : (double)NAN,
                        .loss = reads_loss ? new_loss : (double)NAN};
    environment->losses[1] = new_loss;
    environment->old_loss = new_loss;
    *outcome = &environment->outcome;
}

static void act(struct environment *environment) {
    const int8_t *actions = environment->actions;
    if (environment->is_rank_one) {
        network_act_rank_one(environment->network, actions, actions + environment->n_u,
                             environment->alphas);
    } else {
        network_act_tensors(environment->network, actions, environment->alphas);
    }
}

/* Algorithm 1 from "w <- w + w.a_t" to the reward, Eq. 4, if it is asked for. environment->alphas
 * are set. actions are of all synapses, where v is NULL, or u. */
static synrl_status step(struct environment *environment, const int8_t *actions, const int8_t *v,
                         const synrl_outcome **outcome) {
    double new_loss;
    if (outcome != NULL) {
        SYNRL_TRY(find_old_loss(environment));
    }
    keep_before(environment);
    environment->is_rank_one = v != NULL;
    memcpy(environment->actions, actions,
           v != NULL ? environment->n_u : layout_of(environment)->n_synapses);
    if (v != NULL) {
        memcpy(environment->actions + environment->n_u, v, environment->n_v);
    }
    act(environment);
    environment_moved(environment);
    environment->has_moved = environment->has_stepped = true;
    if (outcome == NULL) {
        environment->has_old_loss = false;
        environment->can_undo = true;
        return SYNRL_OK;
    }
    SYNRL_TRY(environment_loss(environment, &new_loss));
    environment->can_undo = true;
    report_outcome(environment, new_loss, outcome);
    return SYNRL_OK;
}

static synrl_status check_step(struct environment *environment, const synrl_outcome **outcome) {
    if (outcome == NULL && (environment->traits & SYNRL_RULE_READS_MORE) == 0) {
        return core_fail(
            environment->core, SYNRL_INVALID,
            "the outcome of a step is NULL, and the rule is not SYNRL_RULE_READS_MORE");
    }
    if (environment->has_stepped) {
        return core_fail(environment->core, SYNRL_INVALID,
                         "a second step in iteration %" PRIu64 ": a rule steps once an iteration",
                         environment->api.iteration);
    }
    return SYNRL_OK;
}

static synrl_status step_uniform(struct environment *environment, const int8_t *actions,
                                 double alpha, double bias_scale, const synrl_outcome **outcome) {
    SYNRL_TRY(step_alphas_uniform(environment->core, layout_of(environment), alpha, bias_scale,
                                  environment->alphas));
    SYNRL_TRY(check_step(environment, outcome));
    SYNRL_TRY(step_check_actions(environment->core, layout_of(environment), actions));
    return step(environment, actions, NULL, outcome);
}

static synrl_status env_step(synrl_env *env, const int8_t *actions, double alpha, double bias_scale,
                             const synrl_outcome **outcome) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "step", 0, true));
    return env_leave(environment, step_uniform(environment, actions, alpha, bias_scale, outcome));
}

static synrl_status step_tensors(struct environment *environment, const int8_t *actions,
                                 const double *alphas, const synrl_outcome **outcome) {
    SYNRL_TRY(step_alphas_of_tensors(environment->core, layout_of(environment), alphas,
                                     environment->alphas));
    SYNRL_TRY(check_step(environment, outcome));
    SYNRL_TRY(step_check_actions(environment->core, layout_of(environment), actions));
    return step(environment, actions, NULL, outcome);
}

static synrl_status env_step_tensors(synrl_env *env, const int8_t *actions, const double *alphas,
                                     const synrl_outcome **outcome) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "step_tensors", 0, true));
    return env_leave(environment, step_tensors(environment, actions, alphas, outcome));
}

static synrl_status step_rank_one(struct environment *environment, const int8_t *u, const int8_t *v,
                                  double alpha, double bias_scale, const synrl_outcome **outcome) {
    SYNRL_TRY(step_alphas_uniform(environment->core, layout_of(environment), alpha, bias_scale,
                                  environment->alphas));
    SYNRL_TRY(check_step(environment, outcome));
    SYNRL_TRY(step_check_rank_one(environment->core, layout_of(environment), u, v));
    return step(environment, u, v, outcome);
}

static synrl_status env_step_rank_one(synrl_env *env, const int8_t *u, const int8_t *v,
                                      double alpha, double bias_scale,
                                      const synrl_outcome **outcome) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "step_rank_one", 0, true));
    return env_leave(environment, step_rank_one(environment, u, v, alpha, bias_scale, outcome));
}

static synrl_status undo(struct environment *environment) {
    if (!environment->can_undo) {
        return core_fail(environment->core, SYNRL_INVALID,
                         "env->undo: there is no step on this batch to take back");
    }
    const int8_t *actions = environment->actions;
    if (environment->is_rank_one) {
        network_undo_rank_one(environment->network, actions, actions + environment->n_u,
                              environment->alphas);
    } else {
        network_undo(environment->network, actions, environment->alphas);
    }
    environment_moved(environment);
    environment->has_old_loss = environment->has_before;
    if (environment->has_before) {
        environment->last = environment->before;
        environment->old_loss = environment->before.loss;
        environment->is_loss_known = environment->is_paid = true;
    }
    return SYNRL_OK;
}

static synrl_status env_undo(synrl_env *env) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "undo", 0, true));
    return env_leave(environment, undo(environment));
}

static synrl_status env_loss(synrl_env *env, double *loss) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "loss", SYNRL_RULE_READS_LOSS, false));
    SYNRL_TRY(env_leave(environment, check_place(environment, "the loss", loss)));
    const synrl_status status = environment_loss(environment, loss);
    environment->is_perturbed_last = false;
    if (status == SYNRL_OK && environment->reward == 0) {
        environment->losses[0] = *loss;
    }
    return env_leave(environment, status);
}

/* Batches -------------------------------------------------------------------------------------- */

/* Draws batch `number` from (seed, number) only and binds it. */
static synrl_status draw_batch(struct environment *environment, uint64_t number) {
    const struct train_options *options = &environment->options;
    if (environment->samples != NULL) {
        const synrl_stream stream = {
            .seed = options->seed, .iteration = number, .purpose = SYNRL_PURPOSE_BATCH};
        random_api.sample(stream, (uint32_t)network_samples(environment->network),
                          (uint32_t)dataset_data(options->data)->n_samples, environment->samples);
    }
    environment->api.batch = number;
    environment->is_probe_bound = false;
    SYNRL_TRY(network_bind(environment->network, environment->samples));
    environment_moved(environment);
    if (options->refresh == BATCH_REBASE) {
        environment->has_old_loss = false;
    }
    return SYNRL_OK;
}

synrl_status environment_begin(struct environment *environment, uint64_t iteration,
                               bool count_correct) {
    const uint64_t every = environment->options.batch_every;
    environment->api.iteration = environment->core->running->iteration = iteration;
    network_set_time(environment->network, environment->options.seed, iteration);
    environment->count_correct = count_correct;
    environment->reward = 0;
    environment->has_stepped = false;
    environment->losses[0] = environment->losses[1] = (double)NAN;
    environment->failure[0] = '\0';
    if (environment->samples != NULL && every > 0 && iteration / every != environment->api.batch) {
        SYNRL_TRY(draw_batch(environment, iteration / every));
    }
    if (network_is_random(environment->network)) { /* other draws than before */
        environment_moved(environment);
        environment->has_old_loss = false;
    }
    environment_keep(environment);
    return SYNRL_OK;
}

/* Making --------------------------------------------------------------------------------------- */

/* Those of the options, in place of the model's own. */
static synrl_status set_initial(struct environment *environment) {
    const struct train_options *options = &environment->options;
    const synrl_layout *layout = network_layout(environment->network);
    if (options->weights == NULL) {
        return SYNRL_OK;
    }
    environment->initial = core_alloc(environment->core, layout->n_synapses, sizeof(float));
    if (environment->initial == NULL) {
        return SYNRL_NO_MEMORY;
    }
    SYNRL_TRY(tensors_fit(environment->core, options->weights, layout, environment->initial));
    network_set_weights(environment->network, environment->initial);
    return SYNRL_OK;
}

static synrl_status build(struct environment *environment) {
    const struct train_options *options = &environment->options;
    struct core *core = environment->core;
    const size_t n = dataset_data(options->data)->n_samples;
    const size_t batch_size = options->batch_size != 0 ? options->batch_size : n;
    if (batch_size > n) {
        return core_fail(core, SYNRL_INVALID,
                         "batch size %zu: dataset \"%s\" has %zu samples; must be 1 .. %zu",
                         batch_size, dataset_id(options->data), n, n);
    }
    SYNRL_TRY(network_create(core, options->model, options->loss, options->data, batch_size,
                             &environment->network));
    network_set_training(environment->network);
    network_set_shared(environment->network);
    const synrl_layout *layout = network_layout(environment->network);
    environment->layout = *layout;
    environment->api.layout = &environment->layout;
    environment->api.n_samples = batch_size;
    synrl_rank_one_sizes(layout, &environment->n_u, &environment->n_v);
    const size_t n_factors = environment->n_u + environment->n_v;
    environment->actions =
        core_alloc(core, n_factors > layout->n_synapses ? n_factors : layout->n_synapses, 1);
    environment->alphas = core_alloc(core, layout->n_tensors, sizeof(float));
    environment->tensors = core_alloc(core, layout->n_tensors, sizeof *environment->tensors);
    if (environment->actions == NULL || environment->alphas == NULL ||
        environment->tensors == NULL) {
        return SYNRL_NO_MEMORY;
    }
    memcpy(environment->tensors, layout->tensors, layout->n_tensors * sizeof *environment->tensors);
    environment->layout.tensors = environment->tensors;
    if (batch_size < n) {
        environment->samples = core_alloc(core, n, sizeof(uint32_t));
        if (environment->samples == NULL) {
            return SYNRL_NO_MEMORY;
        }
    }
    SYNRL_TRY(set_initial(environment));
    return draw_batch(environment, 0);
}

synrl_status environment_create(struct core *core, const struct train_options *options,
                                struct environment **made) {
    *made = NULL;
    struct environment *environment = core_alloc(core, 1, sizeof *environment);
    if (environment == NULL) {
        return SYNRL_NO_MEMORY;
    }
    environment->core = core;
    environment->options = *options;
    environment->traits = SYNRL_RULE_READS_MORE; /* until there is a rule */
    environment->api = (synrl_env){.size = sizeof(synrl_env),
                                   .context = environment,
                                   .seed = options->seed,
                                   .step = env_step,
                                   .step_tensors = env_step_tensors,
                                   .undo = env_undo,
                                   .loss = env_loss,
                                   .probe = env_probe,
                                   .probe_actions = env_probe_actions,
                                   .weights = env_weights,
                                   .set_weights = env_set_weights,
                                   .shift = env_shift,
                                   .differentiable = env_differentiable,
                                   .gradient = env_gradient,
                                   .local = &local_api,
                                   .step_rank_one = env_step_rank_one,
                                   .gradient_by = env_gradient_by};
    const synrl_status status = build(environment);
    if (status != SYNRL_OK) {
        environment_destroy(environment);
        return status;
    }
    *made = environment;
    return SYNRL_OK;
}

void environment_destroy(struct environment *environment) {
    if (environment == NULL) {
        return;
    }
    network_destroy(environment->network);
    network_destroy(environment->probe);
    core_free(environment->core, environment->probe_weights);
    core_free(environment->core, environment->initial);
    core_free(environment->core, environment->samples);
    core_free(environment->core, environment->actions);
    core_free(environment->core, environment->alphas);
    core_free(environment->core, environment->tensors);
    core_free(environment->core, environment->clean);
    core_free(environment->core, environment->noisy);
    core_free(environment->core, environment);
}

void environment_set_rule(struct environment *environment, struct host *rule, uint32_t traits,
                          bool is_creating) {
    environment->rule = rule;
    environment->traits = traits;
    environment->is_creating = is_creating;
    environment_keep(environment);
}

/* What the trainer asks ------------------------------------------------------------------------ */

synrl_env *environment_public(struct environment *environment) {
    return &environment->api;
}

int environment_reward(const struct environment *environment) {
    return environment->reward;
}

const double *environment_losses(const struct environment *environment) {
    return environment->losses;
}

const float *environment_initial(const struct environment *environment) {
    return environment->initial;
}

struct network *environment_network(struct environment *environment) {
    return environment->network;
}

synrl_status environment_measure(struct environment *environment, struct metrics *metrics) {
    const bool has_classes = network_has_classes(environment->network);
    if (!environment->is_loss_known || (has_classes && !environment->is_correct_known)) {
        SYNRL_TRY(network_pass(environment->network,
                               &(struct pass_options){.count_correct = has_classes},
                               &environment->last));
        environment->is_loss_known = environment->is_correct_known = environment->has_terms = true;
        environment_warn(environment, &environment->last);
    }
    metrics->loss = environment->last.loss;
    metrics->accuracy = has_classes ? (double)environment->last.n_correct /
                                          (double)network_samples(environment->network)
                                    : (double)NAN;
    metrics->sample_forwards = environment->sample_forwards;
    metrics->sample_backwards = environment->sample_backwards;
    return SYNRL_OK;
}

/* State ---------------------------------------------------------------------------------------- */

/* Followed by the step sizes of the last step [n_tensors], floats. */
struct environment_state {
    double old_loss;
    struct pass last, before;
    uint64_t batch, sample_forwards, sample_backwards;
    uint8_t has_old_loss, is_loss_known, is_correct_known, is_paid, can_undo, has_before;
    uint8_t has_moved, has_diverged;
};

size_t environment_state_size(const struct environment *environment) {
    return sizeof(struct environment_state) + layout_of(environment)->n_tensors * sizeof(float);
}

void environment_save(const struct environment *environment, void *state) {
    const struct environment_state own = {.old_loss = environment->old_loss,
                                          .last = environment->last,
                                          .before = environment->before,
                                          .batch = environment->api.batch,
                                          .sample_forwards = environment->sample_forwards,
                                          .sample_backwards = environment->sample_backwards,
                                          .has_old_loss = environment->has_old_loss,
                                          .is_loss_known = environment->is_loss_known,
                                          .is_correct_known = environment->is_correct_known,
                                          .is_paid = environment->is_paid,
                                          .can_undo = environment->can_undo,
                                          .has_before = environment->has_before,
                                          .has_moved = environment->has_moved,
                                          .has_diverged = environment->has_diverged};
    memcpy(state, &own, sizeof own);
    memcpy((char *)state + sizeof own, environment->alphas,
           layout_of(environment)->n_tensors * sizeof(float));
}

synrl_status environment_load(struct environment *environment, const void *state) {
    const size_t n_tensors = layout_of(environment)->n_tensors;
    struct environment_state own;
    memcpy(&own, state, sizeof own);
    memcpy(environment->alphas, (const char *)state + sizeof own, n_tensors * sizeof(float));
    for (size_t t = 0; t < n_tensors; t++) {
        if (!(environment->alphas[t] >= 0.0F && isfinite(environment->alphas[t]))) {
            return core_fail(environment->core, SYNRL_INVALID, "the saved environment is damaged");
        }
    }
    if (own.batch != environment->api.batch) {
        SYNRL_TRY(draw_batch(environment, own.batch));
    }
    environment_moved(environment);
    environment->is_rank_one = false; /* an undo takes the actions back one by one */
    environment->old_loss = own.old_loss;
    environment->last = own.last;
    environment->before = own.before;
    environment->sample_forwards = own.sample_forwards;
    environment->sample_backwards = own.sample_backwards;
    environment->has_old_loss = own.has_old_loss != 0;
    environment->is_loss_known = own.is_loss_known != 0;
    environment->is_correct_known = own.is_correct_known != 0;
    environment->is_paid = own.is_paid != 0;
    environment->can_undo = own.can_undo != 0;
    environment->has_before = own.has_before != 0;
    environment->has_moved = own.has_moved != 0;
    environment->has_diverged = own.has_diverged != 0;
    return SYNRL_OK;
}

void environment_loaded(struct environment *environment) {
    if (environment->can_undo) {
        network_last_actions(environment->network, environment->actions);
    }
}
