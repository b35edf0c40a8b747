/* SPDX-License-Identifier: MIT */
/* What a rule asks beyond steps: losses elsewhere, weights, gradients. */
#include <math.h>
#include <string.h>

#include "base/ranks.h"
#include "train/environment_private.h"
#include "train/network_trial.h"
#include "train/step_check.h"

static synrl_status check_scale(struct environment *environment, double scale) {
    return isfinite((float)scale)
               ? SYNRL_OK
               : core_fail(environment->core, SYNRL_INVALID,
                           "a probe with scale = %g: must be a finite float", scale);
}

static synrl_status check_floats(struct environment *environment, const char *what,
                                 const float *values) {
    if (values == NULL) {
        return core_fail(environment->core, SYNRL_INVALID, "the %s is NULL", what);
    }
    for (size_t i = 0; i < layout_of(environment)->n_synapses; i++) {
        if (!isfinite(values[i])) {
            return core_fail(environment->core, SYNRL_INVALID,
                             "the %s of synapse %zu is %g: must be finite", what, i,
                             (double)values[i]);
        }
    }
    return SYNRL_OK;
}

/* Probes --------------------------------------------------------------------------------------- */

static synrl_status make_scratch(struct environment *environment) {
    if (environment->probe_weights == NULL) {
        environment->probe_weights =
            core_alloc(environment->core, layout_of(environment)->n_synapses, 2 * sizeof(float));
    }
    return environment->probe_weights != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
}

static synrl_status make_probe(struct environment *environment) {
    const struct train_options *options = &environment->options;
    SYNRL_TRY(make_scratch(environment));
    if (environment->probe == NULL) {
        SYNRL_TRY(network_create(environment->core, options->model, options->loss, options->data,
                                 network_samples(environment->network), &environment->probe));
        network_set_training(environment->probe);
        SYNRL_TRY(network_check_layout(environment->probe, environment->network, "probes"));
        network_set_shared(environment->probe);
    }
    network_set_time(environment->probe, options->seed, environment->api.iteration);
    if (!environment->is_probe_bound) {
        SYNRL_TRY(network_bind(environment->probe, environment->samples));
        environment->is_probe_bound = true;
    }
    return SYNRL_OK;
}

/* The loss at the weights plus scale times a direction; passes: or only whether they are finite. */
static synrl_status probe_one(struct environment *environment, const float *direction, double scale,
                              bool passes, bool is_whole, double *loss) {
    const size_t n_synapses = layout_of(environment)->n_synapses;
    float *weights = environment->probe_weights, *probed = weights + n_synapses;
    struct pass pass;
    SYNRL_TRY(check_floats(environment, "direction", direction));
    for (size_t i = 0; i < n_synapses; i++) {
        probed[i] = weights[i] + (float)scale * direction[i];
    }
    SYNRL_TRY(check_floats(environment, "probed weight", probed));
    environment->sample_forwards += network_samples(environment->probe);
    if (passes) {
        network_set_weights(environment->probe, probed);
        SYNRL_TRY(
            network_pass(environment->probe, &(struct pass_options){.is_whole = is_whole}, &pass));
        *loss = pass.loss;
    }
    return SYNRL_OK;
}

/* Each rank has the losses of some directions, whole passes; now all have all. */
static synrl_status gather_losses(struct environment *environment, synrl_status status, size_t n,
                                  double *losses) {
    struct core *core = environment->core;
    int64_t *words = core_alloc(core, n + 1, sizeof *words);
    if (words == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (size_t k = core->ranks.rank; status == SYNRL_OK && k < n; k += core->ranks.n) {
        memcpy(&words[k], &losses[k], sizeof *words);
    }
    words[n] = status != SYNRL_OK;
    synrl_status summed = ranks_sum(core, n + 1, words);
    if (summed == SYNRL_OK) {
        summed = ranks_agree_after(core, words[n], status);
    }
    memcpy(losses, words, n * sizeof *losses);
    core_free(core, words);
    return summed;
}

/* Directions are shared out where every rank gets one, blocks of samples where not. */
static synrl_status probe(struct environment *environment, size_t n_directions,
                          const float *directions, double scale, double *losses) {
    const struct ranks *ranks = &environment->core->ranks;
    const size_t n_synapses = layout_of(environment)->n_synapses;
    const bool are_shared = ranks_several(environment->core) && n_directions >= ranks->n;
    synrl_status status = SYNRL_OK;
    SYNRL_TRY(check_scale(environment, scale));
    SYNRL_TRY(check_place(environment, "the array of losses", losses));
    SYNRL_TRY(make_probe(environment));
    network_get_weights(environment->network, environment->probe_weights);
    for (size_t k = 0; status == SYNRL_OK && k < n_directions; k++) {
        const bool passes = !are_shared || k % ranks->n == ranks->rank;
        status = probe_one(environment, directions + k * n_synapses, scale, passes, are_shared,
                           &losses[k]);
    }
    return are_shared ? gather_losses(environment, status, n_directions, losses) : status;
}

synrl_status env_probe(synrl_env *env, size_t n_directions, const float *directions, double scale,
                       double *losses) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "probe", SYNRL_RULE_READS_MORE, false));
    return env_leave(environment, probe(environment, n_directions, directions, scale, losses));
}

/* A step and its undo, which leave the weights, and what is known of them, as they were. */
static synrl_status probe_actions(struct environment *environment, size_t n, const int8_t *actions,
                                  double alpha, double bias_scale, double *losses) {
    const synrl_layout *layout = layout_of(environment);
    SYNRL_TRY(step_check_alpha(environment->core, alpha, bias_scale));
    SYNRL_TRY(check_place(environment, "the array of losses", losses));
    for (size_t k = 0; k < n; k++) {
        SYNRL_TRY(step_check_actions(environment->core, layout, actions + k * layout->n_synapses));
    }
    environment->can_undo = environment->is_rank_one = false; /* its actions are written over */
    for (size_t t = 0; t < layout->n_tensors; t++) {
        environment->alphas[t] =
            layout->tensors[t].is_bias ? (float)bias_scale * (float)alpha : (float)alpha;
    }
    for (size_t k = 0; k < n; k++) {
        struct pass pass;
        memcpy(environment->actions, actions + k * layout->n_synapses, layout->n_synapses);
        network_act_tensors(environment->network, environment->actions, environment->alphas);
        const synrl_status status =
            network_pass(environment->network, &(struct pass_options){.watch = NULL}, &pass);
        network_undo(environment->network, environment->actions, environment->alphas);
        SYNRL_TRY(status);
        losses[k] = pass.loss;
        environment->sample_forwards += network_samples(environment->network);
    }
    environment->has_terms = environment->has_noise = false;
    return SYNRL_OK;
}

synrl_status env_probe_actions(synrl_env *env, size_t n, const int8_t *actions, double alpha,
                               double bias_scale, double *losses) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "probe_actions", SYNRL_RULE_READS_MORE, true));
    return env_leave(environment,
                     probe_actions(environment, n, actions, alpha, bias_scale, losses));
}

/* Weights -------------------------------------------------------------------------------------- */

synrl_status env_weights(synrl_env *env, float *weights) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "weights", SYNRL_RULE_READS_MORE, false));
    SYNRL_TRY(env_leave(environment, check_place(environment, "the array of weights", weights)));
    network_get_weights(environment->network, weights);
    return SYNRL_OK;
}

/* The loss before a step is from now on that of the weights as they are. */
static void moved_freely(struct environment *environment) {
    environment_moved(environment);
    environment->has_moved = true;
    environment->has_old_loss = false;
}

synrl_status env_set_weights(synrl_env *env, const float *weights) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "set_weights", SYNRL_RULE_READS_MORE, true));
    SYNRL_TRY(env_leave(environment, check_floats(environment, "weight", weights)));
    network_set_weights(environment->network, weights);
    moved_freely(environment);
    return SYNRL_OK;
}

static synrl_status shift(struct environment *environment, const float *delta) {
    SYNRL_TRY(check_floats(environment, "shift", delta));
    SYNRL_TRY(make_scratch(environment));
    network_shift(environment->network, delta);
    moved_freely(environment);
    network_get_weights(environment->network, environment->probe_weights);
    return check_floats(environment, "shifted weight", environment->probe_weights);
}

synrl_status env_shift(synrl_env *env, const float *delta) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "shift", SYNRL_RULE_READS_MORE, true));
    return env_leave(environment, shift(environment, delta));
}

/* Gradients ------------------------------------------------------------------------------------ */

synrl_status env_differentiable(synrl_env *env) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "differentiable", 0, false));
    return env_leave(environment, network_differentiable(environment->network));
}

/* feedback NULL: by the weights. */
static synrl_status gradient(struct environment *environment, const float *feedback, float *into,
                             double *loss) {
    struct pass pass = {.loss = 0.0};
    SYNRL_TRY(check_place(environment, "the gradient", into));
    SYNRL_TRY(check_place(environment, "the loss", loss));
    const synrl_status status = network_gradient(environment->network, feedback, into, &pass);
    environment_warn(environment, &pass);
    environment->is_lost = status == SYNRL_INVALID && !isfinite(pass.loss);
    SYNRL_TRY(status);
    environment->sample_forwards += network_samples(environment->network);
    environment->sample_backwards += network_samples(environment->network);
    environment->is_correct_known = environment->is_loss_known && environment->is_correct_known;
    pass.n_correct = environment->last.n_correct;
    environment->last = pass;
    environment->is_loss_known = environment->is_paid = environment->has_terms = true;
    *loss = pass.loss;
    return SYNRL_OK;
}

synrl_status env_gradient(synrl_env *env, float *into, double *loss) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "gradient", SYNRL_RULE_READS_MORE, false));
    return env_leave(environment, gradient(environment, NULL, into, loss));
}

synrl_status env_gradient_by(synrl_env *env, const float *feedback, float *into, double *loss) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "gradient_by", SYNRL_RULE_READS_MORE, false));
    SYNRL_TRY(env_leave(environment, check_floats(environment, "feedback weight", feedback)));
    return env_leave(environment, gradient(environment, feedback, into, loss));
}
