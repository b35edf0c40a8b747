/* SPDX-License-Identifier: MIT */
/* Runs a rule in its environment, measures it and notifies the observers. Measuring draws no random
 * number and moves no weight: a run ends with the same bits however often it is measured. */
#include "train/trainer_private.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/ranks.h"
#include "plugin/host.h"
#include "train/best.h"
#include "train/classes.h"
#include "train/evaluate.h"
#include "train/named_weights.h"
#include "train/network_trial.h"

/* Observers are asked to tick at least this often, in seconds. */
#define TICK_SECONDS 0.05

/* Why a run was stopped whose rule could get no gradient any more. */
static const char lost[] = "the loss is not finite, so it has no gradient";

/* Making --------------------------------------------------------------------------------------- */

static uint64_t one_of(uint64_t iterations, uint64_t parts) {
    return iterations / parts > 0 ? iterations / parts : 1;
}

static synrl_status take_options(struct trainer *trainer, const struct train_options *options) {
    struct train_options *own = &trainer->options;
    *own = *options;
    own->name = core_strdup(trainer->core, options->name != NULL ? options->name : "run");
    own->data = dataset_retain(options->data);
    own->valid = options->valid != NULL ? dataset_retain(options->valid) : NULL;
    own->model = component_retain(options->model);
    own->loss = component_retain(options->loss);
    own->rule = component_retain(options->rule);
    if (own->record_every == 0) {
        own->record_every = one_of(own->iterations, 1000);
    }
    if (own->evaluate_every == 0) {
        own->evaluate_every = one_of(own->iterations, 100);
    }
    if (own->checkpoint_keep == 0) {
        own->checkpoint_keep = 2;
    }
    return own->name != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
}

/* Numbers the classes of the validation set as those of the training set. */
static synrl_status match_validation(struct trainer *trainer) {
    struct classes classes;
    SYNRL_TRY(classes_of(trainer->options.data, &classes));
    const synrl_status status = classes_match(&classes, trainer->options.valid, &trainer->valid);
    classes_free(trainer->core, &classes);
    return status == SYNRL_OK ? status : core_fail_in(trainer->core, status, "valid");
}

static synrl_status make_validation(struct trainer *trainer) {
    const struct train_options *options = &trainer->options;
    const synrl_data *data = dataset_data(options->data), *valid = dataset_data(options->valid);
    if (valid->n_inputs != data->n_inputs) {
        return core_fail(trainer->core, SYNRL_INVALID,
                         "valid: dataset \"%s\" has %zu inputs a sample, and the training data has "
                         "%zu: they must be as many",
                         dataset_id(options->valid), valid->n_inputs, data->n_inputs);
    }
    trainer->weights =
        core_alloc(trainer->core, trainer_layout(trainer)->n_synapses, sizeof(float));
    if (trainer->weights == NULL) {
        return SYNRL_NO_MEMORY;
    }
    SYNRL_TRY(match_validation(trainer));
    SYNRL_TRY(network_create(trainer->core, options->model, options->loss, trainer->valid,
                             valid->n_samples, &trainer->validation));
    network_set_shared(trainer->validation);
    SYNRL_TRY(network_check_layout(trainer->validation, environment_network(trainer->environment),
                                   "the validation"));
    return network_bind(trainer->validation, NULL);
}

bool trainer_can_resume(const struct trainer *trainer) {
    return rule_can_resume(&trainer->rule);
}

bool trainer_can_replay(const struct trainer *trainer) {
    return !rule_reads_more(&trainer->rule);
}

static synrl_status make_rule(struct trainer *trainer) {
    const struct train_options *options = &trainer->options;
    struct environment *environment = trainer->environment;
    struct rule *rule = &trainer->rule;
    SYNRL_TRY(rule_create(rule, trainer->core, options->rule));
    if (options->checkpoint_every > 0 && !rule_can_resume(rule)) {
        return core_fail(trainer->core, SYNRL_UNSUPPORTED,
                         "checkpoint: %s cannot be resumed: it offers no state and is not "
                         "SYNRL_RULE_STATELESS",
                         rule->host.who);
    }
    environment_set_rule(environment, &rule->host, rule->traits, true);
    SYNRL_TRY(rule_start(rule, environment_public(environment)));
    SYNRL_TRY(environment_check(environment));
    environment_set_rule(environment, &rule->host, rule->traits, false);
    const struct stateful state = rule_state(rule);
    SYNRL_TRY(rule_metric_names(rule, &trainer->own));
    trainer->n_rule_metrics = trainer->own.n;
    trainer_forget_metrics(trainer, &trainer->latest);
    SYNRL_TRY(best_start(&trainer->best, trainer->core, options->keep, options->keep_better,
                         &trainer->own, options->valid != NULL, options->may_decide_metrics,
                         trainer_layout(trainer)->n_synapses));
    return state_measure(&state, &trainer->rule_state_size);
}

static synrl_status build(struct trainer *trainer) {
    const struct train_options *options = &trainer->options;
    SYNRL_TRY(environment_create(trainer->core, options, &trainer->environment));
    if (trainer_initial(trainer) != NULL) {
        trainer->options.weights_hash =
            weights_hash(trainer_initial(trainer), trainer_layout(trainer)->n_synapses);
    }
    if (options->valid != NULL) {
        SYNRL_TRY(make_validation(trainer));
    }
    return make_rule(trainer);
}

synrl_status trainer_create(struct core *core, const struct train_options *options,
                            struct trainer **made) {
    *made = NULL;
    struct trainer *trainer = core_alloc(core, 1, sizeof *trainer);
    if (trainer == NULL) {
        return SYNRL_NO_MEMORY;
    }
    trainer->core = core;
    trainer->is_report_due = true;
    synrl_status status = take_options(trainer, options);
    if (status == SYNRL_OK) {
        status = build(trainer);
    }
    if (status != SYNRL_OK) {
        trainer_destroy(trainer);
        return status;
    }
    *made = trainer;
    return SYNRL_OK;
}

void trainer_destroy(struct trainer *trainer) {
    if (trainer == NULL) {
        return;
    }
    rule_clear(&trainer->rule);
    network_destroy(trainer->validation);
    environment_destroy(trainer->environment);
    core_free(trainer->core, trainer->weights);
    best_clear(&trainer->best, trainer->core);
    component_release(trainer->options.rule);
    component_release(trainer->options.loss);
    component_release(trainer->options.model);
    dataset_release(trainer->valid);
    dataset_release(trainer->options.valid);
    dataset_release(trainer->options.data);
    core_free(trainer->core, (char *)trainer->options.name);
    core_free(trainer->core, trainer);
}

/* Looking -------------------------------------------------------------------------------------- */

/* Once per run, as of the loss on the batch; not where that is not finite either. */
static void warn_of_validation(struct trainer *trainer, const struct pass *pass) {
    char reason[256];
    if (isfinite(pass->loss) || trainer->is_validation_warned || !isfinite(trainer->latest.loss)) {
        return;
    }
    trainer->is_validation_warned = true;
    network_explain(trainer->validation, pass, reason, sizeof reason);
    core_log(trainer->core, SYNRL_LOG_WARNING,
             "%s: the validation loss is not finite in iteration %" PRIu64 "%s%s",
             trainer->options.name, trainer->done, reason[0] != '\0' ? ": " : "", reason);
}

static synrl_status validate(struct trainer *trainer, struct metrics *metrics) {
    struct network *validation = trainer->validation;
    network_get_weights(environment_network(trainer->environment), trainer->weights);
    network_set_weights(validation, trainer->weights);
    struct pass pass;
    SYNRL_TRY(network_pass(validation, &(struct pass_options){.count_correct = true}, &pass));
    warn_of_validation(trainer, &pass);
    metrics->valid_loss = pass.loss;
    if (network_has_classes(validation)) {
        metrics->valid_accuracy = (double)pass.n_correct / (double)network_samples(validation);
    }
    return SYNRL_OK;
}

/* The value of that schedule of the rule at this iteration; NaN where it has none. */
static synrl_status scheduled(const struct trainer *trainer, const char *name, double *value) {
    const synrl_plugin *entry = component_plugin(trainer->options.rule)->entry;
    const uint64_t iteration = trainer->done > 0 ? trainer->done - 1 : 0;
    *value = (double)NAN;
    for (uint32_t p = 0; p < entry->n_params; p++) {
        if (entry->params[p].type == SYNRL_PARAM_SCHEDULE &&
            strcmp(entry->params[p].name, name) == 0) {
            const char *config = component_config(trainer->options.rule);
            const synrl_schedule *schedule;
            memcpy(&schedule, config + entry->params[p].offset, sizeof schedule);
            return schedule != NULL ? schedule->at(schedule, iteration, value) : SYNRL_OK;
        }
    }
    return SYNRL_OK;
}

static synrl_status measure(struct trainer *trainer, bool evaluate) {
    struct metrics *metrics = &trainer->latest, before = *metrics;
    *metrics = (struct metrics){.iteration = trainer->done,
                                .reward_rate = (double)NAN,
                                .valid_loss = (double)NAN,
                                .valid_accuracy = (double)NAN};
    if (before.iteration == trainer->done) { /* what the script has said of it holds */
        memcpy(metrics->own, before.own, sizeof before.own);
    } else {
        trainer_forget_metrics(trainer, metrics);
    }
    rule_metrics(&trainer->rule, metrics->own);
    SYNRL_TRY(environment_measure(trainer->environment, metrics));
    if (trainer->stepped > 0) {
        metrics->reward_rate = (double)trainer->rewarded / (double)trainer->stepped;
    }
    if (evaluate && trainer->validation != NULL) {
        SYNRL_TRY(validate(trainer, metrics));
    }
    SYNRL_TRY(scheduled(trainer, "alpha_s", &metrics->alpha_s));
    return scheduled(trainer, "epsilon", &metrics->epsilon);
}

static void keep_best(struct trainer *trainer) {
    if (trainer->has_columns && best_improves(&trainer->best, &trainer->latest)) {
        trainer_weights(trainer, trainer->best.weights);
    }
}

/* Running -------------------------------------------------------------------------------------- */

bool trainer_is_due(const struct trainer *trainer, uint64_t done, uint64_t every) {
    return done % every == 0 || done == trainer->options.iterations;
}

bool trainer_has_row(const struct trainer *trainer, uint64_t done) {
    return trainer_is_due(trainer, done, trainer->options.record_every) ||
           (trainer->validation != NULL &&
            trainer_is_due(trainer, done, trainer->options.evaluate_every));
}

/* The script's answer to what the metrics say, on rank 0: on others it may see another clock. */
static synrl_status decide(struct trainer *trainer, struct decision *decision) {
    const struct train_options *options = &trainer->options;
    struct core *core = trainer->core;
    if (options->decide == NULL) {
        return SYNRL_OK;
    }
    SYNRL_TRY(
        ranks_agree(core, options->decide(options->decide_context, &trainer->latest, decision)));
    return ranks_broadcast(core, sizeof *decision, decision);
}

/* Asks the script whether to continue, and for its own metrics. */
static synrl_status ask(struct trainer *trainer) {
    struct decision decision = {.stop = false};
    synrl_status status = decide(trainer, &decision);
    if (status == SYNRL_OK) {
        status = trainer_take_metrics(trainer, &decision);
    }
    trainer->is_interrupted = status == SYNRL_STOPPED;
    trainer->has_ended = status == SYNRL_OK && decision.stop;
    memcpy(trainer->stopped, decision.reason, sizeof trainer->stopped);
    if (!trainer->has_ended) {
        trainer->stopped[0] = '\0';
    }
    return status;
}

static synrl_status record(struct trainer *trainer, size_t n_observers,
                           const struct observer *observers) {
    for (size_t i = 0; i < n_observers; i++) {
        if (observers[i].record != NULL) {
            SYNRL_TRY(observers[i].record(observers[i].context, &trainer->latest));
        }
    }
    trainer->rewarded = trainer->stepped = 0;
    trainer->is_report_due = false;
    return SYNRL_OK;
}

/* Measures, asks the script, and notifies the observers. What is interrupted is done again when the
 * run is resumed; where the script fails, its row is recorded without its metrics. */
static synrl_status report(struct trainer *trainer, size_t n_observers,
                           const struct observer *observers) {
    const bool evaluates = trainer->validation != NULL;
    const bool evaluate =
        evaluates && trainer_is_due(trainer, trainer->done, trainer->options.evaluate_every);
    SYNRL_TRY(measure(trainer, evaluate));
    const synrl_status asked = !evaluates || evaluate ? ask(trainer) : SYNRL_OK;
    if (asked == SYNRL_STOPPED) {
        return asked;
    }
    if (asked == SYNRL_OK) {
        keep_best(trainer);
    }
    SYNRL_TRY(record(trainer, n_observers, observers));
    return asked == SYNRL_OK && trainer->has_ended ? SYNRL_STOPPED : asked;
}

bool trainer_records_losses(const struct trainer *trainer) {
    return rule_reads_losses(&trainer->rule);
}

static synrl_status tell_losses(struct trainer *trainer, size_t n_observers,
                                const struct observer *observers) {
    const double *losses = environment_losses(trainer->environment);
    for (size_t i = 0; trainer_records_losses(trainer) && i < n_observers; i++) {
        if (observers[i].losses != NULL) {
            SYNRL_TRY(observers[i].losses(observers[i].context, trainer->done, losses));
        }
    }
    return SYNRL_OK;
}

static synrl_status tell_reward(struct trainer *trainer, size_t n_observers,
                                const struct observer *observers) {
    const int reward = environment_reward(trainer->environment);
    SYNRL_TRY(tell_losses(trainer, n_observers, observers));
    if (reward == 0) {
        return SYNRL_OK;
    }
    trainer->stepped++;
    trainer->rewarded += reward > 0;
    for (size_t i = 0; i < n_observers; i++) {
        if (observers[i].reward != NULL) {
            SYNRL_TRY(observers[i].reward(observers[i].context, trainer->done, reward));
        }
    }
    return SYNRL_OK;
}

static synrl_status interrupt(struct trainer *trainer) {
    snprintf(trainer->stopped, sizeof trainer->stopped, "interrupted");
    trainer->is_interrupted = true;
    return SYNRL_STOPPED;
}

static synrl_status hash_weights(struct trainer *trainer) {
    const size_t n = trainer_layout(trainer)->n_synapses;
    float *weights = core_alloc(trainer->core, n, sizeof *weights);
    if (weights == NULL) {
        return SYNRL_NO_MEMORY;
    }
    trainer_weights(trainer, weights);
    trainer->weights_hash = weights_hash(weights, n);
    core_free(trainer->core, weights);
    return SYNRL_OK;
}

static synrl_status tick(struct trainer *trainer, size_t n_observers,
                         const struct observer *observers) {
    for (size_t i = 0; i < n_observers; i++) {
        if (observers[i].tick != NULL) {
            struct metrics metrics = trainer->latest;
            metrics.iteration = trainer->done;
            const synrl_status status = observers[i].tick(observers[i].context, &metrics);
            if (status == SYNRL_STOPPED && ranks_several(trainer->core)) {
                trainer->core->ranks.wants_stop = true;
                continue;
            }
            SYNRL_TRY(status == SYNRL_STOPPED ? interrupt(trainer) : status);
        }
    }
    return SYNRL_OK;
}

/* Once per iteration: whether one of the ranks is to stop. Where a pass has told them, it costs
 * nothing. */
static synrl_status agree_to_stop(struct trainer *trainer) {
    struct ranks *ranks = &trainer->core->ranks;
    if (!ranks->has_asked) {
        int64_t n = ranks->wants_stop;
        SYNRL_TRY(ranks_sum(trainer->core, 1, &n));
        ranks->has_stopped |= n > 0;
    }
    ranks->has_asked = false;
    return ranks->has_stopped ? interrupt(trainer) : SYNRL_OK;
}

/* Ranks have the same weights, unless a rule or a script is not the same everywhere. */
static synrl_status compare_weights(struct trainer *trainer) {
    const uint64_t every = trainer->core->ranks.compare_every;
    char what[160];
    if (every == 0 || trainer->done % every != 0) {
        return SYNRL_OK;
    }
    SYNRL_TRY(hash_weights(trainer));
    snprintf(what, sizeof what,
             "after iteration %" PRIu64 " its weights (compared every %" PRIu64
             " iterations) differ",
             trainer->done, every);
    return ranks_compare(trainer->core, trainer->weights_hash, what);
}

static synrl_status meet_ranks(struct trainer *trainer) {
    if (!ranks_several(trainer->core)) {
        return SYNRL_OK;
    }
    SYNRL_TRY(compare_weights(trainer));
    return agree_to_stop(trainer);
}

static synrl_status tell_checkpoint(size_t n_observers, const struct observer *observers) {
    for (size_t i = 0; i < n_observers; i++) {
        if (observers[i].checkpoint != NULL) {
            SYNRL_TRY(observers[i].checkpoint(observers[i].context));
        }
    }
    return SYNRL_OK;
}

static synrl_status step_rule(struct trainer *trainer) {
    SYNRL_TRY(rule_step(&trainer->rule, environment_public(trainer->environment)));
    return environment_check(trainer->environment);
}

/* After the last iteration. Its moves belong to none. */
static synrl_status finish_rule(struct trainer *trainer) {
    SYNRL_TRY(rule_finish(&trainer->rule, environment_public(trainer->environment)));
    return environment_check(trainer->environment);
}

static synrl_status iterate(struct trainer *trainer, size_t n_observers,
                            const struct observer *observers) {
    SYNRL_TRY(environment_begin(trainer->environment, trainer->done,
                                trainer_has_row(trainer, trainer->done + 1)));
    SYNRL_TRY(step_rule(trainer));
    SYNRL_TRY(tell_reward(trainer, n_observers, observers));
    trainer->done++;
    if (trainer->done == trainer->options.iterations) {
        SYNRL_TRY(finish_rule(trainer));
    }
    if (trainer_has_row(trainer, trainer->done)) {
        SYNRL_TRY(report(trainer, n_observers, observers));
    }
    /* The last state is the observers' to save when the run is over. */
    const uint64_t every = trainer->options.checkpoint_every;
    return every > 0 && trainer->done % every == 0 && trainer->done < trainer->options.iterations
               ? tell_checkpoint(n_observers, observers)
               : SYNRL_OK;
}

static synrl_status run(struct trainer *trainer, size_t n_observers,
                        const struct observer *observers) {
    double last_tick = clock_seconds();
    if (trainer->is_report_due) {
        SYNRL_TRY(report(trainer, n_observers, observers));
    }
    while (trainer->done < trainer->options.iterations) {
        SYNRL_TRY(iterate(trainer, n_observers, observers));
        const double time = clock_seconds();
        if (time - last_tick >= TICK_SECONDS) {
            last_tick = time;
            SYNRL_TRY(tick(trainer, n_observers, observers));
        }
        SYNRL_TRY(meet_ranks(trainer));
    }
    return SYNRL_OK;
}

/* The rule's gradient failed since the loss is not finite: that ends the run, and is no error. The
 * iteration has moved nothing. */
static void end_lost(struct trainer *trainer) {
    snprintf(trainer->stopped, sizeof trainer->stopped, "%s", lost);
    trainer->has_ended = true;
}

static bool is_lost(const struct trainer *trainer) {
    return strcmp(trainer->stopped, lost) == 0;
}

synrl_status trainer_run(struct trainer *trainer, size_t n_observers,
                         const struct observer *observers) {
    const double start = clock_seconds();
    synrl_status status = trainer->stopped[0] != '\0' ? SYNRL_STOPPED : SYNRL_OK;
    if (!trainer->has_ended) {
        status = run(trainer, n_observers, observers);
        trainer->seconds += clock_seconds() - start;
        if (status == SYNRL_INVALID && environment_is_lost(trainer->environment)) {
            end_lost(trainer);
            status = SYNRL_STOPPED;
        }
        trainer->has_ended = trainer->has_ended || status == SYNRL_OK;
    }
    if (status == SYNRL_OK && trainer->done > 0 && !environment_has_moved(trainer->environment)) {
        core_log(trainer->core, SYNRL_LOG_WARNING, "%s moved no weight in %" PRIu64 " iterations",
                 trainer->rule.host.who, trainer->done);
    }
    if (trainer->is_interrupted) { /* between two iterations, and before anything is measured */
        SYNRL_TRY(tell_checkpoint(n_observers, observers));
    }
    if (trainer->has_ended && status == SYNRL_STOPPED &&
        trainer->done < trainer->options.iterations) {
        if (!is_lost(trainer)) {
            SYNRL_TRY(finish_rule(trainer)); /* the script ended it early */
        }
        SYNRL_TRY(measure(trainer, true));
        keep_best(trainer);
    } else if (status == SYNRL_STOPPED && trainer->latest.iteration != trainer->done) {
        const synrl_status measured = measure(trainer, true);
        if (measured != SYNRL_STOPPED) { /* a schedule of the script is interrupted too */
            SYNRL_TRY(measured);
            keep_best(trainer);
        }
    }
    if (status == SYNRL_OK || status == SYNRL_STOPPED) {
        SYNRL_TRY(hash_weights(trainer));
        SYNRL_TRY(ranks_compare(trainer->core, trainer->weights_hash,
                                "the weights that its run ends with differ"));
    }
    return status;
}

/* Afterwards ----------------------------------------------------------------------------------- */

void trainer_summary(const struct trainer *trainer, struct summary *summary) {
    *summary = (struct summary){.iterations = trainer->done,
                                .last = trainer->latest,
                                .seconds = trainer->seconds,
                                .weights_hash = trainer->weights_hash,
                                .seed = trainer->options.seed};
    snprintf(summary->stopped, sizeof summary->stopped, "%s", trainer->stopped);
}

synrl_status trainer_tensors(struct core *core, const struct trainer *trainer,
                             struct tensors *tensors) {
    SYNRL_TRY(tensors_of_layout(core, trainer_layout(trainer), tensors));
    tensors->values = core_alloc(core, tensors->n_values, sizeof(float));
    if (tensors->values == NULL) {
        tensors_free(core, tensors);
        return SYNRL_NO_MEMORY;
    }
    trainer_weights(trainer, tensors->values);
    return SYNRL_OK;
}

const struct best *trainer_best(const struct trainer *trainer) {
    return &trainer->best;
}

const float *trainer_initial(const struct trainer *trainer) {
    return environment_initial(trainer->environment);
}

const struct metric_names *trainer_metric_names(const struct trainer *trainer) {
    return &trainer->own;
}

const struct train_options *trainer_options(const struct trainer *trainer) {
    return &trainer->options;
}

struct dataset *trainer_judged_data(const struct trainer *trainer) {
    return trainer->valid != NULL ? trainer->valid : trainer->options.data;
}

const synrl_layout *trainer_layout(const struct trainer *trainer) {
    return network_layout(environment_network(trainer->environment));
}

void trainer_weights(const struct trainer *trainer, float *weights) {
    network_get_weights(environment_network(trainer->environment), weights);
}

const synrl_policy *trainer_policy(const struct trainer *trainer) {
    return rule_policy((struct rule *)&trainer->rule);
}

bool trainer_has_ended(const struct trainer *trainer) {
    return trainer->has_ended;
}

bool trainer_has_diverged(const struct trainer *trainer) {
    return trainer->has_ended && !isfinite(trainer->latest.loss);
}
