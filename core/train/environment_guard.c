/* SPDX-License-Identifier: MIT */
/* What every call of a rule goes through: what it may do now, and what is known of the weights. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/pool.h"
#include "train/environment_private.h"
#include "train/network_trial.h"

/* Around calls --------------------------------------------------------------------------------- */

static synrl_status refuse_trait(struct environment *environment, const char *call,
                                 uint32_t needs) {
    return core_fail(environment->core, SYNRL_INVALID, "env->%s needs the trait %s", call,
                     needs == SYNRL_RULE_READS_MORE ? "SYNRL_RULE_READS_MORE"
                                                    : "SYNRL_RULE_READS_LOSS");
}

/* An operation that may not drive: a rule can have kept the environment from one that may. */
static bool is_out_of_place(const struct environment *environment) {
    const struct operation *running = environment->core->running;
    return environment->rule != NULL && running->who == environment->rule->who &&
           (strcmp(running->name, "destroy") == 0 || strcmp(running->name, "state") == 0 ||
            strcmp(running->name, "policy") == 0);
}

synrl_status env_enter(struct environment *environment, const char *call, uint32_t needs,
                       bool moves) {
    environment->call = call;
    if (is_out_of_place(environment)) {
        host_violate(environment->rule, "called env->%s: only create, step and finish may", call);
        return SYNRL_INVALID;
    }
    if (environment->rule != NULL && pool_is_running(environment->core->pool)) {
        host_violate(environment->rule, "called env->%s from a worker: only the main thread may",
                     call);
        return SYNRL_INVALID;
    }
    environment->call = call;
    const bool reads_all = (environment->traits & SYNRL_RULE_READS_MORE) != 0;
    if (needs != 0 && !reads_all && (environment->traits & needs) == 0) {
        return env_leave(environment, refuse_trait(environment, call, needs));
    }
    if (moves && environment->is_creating) {
        return env_leave(environment,
                         core_fail(environment->core, SYNRL_INVALID,
                                   "env->%s in create: no weight may move before the first step",
                                   call));
    }
    return SYNRL_OK;
}

/* "rule "x": env->step: ..."; a message that names them already stays, and one of what is not
 * offered, which names who does not. */
static void name_call(struct environment *environment, synrl_status status) {
    struct core *core = environment->core;
    const char *who = environment->rule->who, *message = core->message;
    if (strncmp(message, who, strlen(who)) == 0) {
        return;
    }
    if (status == SYNRL_UNSUPPORTED || strncmp(message, "env->", strlen("env->")) == 0) {
        core_fail_in(core, status, who);
    } else {
        core_fail(core, status, "%s: env->%s: %s", who, environment->call, message);
    }
}

/* SYNRL_UNSUPPORTED is an answer: a rule may do something else then. */
synrl_status env_leave(struct environment *environment, synrl_status status) {
    struct core *core = environment->core;
    if (status == SYNRL_OK || environment->rule == NULL) {
        return status;
    }
    if (status != SYNRL_STOPPED) {
        name_call(environment, status);
    }
    if (status != SYNRL_UNSUPPORTED && status != SYNRL_STOPPED) {
        snprintf(environment->failure, sizeof environment->failure, "%s", core->message);
    }
    return status;
}

/* What the rule sees, and must leave as it is ---------------------------------------------------- */

void environment_keep(struct environment *environment) {
    environment->kept = environment->api;
}

static synrl_status refuse_change(struct environment *environment, const char *field, uint64_t from,
                                  uint64_t to) {
    return core_fail(environment->core, SYNRL_INVALID,
                     "%s: changed env->%s from %" PRIu64 " to %" PRIu64 ": it is the host's",
                     environment->rule != NULL ? environment->rule->who : "the rule", field, from,
                     to);
}

static synrl_status find_change(struct environment *environment) {
    const synrl_env *is = &environment->api, *was = &environment->kept;
    const synrl_layout *layout = layout_of(environment);
    if (environment->layout.n_synapses != layout->n_synapses) {
        return refuse_change(environment, "layout->n_synapses", layout->n_synapses,
                             environment->layout.n_synapses);
    }
    if (is->seed != was->seed) {
        return refuse_change(environment, "seed", was->seed, is->seed);
    }
    if (is->iteration != was->iteration) {
        return refuse_change(environment, "iteration", was->iteration, is->iteration);
    }
    return core_fail(environment->core, SYNRL_INVALID,
                     "%s: changed the environment: all that env points to is the host's",
                     environment->rule != NULL ? environment->rule->who : "the rule");
}

static bool is_changed(const struct environment *environment) {
    const synrl_layout *layout = layout_of(environment), *copy = &environment->layout;
    return memcmp(&environment->api, &environment->kept, sizeof environment->api) != 0 ||
           copy->n_synapses != layout->n_synapses || copy->n_tensors != layout->n_tensors ||
           copy->n_units != layout->n_units || copy->n_inputs != layout->n_inputs ||
           copy->n_outputs != layout->n_outputs || copy->tensor_size != layout->tensor_size ||
           memcmp(environment->tensors, layout->tensors,
                  layout->n_tensors * sizeof *layout->tensors) != 0;
}

synrl_status environment_check(struct environment *environment) {
    if (environment->failure[0] != '\0') {
        return core_fail(environment->core, SYNRL_INVALID, "%s (the rule passed over it)",
                         environment->failure);
    }
    return is_changed(environment) ? find_change(environment) : SYNRL_OK;
}

/* What is known -------------------------------------------------------------------------------- */

synrl_status environment_loss(struct environment *environment, double *loss) {
    if (!environment->is_loss_known) {
        SYNRL_TRY(network_pass(environment->network,
                               &(struct pass_options){.count_correct = environment->count_correct},
                               &environment->last));
        environment->is_loss_known = environment->has_terms = true;
        environment->is_correct_known = environment->count_correct;
        environment_warn(environment, &environment->last);
    }
    if (!environment->is_paid) {
        environment->sample_forwards += network_samples(environment->network);
        environment->is_paid = true;
    }
    *loss = environment->last.loss;
    return SYNRL_OK;
}

void environment_warn(struct environment *environment, const struct pass *pass) {
    char reason[256];
    if (isfinite(pass->loss) || environment->has_diverged) {
        return;
    }
    environment->has_diverged = true;
    network_explain(environment->network, pass, reason, sizeof reason);
    core_log(environment->core, SYNRL_LOG_WARNING,
             "%s: the loss is not finite in iteration %" PRIu64 "%s%s", environment->options.name,
             environment->api.iteration, reason[0] != '\0' ? ": " : "", reason);
}

void environment_moved(struct environment *environment) {
    environment->is_loss_known = environment->is_correct_known = environment->is_paid = false;
    environment->has_terms = environment->has_clean = environment->has_noise = false;
    environment->is_perturbed_last = false;
    environment->can_undo = false;
}

bool environment_is_lost(const struct environment *environment) {
    return environment->is_lost;
}

bool environment_has_moved(const struct environment *environment) {
    return environment->has_moved;
}

/* Arguments ------------------------------------------------------------------------------------ */

synrl_status check_place(struct environment *environment, const char *what, const void *place) {
    return place != NULL ? SYNRL_OK
                         : core_fail(environment->core, SYNRL_INVALID, "%s must not be NULL", what);
}
