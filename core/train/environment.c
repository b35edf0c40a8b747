/* The environment that a rule drives. Invariant: `loss` is that of the network's weights on its
 * batch whenever is_loss_known; `old_loss` is what the next step's loss is compared with. */
#include "train/environment.h"

#include <math.h>
#include <string.h>

#include "engine/engine.h"

struct environment {
    synrl_env public;
    struct core *core;
    struct train_options options;
    struct network *network;
    struct network *probe; /* the same batch at other weights; made by the first probe */
    float *probe_weights;  /* [2][n_synapses]: as they are, and as probed */
    uint64_t batch_number;
    uint32_t
        *samples; /* [n in the data], scratch of the draw; NULL: the batch is all of the data */
    bool is_probe_bound; /* to the batch as it is */
    bool count_correct;

    double old_loss;
    bool has_old_loss;
    struct pass last; /* of the weights as they are, where known */
    bool is_loss_known, is_correct_known;
    bool is_paid; /* the pass that found it is counted: looking costs a rule nothing */
    int reward;
    uint64_t sample_forwards, sample_backwards;
};

static struct environment *environment_of(synrl_env *env) {
    return env->context;
}

/* A counted forward pass at the weights as they are, unless its result is known. */
static double current_loss(struct environment *environment) {
    if (!environment->is_loss_known) {
        environment->last = network_pass(environment->network, environment->count_correct, NULL);
        environment->is_loss_known = true;
        environment->is_correct_known = environment->count_correct;
    }
    if (!environment->is_paid) {
        environment->sample_forwards += network_samples(environment->network);
        environment->is_paid = true;
    }
    return environment->last.loss;
}

static void weights_moved(struct environment *environment) {
    environment->is_loss_known = environment->is_correct_known = environment->is_paid = false;
}

/* What rules call ------------------------------------------------------------------------------ */

static synrl_status check_step(struct environment *environment, double alpha, double bias_scale) {
    if (!((float)alpha > 0.0F && isfinite((float)alpha))) {
        return core_fail(environment->core, SYNRL_INVALID,
                         "a step of alpha = %g: must be a float greater than 0", alpha);
    }
    if (!(bias_scale >= 0.0 && isfinite((float)bias_scale))) {
        return core_fail(environment->core, SYNRL_INVALID,
                         "a step with bias_scale = %g: must be at least 0", bias_scale);
    }
    if (environment->reward != 0) {
        return core_fail(environment->core, SYNRL_INVALID,
                         "a second step in iteration %llu: a rule steps once an iteration",
                         (unsigned long long)environment->public.iteration);
    }
    return SYNRL_OK;
}

/* Algorithm 1 from "w <- w + w.a_t" to the reward, Eq. 4. */
static synrl_status env_step(synrl_env *env, const int8_t *actions, double alpha, double bias_scale,
                             synrl_outcome *outcome) {
    struct environment *environment = environment_of(env);
    SYNRL_TRY(check_step(environment, alpha, bias_scale));
    if (!environment->has_old_loss) {
        environment->old_loss = current_loss(environment);
        environment->has_old_loss = true;
    }
    network_act(environment->network, actions, (float)alpha, (float)bias_scale);
    weights_moved(environment);
    const double new_loss = current_loss(environment);
    environment->reward = environment->old_loss > new_loss ? 1 : -1;
    environment->old_loss = new_loss;
    *outcome = (synrl_outcome){.loss = new_loss, .reward = environment->reward};
    return SYNRL_OK;
}

static synrl_status make_probe(struct environment *environment) {
    const struct train_options *options = &environment->options;
    if (environment->probe == NULL) {
        environment->probe_weights = core_alloc(
            environment->core, environment->public.layout->n_synapses, 2 * sizeof(float));
        if (environment->probe_weights == NULL) {
            return SYNRL_NO_MEMORY;
        }
        SYNRL_TRY(network_create(environment->core, options->model, options->loss, options->data,
                                 network_samples(environment->network), &environment->probe));
    }
    if (!environment->is_probe_bound) {
        SYNRL_TRY(network_bind(environment->probe, environment->samples));
        environment->is_probe_bound = true;
    }
    return SYNRL_OK;
}

static synrl_status env_probe(synrl_env *env, size_t n_directions, const float *directions,
                              double scale, double *losses) {
    struct environment *environment = environment_of(env);
    const size_t n_synapses = env->layout->n_synapses;
    SYNRL_TRY(make_probe(environment));
    float *weights = environment->probe_weights, *probed = weights + n_synapses;
    network_get_weights(environment->network, weights);
    for (size_t k = 0; k < n_directions; k++) {
        const float *direction = directions + k * n_synapses;
        for (size_t i = 0; i < n_synapses; i++) {
            probed[i] = weights[i] + (float)scale * direction[i];
        }
        network_set_weights(environment->probe, probed);
        losses[k] = network_pass(environment->probe, false, NULL).loss;
        environment->sample_forwards += network_samples(environment->probe);
    }
    return SYNRL_OK;
}

static synrl_status env_loss(synrl_env *env, double *loss) {
    *loss = current_loss(environment_of(env));
    return SYNRL_OK;
}

static synrl_status env_differentiable(synrl_env *env) {
    return network_differentiable(environment_of(env)->network);
}

static synrl_status env_gradient(synrl_env *env, float *gradient, double *loss) {
    struct environment *environment = environment_of(env);
    struct pass pass;
    SYNRL_TRY(network_gradient(environment->network, gradient, &pass));
    environment->sample_forwards += network_samples(environment->network);
    environment->sample_backwards += network_samples(environment->network);
    environment->is_correct_known = environment->is_loss_known && environment->is_correct_known;
    pass.n_correct = environment->last.n_correct;
    environment->last = pass;
    environment->is_loss_known = environment->is_paid = true;
    *loss = pass.loss;
    return SYNRL_OK;
}

static synrl_status env_shift(synrl_env *env, const float *delta) {
    network_shift(environment_of(env)->network, delta);
    weights_moved(environment_of(env));
    return SYNRL_OK;
}

/* Batches -------------------------------------------------------------------------------------- */

/* Draws batch `number` from (seed, number) alone and binds it. */
static synrl_status draw_batch(struct environment *environment, uint64_t number) {
    const struct train_options *options = &environment->options;
    if (environment->samples != NULL) {
        const synrl_stream stream = {
            .seed = options->seed, .iteration = number, .purpose = SYNRL_PURPOSE_BATCH};
        random_api.sample(stream, (uint32_t)network_samples(environment->network),
                          (uint32_t)dataset_data(options->data)->n_samples, environment->samples);
    }
    environment->batch_number = number;
    environment->is_probe_bound = false;
    SYNRL_TRY(network_bind(environment->network, environment->samples));
    weights_moved(environment);
    if (options->refresh == BATCH_REBASE) {
        environment->has_old_loss = false;
    }
    return SYNRL_OK;
}

synrl_status environment_begin(struct environment *environment, uint64_t iteration,
                               bool count_correct) {
    const uint64_t every = environment->options.batch_every;
    environment->public.iteration = iteration;
    environment->count_correct = count_correct;
    environment->reward = 0;
    if (environment->samples != NULL && every > 0 &&
        iteration / every != environment->batch_number) {
        return draw_batch(environment, iteration / every);
    }
    return SYNRL_OK;
}

/* Making --------------------------------------------------------------------------------------- */

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
    environment->public.layout = network_layout(environment->network);
    if (batch_size < n) {
        environment->samples = core_alloc(core, n, sizeof(uint32_t));
        if (environment->samples == NULL) {
            return SYNRL_NO_MEMORY;
        }
    }
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
    environment->public = (synrl_env){.size = sizeof(synrl_env),
                                      .context = environment,
                                      .seed = options->seed,
                                      .step = env_step,
                                      .probe = env_probe,
                                      .loss = env_loss,
                                      .differentiable = env_differentiable,
                                      .gradient = env_gradient,
                                      .shift = env_shift};
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
    core_free(environment->core, environment->samples);
    core_free(environment->core, environment);
}

/* What the trainer asks ------------------------------------------------------------------------ */

synrl_env *environment_public(struct environment *environment) {
    return &environment->public;
}

int environment_reward(const struct environment *environment) {
    return environment->reward;
}

struct network *environment_network(struct environment *environment) {
    return environment->network;
}

void environment_look(struct environment *environment, struct metrics *metrics) {
    const bool has_classes = network_has_classes(environment->network);
    if (!environment->is_loss_known || (has_classes && !environment->is_correct_known)) {
        environment->last = network_pass(environment->network, has_classes, NULL);
        environment->is_loss_known = environment->is_correct_known = true;
    }
    metrics->loss = environment->last.loss;
    metrics->accuracy = has_classes ? (double)environment->last.n_correct /
                                          (double)network_samples(environment->network)
                                    : (double)NAN;
    metrics->sample_forwards = environment->sample_forwards;
    metrics->sample_backwards = environment->sample_backwards;
}

/* State ---------------------------------------------------------------------------------------- */

struct environment_state environment_save(const struct environment *environment) {
    return (struct environment_state){.old_loss = environment->old_loss,
                                      .last = environment->last,
                                      .batch_number = environment->batch_number,
                                      .sample_forwards = environment->sample_forwards,
                                      .sample_backwards = environment->sample_backwards,
                                      .has_old_loss = environment->has_old_loss,
                                      .is_loss_known = environment->is_loss_known,
                                      .is_correct_known = environment->is_correct_known,
                                      .is_paid = environment->is_paid};
}

synrl_status environment_load(struct environment *environment,
                              const struct environment_state *state) {
    if (state->batch_number != environment->batch_number) {
        SYNRL_TRY(draw_batch(environment, state->batch_number));
    }
    environment->old_loss = state->old_loss;
    environment->last = state->last;
    environment->sample_forwards = state->sample_forwards;
    environment->sample_backwards = state->sample_backwards;
    environment->has_old_loss = state->has_old_loss != 0;
    environment->is_loss_known = state->is_loss_known != 0;
    environment->is_correct_known = state->is_correct_known != 0;
    environment->is_paid = state->is_paid != 0;
    return SYNRL_OK;
}
