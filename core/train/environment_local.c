/* SPDX-License-Identifier: MIT */
/* Local information: perturbed passes, what samples are paid, and what synapses saw. */
#include <math.h>
#include <string.h>

#include "base/ranks.h"
#include "engine/engine.h"
#include "engine/pool.h"
#include "train/environment_private.h"

__extension__ typedef __int128 wide; /* sums of up to 2^31 terms below 2^58 */

static struct noise noise_of(const struct environment *environment, uint32_t draw) {
    return (struct noise){environment->api.seed, environment->api.iteration, draw};
}

static synrl_status sum_ranks(void *context, size_t n, int64_t *values) {
    return ranks_sum(context, n, values);
}

static synrl_status agree_ranks(void *context, int64_t n_failed, synrl_status status) {
    return ranks_agree_after(context, n_failed, status);
}

/* What local information needs, made by the first call that asks for it. */
static synrl_status prepare(struct environment *environment) {
    struct core *core = environment->core;
    const size_t n = environment->api.n_samples;
    if (environment->watch == NULL) {
        SYNRL_TRY(watch_create(&network_host(environment->network)->api, layout_of(environment),
                               &environment->watch));
        environment->reduction = (struct reduction){core, sum_ranks, agree_ranks};
        watch_share(environment->watch, ranks_several(core) ? &environment->reduction : NULL);
    }
    if (environment->clean == NULL) { /* passes before this one kept no terms */
        environment->has_terms = false;
    }
    SYNRL_TRY(network_keep_terms(environment->network));
    environment->clean =
        environment->clean != NULL ? environment->clean : core_alloc(core, n, sizeof(int64_t));
    environment->noisy =
        environment->noisy != NULL ? environment->noisy : core_alloc(core, n, sizeof(int64_t));
    return environment->clean != NULL && environment->noisy != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
}

/* A pass whose loss is known already, for what the watch sees, or without it for the terms. */
static synrl_status watched_pass(struct environment *environment, bool is_watched) {
    const struct pass_options options = {.watch = is_watched ? environment->watch : NULL,
                                         .without_loss = is_watched};
    struct pass pass;
    return network_pass(environment->network, &options, &pass);
}

/* One in which every rank sees the units of all samples. */
static synrl_status whole_pass(struct environment *environment) {
    const struct pass_options options = {
        .watch = environment->watch, .without_loss = true, .is_whole = true};
    struct pass pass;
    return network_pass(environment->network, &options, &pass);
}

/* The terms of the weights as they are into `clean`; counts a pass where the loss is not known. */
static synrl_status find_clean_terms(struct environment *environment) {
    double loss;
    if (environment->has_clean) {
        return SYNRL_OK;
    }
    const bool had_terms = environment->has_terms && environment->is_loss_known;
    SYNRL_TRY(environment_loss(environment, &loss));
    if (!had_terms && !environment->has_terms) {
        SYNRL_TRY(watched_pass(environment, false));
    }
    SYNRL_TRY(network_terms(environment->network, environment->clean));
    environment->has_terms = environment->has_clean = true;
    return SYNRL_OK;
}

/* Noise and rewards ---------------------------------------------------------------------------- */

/* A counted pass with noise, for which the watch has begun. */
static synrl_status noisy_pass(struct environment *environment, const struct noise *noise,
                               double *loss) {
    struct pass pass;
    SYNRL_TRY(network_pass(environment->network,
                           &(struct pass_options){.watch = environment->watch}, &pass));
    environment->sample_forwards += network_samples(environment->network);
    SYNRL_TRY(network_terms(environment->network, environment->noisy));
    environment->noise = *noise;
    environment->has_terms = false;
    environment->has_noise = environment->is_perturbed_last = true;
    if (loss != NULL) {
        *loss = pass.loss;
    }
    return SYNRL_OK;
}

/* sigmas: of each tensor, or NULL: sigma. */
static synrl_status perturb(struct environment *environment, uint32_t draw, double sigma,
                            const double *sigmas, double *loss) {
    const struct noise noise = noise_of(environment, draw);
    SYNRL_TRY(prepare(environment));
    SYNRL_TRY(find_clean_terms(environment));
    struct watch *watch = environment->watch;
    const synrl_batch *batch = network_batch(environment->network);
    SYNRL_TRY(sigmas != NULL ? watch_begin_noise_by_tensor(watch, batch, &noise, sigmas)
                             : watch_begin_noise(watch, batch, &noise, sigma));
    environment->is_fired = false;
    return noisy_pass(environment, &noise, loss);
}

static synrl_status local_perturb(synrl_env *env, uint32_t draw, double sigma, double *loss) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "local->perturb", SYNRL_RULE_READS_MORE, true));
    return env_leave(environment, perturb(environment, draw, sigma, NULL, loss));
}

static synrl_status local_perturb_tensors(synrl_env *env, uint32_t draw, const double *sigmas,
                                          double *loss) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "local->perturb_tensors", SYNRL_RULE_READS_MORE, true));
    SYNRL_TRY(env_leave(environment, check_place(environment, "the array of sigmas", sigmas)));
    return env_leave(environment, perturb(environment, draw, 0.0, sigmas, loss));
}

static synrl_status local_noise(synrl_env *env, uint32_t draw, int8_t *signs) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "local->noise", SYNRL_RULE_READS_MORE, false));
    SYNRL_TRY(env_leave(environment, check_place(environment, "the array of signs", signs)));
    SYNRL_TRY(env_leave(environment, prepare(environment)));
    const struct noise noise = noise_of(environment, draw);
    return env_leave(environment, watch_signs(environment->watch,
                                              network_batch(environment->network), &noise, signs));
}

static synrl_status sample_losses(struct environment *environment, int64_t *terms) {
    SYNRL_TRY(prepare(environment));
    if (!environment->is_perturbed_last) {
        SYNRL_TRY(find_clean_terms(environment));
    }
    memcpy(terms, environment->is_perturbed_last ? environment->noisy : environment->clean,
           environment->api.n_samples * sizeof *terms);
    return SYNRL_OK;
}

static synrl_status local_sample_losses(synrl_env *env, int64_t *terms) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "local->sample_losses", SYNRL_RULE_READS_MORE, false));
    SYNRL_TRY(env_leave(environment, check_place(environment, "the array of terms", terms)));
    return env_leave(environment, sample_losses(environment, terms));
}

static synrl_status fire(struct environment *environment, uint32_t draw, double *loss) {
    const struct noise noise = noise_of(environment, draw);
    SYNRL_TRY(prepare(environment));
    SYNRL_TRY(watch_begin_fire(environment->watch, network_batch(environment->network), &noise));
    environment->has_noise = false; /* what fails leaves no terms */
    environment->is_fired = true;
    SYNRL_TRY(noisy_pass(environment, &noise, loss));
    return watch_end_fire(environment->watch);
}

static synrl_status local_fire(synrl_env *env, uint32_t draw, double *loss) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "local->fire", SYNRL_RULE_READS_MORE, true));
    return env_leave(environment, fire(environment, draw, loss));
}

/* Two passes whose results are known. */
static synrl_status changes(struct environment *environment, float *values) {
    const synrl_batch *batch = network_batch(environment->network);
    const size_t n_units = layout_of(environment)->n_units;
    if (!environment->has_noise || environment->is_fired) {
        return core_fail(environment->core, SYNRL_INVALID,
                         "env->local->changes: there was no perturb of these weights");
    }
    memset(values, 0,
           network_blocks(environment->network) * n_units * SYNRL_LANES * sizeof *values);
    watch_begin_values(environment->watch, values);
    SYNRL_TRY(whole_pass(environment));
    SYNRL_TRY(watch_begin_changes(environment->watch, batch, &environment->noise, values));
    environment->has_terms = false;
    return whole_pass(environment);
}

static synrl_status local_changes(synrl_env *env, float *values) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "local->changes", SYNRL_RULE_READS_MORE, false));
    SYNRL_TRY(env_leave(environment, check_place(environment, "the array of changes", values)));
    return env_leave(environment, changes(environment, values));
}

/* By how much the noise lowered the loss of the samples first .. end - 1 together. A loss that is
 * not finite is worse than any that is. */
static int64_t group_fall(const struct environment *environment, size_t first, size_t end) {
    wide fall = 0;
    int n_infinite = 0; /* more of them without noise: positive */
    for (size_t s = first; s < end; s++) {
        const int64_t clean = environment->clean[s], noisy = environment->noisy[s];
        n_infinite += (clean == INT64_MAX) - (noisy == INT64_MAX);
        fall += clean != INT64_MAX && noisy != INT64_MAX ? (wide)clean - noisy : 0;
    }
    if (n_infinite != 0) {
        fall = n_infinite;
        fall *= INT64_MAX;
    }
    return fall > INT64_MAX ? INT64_MAX : fall < -INT64_MAX ? -INT64_MAX : (int64_t)fall;
}

struct pay_work {
    const struct environment *environment;
    size_t group;
    int64_t *falls; /* one of the two; the other is NULL */
    int8_t *signs;
};

static void pay_share(void *context, size_t worker, size_t n_workers) {
    const struct pay_work *work = context;
    const size_t n = work->environment->api.n_samples, group = work->group;
    size_t g, end_group;
    pool_share((n + group - 1) / group, 1, worker, n_workers, &g, &end_group);
    for (; g < end_group; g++) {
        const size_t first = g * group, end = n - first < group ? n : first + group;
        const int64_t fall = group_fall(work->environment, first, end);
        for (size_t s = first; s < end; s++) {
            if (work->falls != NULL) {
                work->falls[s] = fall;
            } else {
                work->signs[s] = (int8_t)((fall > 0) - (fall < 0));
            }
        }
    }
}

/* One of the two; the other is NULL. */
static synrl_status pay(struct environment *environment, const char *call, int64_t *falls,
                        int8_t *signs) {
    const size_t group = environment->options.reward_group;
    struct pay_work work = {environment, group > 0 ? group : environment->api.n_samples, falls,
                            signs};
    if (!environment->has_noise) {
        return core_fail(environment->core, SYNRL_INVALID,
                         "env->local->%s: there was no perturb of these weights", call);
    }
    SYNRL_TRY(find_clean_terms(environment));
    pool_run(environment->core->pool, pay_share, &work);
    return SYNRL_OK;
}

static synrl_status local_rewards(synrl_env *env, int8_t *paid) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "local->rewards", SYNRL_RULE_READS_MORE, false));
    SYNRL_TRY(env_leave(environment, check_place(environment, "the array of rewards", paid)));
    return env_leave(environment, pay(environment, "rewards", NULL, paid));
}

static synrl_status local_falls(synrl_env *env, int64_t *falls) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "local->falls", SYNRL_RULE_READS_MORE, false));
    SYNRL_TRY(env_leave(environment, check_place(environment, "the array of falls", falls)));
    return env_leave(environment, pay(environment, "falls", falls, NULL));
}

/* What synapses and units saw ------------------------------------------------------------------ */

static synrl_status correlate(struct environment *environment, const synrl_signal *signal,
                              double *credit) {
    const bool where_fired = (signal->flags & SYNRL_WHERE_FIRED) != 0;
    SYNRL_TRY(prepare(environment));
    if (where_fired && !(environment->has_noise && environment->is_fired)) {
        return core_fail(environment->core, SYNRL_INVALID,
                         "a signal with SYNRL_WHERE_FIRED: there was no fire of these weights");
    }
    if ((signal->flags & SYNRL_WHERE_MOVED) != 0 &&
        (!environment->has_noise || environment->is_fired)) {
        return core_fail(environment->core, SYNRL_INVALID,
                         "a signal with SYNRL_WHERE_MOVED: there was no perturb of these weights");
    }
    SYNRL_TRY(watch_begin_credit(environment->watch, network_weights(environment->network),
                                 network_batch(environment->network), signal));
    SYNRL_TRY(watched_pass(environment, true));
    environment->has_terms = environment->has_terms && !where_fired;
    return watch_end_credit(environment->watch, credit);
}

static synrl_status local_correlate(synrl_env *env, const synrl_signal *signal, double *credit) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "local->correlate", SYNRL_RULE_READS_MORE, false));
    SYNRL_TRY(env_leave(environment, check_place(environment, "the signal", signal)));
    SYNRL_TRY(env_leave(environment, check_place(environment, "the array of credit", credit)));
    return env_leave(environment, correlate(environment, signal, credit));
}

static synrl_status activity(struct environment *environment, double *mean, double *mean_square) {
    SYNRL_TRY(prepare(environment));
    SYNRL_TRY(watch_begin_activity(environment->watch, network_batch(environment->network)));
    SYNRL_TRY(watched_pass(environment, true));
    return watch_end_activity(environment->watch, mean, mean_square);
}

static synrl_status local_activity(synrl_env *env, double *mean, double *mean_square) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "local->activity", SYNRL_RULE_READS_MORE, false));
    return env_leave(environment, activity(environment, mean, mean_square));
}

/* Feedback ------------------------------------------------------------------------------------- */

/* Rows [n_units][n_outputs] of the feedback matrix: random, and the identity for the outputs. */
static void draw_feedback(const struct environment *environment, uint32_t number, float *matrix) {
    const synrl_layout *layout = layout_of(environment);
    const size_t n_outputs = layout->n_outputs, n_units = layout->n_units;
    const synrl_stream stream = {environment->api.seed, number, SYNRL_PURPOSE_FEEDBACK};
    const float width = 1.0F / sqrtf((float)n_outputs);
    random_api.uniform(stream, 0, n_units * n_outputs, -width, width, matrix);
    for (size_t o = 0; o < n_outputs && n_units >= n_outputs; o++) {
        float *row = matrix + (n_units - n_outputs + o) * n_outputs;
        memset(row, 0, n_outputs * sizeof *row);
        row[o] = 1.0F;
    }
}

/* signal[u] = sum over outputs, ascending, of matrix[u][o] * error[o], block by block. */
static void carry_back(const struct environment *environment, const float *matrix,
                       const float *errors, float *signal) {
    const synrl_layout *layout = layout_of(environment);
    const size_t n_units = layout->n_units, n_outputs = layout->n_outputs;
    for (size_t block = 0; block < network_blocks(environment->network); block++) {
        const float *error = errors + block * n_outputs * SYNRL_LANES;
        for (size_t u = 0; u < n_units; u++) {
            float *to = signal + (block * n_units + u) * SYNRL_LANES;
            memset(to, 0, SYNRL_LANES * sizeof *to);
            for (size_t o = 0; o < n_outputs; o++) {
                for (size_t lane = 0; lane < SYNRL_LANES; lane++) {
                    to[lane] += matrix[u * n_outputs + o] * error[o * SYNRL_LANES + lane];
                }
            }
        }
    }
}

static synrl_status feedback(struct environment *environment, uint32_t number, float *signal) {
    struct core *core = environment->core;
    const synrl_layout *layout = layout_of(environment);
    const float *errors;
    double loss;
    if (!network_loss_has_gradient(environment->network)) {
        return core_fail(core, SYNRL_UNSUPPORTED, "loss \"%s\" has no derivative",
                         component_plugin(environment->options.loss)->entry->id);
    }
    SYNRL_TRY(environment_loss(environment, &loss));
    SYNRL_TRY(network_slopes_of(environment->network, environment->last.sum, &errors));
    float *matrix = core_alloc(core, layout->n_units, layout->n_outputs * sizeof *matrix);
    if (matrix == NULL) {
        return SYNRL_NO_MEMORY;
    }
    draw_feedback(environment, number, matrix);
    carry_back(environment, matrix, errors, signal);
    core_free(core, matrix);
    return SYNRL_OK;
}

static synrl_status local_feedback(synrl_env *env, uint32_t number, float *signal) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(env_enter(environment, "local->feedback", SYNRL_RULE_READS_MORE, false));
    SYNRL_TRY(env_leave(environment, check_place(environment, "the signal", signal)));
    return env_leave(environment, feedback(environment, number, signal));
}

static size_t local_n_blocks(const synrl_env *env) {
    return network_blocks(environment_of(env)->network);
}

static size_t local_n_units(const synrl_env *env) {
    return layout_of(environment_of(env))->n_units;
}

const synrl_local_api local_api = {
    .size = sizeof(synrl_local_api),
    .n_blocks = local_n_blocks,
    .n_units = local_n_units,
    .perturb = local_perturb,
    .noise = local_noise,
    .sample_losses = local_sample_losses,
    .rewards = local_rewards,
    .correlate = local_correlate,
    .activity = local_activity,
    .feedback = local_feedback,
    .falls = local_falls,
    .changes = local_changes,
    .fire = local_fire,
    .perturb_tensors = local_perturb_tensors,
};
