/* SPDX-License-Identifier: MIT */
/* All that a run is between two iterations, as bytes. */
#include <inttypes.h>
#include <string.h>

#include "train/trainer_private.h"

/* In front of the environment's state, the network's, the rule's, and the best weights. */
struct trainer_state {
    uint64_t done, rewarded, stepped, has_ended;
    struct metrics latest;
    double seconds;
    char stopped[256];
};

/* Where each part begins, and where the last one ends. */
struct parts {
    size_t environment, network, rule, best, end;
};

static struct parts state_parts(const struct trainer *trainer) {
    struct parts parts = {.environment = sizeof(struct trainer_state)};
    parts.network = parts.environment + environment_state_size(trainer->environment);
    parts.rule = parts.network + network_state_size(environment_network(trainer->environment));
    parts.best = parts.rule + trainer->rule_state_size;
    parts.end = parts.best + best_state_size(&trainer->best);
    return parts;
}

size_t trainer_state_size(const struct trainer *trainer) {
    return state_parts(trainer).end;
}

synrl_status trainer_save(struct trainer *trainer, void *state) {
    const struct parts parts = state_parts(trainer);
    const struct stateful rule = rule_state(&trainer->rule);
    struct trainer_state own = {.done = trainer->done,
                                .rewarded = trainer->rewarded,
                                .stepped = trainer->stepped,
                                .has_ended = trainer->has_ended,
                                .latest = trainer->latest,
                                .seconds = trainer->seconds};
    memcpy(own.stopped, trainer->stopped, sizeof own.stopped);
    if (!trainer->has_ended) {
        own.stopped[0] = '\0';
    }
    char *to = state;
    memcpy(to, &own, sizeof own);
    environment_save(trainer->environment, to + parts.environment);
    best_save(&trainer->best, to + parts.best);
    SYNRL_TRY(network_save(environment_network(trainer->environment), to + parts.network));
    return state_save(&rule, to + parts.rule, trainer->rule_state_size);
}

static synrl_status load_parts(struct trainer *trainer, const char *from) {
    const struct parts parts = state_parts(trainer);
    const struct stateful rule = rule_state(&trainer->rule);
    SYNRL_TRY(environment_load(trainer->environment, from + parts.environment));
    SYNRL_TRY(network_load(environment_network(trainer->environment), from + parts.network,
                           parts.rule - parts.network));
    environment_loaded(trainer->environment);
    best_load(&trainer->best, from + parts.best);
    return state_load(&rule, from + parts.rule, trainer->rule_state_size);
}

void trainer_set_iterations(struct trainer *trainer, uint64_t former, uint64_t iterations) {
    trainer->options.iterations = iterations;
    trainer->former_iterations = former < iterations ? former : 0;
}

/* Whether the saved run had done all its iterations, and now has more. */
static bool is_longer(const struct trainer *trainer, const struct trainer_state *saved) {
    return saved->has_ended != 0 && saved->stopped[0] == '\0' &&
           saved->done < trainer->options.iterations;
}

synrl_status trainer_load(struct trainer *trainer, const void *state, size_t size) {
    struct trainer_state own;
    if (size != trainer_state_size(trainer)) {
        return core_fail(trainer->core, SYNRL_INVALID, "a saved run of %zu bytes: must be %zu",
                         size, trainer_state_size(trainer));
    }
    memcpy(&own, state, sizeof own);
    own.stopped[sizeof own.stopped - 1] = '\0';
    if (own.done > trainer->options.iterations) {
        return core_fail(trainer->core, SYNRL_INVALID,
                         "a saved run of %" PRIu64 " iterations: must be at most %" PRIu64,
                         own.done, trainer->options.iterations);
    }
    /* It has done its last iteration also where it was interrupted in the call after that. */
    if ((is_longer(trainer, &own) || own.done == trainer->former_iterations) && own.done > 0 &&
        rule_has_finish(&trainer->rule)) {
        return core_fail(trainer->core, SYNRL_UNSUPPORTED,
                         "cannot be trained longer: %s ends a run by moving weights once more",
                         trainer->rule.host.who);
    }
    SYNRL_TRY(load_parts(trainer, state));
    trainer->done = own.done;
    trainer->rewarded = own.rewarded;
    trainer->stepped = own.stepped;
    trainer->has_ended = own.has_ended != 0 && !is_longer(trainer, &own);
    trainer->is_report_due = false;
    trainer->latest = own.latest;
    trainer->seconds = own.seconds;
    memcpy(trainer->stopped, own.stopped, sizeof own.stopped);
    return SYNRL_OK;
}

synrl_status trainer_replay_metrics(struct trainer *trainer, const struct metrics *metrics) {
    const struct train_options *options = &trainer->options;
    struct decision decision = {.stop = false};
    struct metrics measured = *metrics;
    /* Where a run is trained longer, the row of its former end may be none of its own. */
    const uint64_t every =
        trainer->validation != NULL ? options->evaluate_every : options->record_every;
    if (options->decide == NULL || !trainer_is_due(trainer, metrics->iteration, every)) {
        return SYNRL_OK;
    }
    trainer_forget_metrics(trainer, &measured);
    SYNRL_TRY(options->decide(options->decide_context, &measured, &decision));
    if (decision.stop && !trainer->has_ended && metrics->iteration == trainer->done) {
        trainer->has_ended = true; /* it was interrupted before it could say so */
        memcpy(trainer->stopped, decision.reason, sizeof trainer->stopped);
    }
    return SYNRL_OK;
}

void trainer_set_recorded(struct trainer *trainer, bool is_recorded) {
    trainer->is_report_due = !is_recorded && trainer_has_row(trainer, trainer->done);
}
