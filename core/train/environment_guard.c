/* SPDX-License-Identifier: MIT */
/* What every call of a rule goes through: what it may do now, and what is known of the weights. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/pool.h"
#include "train/environment_private.h"

/* Around calls --------------------------------------------------------------------------------- */

static synrl_status refuse_trait(struct environment *environment, const char *call,
                                 uint32_t needs) {
    return core_fail(environment->core, SYNRL_INVALID, "env->%s needs the trait %s", call,
                     needs == SYNRL_RULE_READS_MORE ? "SYNRL_RULE_READS_MORE"
                                                    : "SYNRL_RULE_READS_LOSS");
}

synrl_status env_enter(struct environment *environment, const char *call, uint32_t needs,
                       bool moves) {
    if (environment->rule != NULL && pool_is_running(environment->core->pool)) {
        host_violate(environment->rule, "called env->%s from a worker: only the main thread may",
                     call);
        return SYNRL_INVALID;
    }
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

/* SYNRL_UNSUPPORTED is an answer: a rule may do something else then. */
synrl_status env_leave(struct environment *environment, synrl_status status) {
    struct core *core = environment->core;
    if (status == SYNRL_OK || environment->rule == NULL) {
        return status;
    }
    if (status != SYNRL_STOPPED &&
        strncmp(core->message, environment->rule->who, strlen(environment->rule->who)) != 0) {
        core_fail_in(core, status, environment->rule->who);
    }
    if (status != SYNRL_UNSUPPORTED && status != SYNRL_STOPPED) {
        snprintf(environment->failure, sizeof environment->failure, "%s", core->message);
    }
    return status;
}

synrl_status environment_check(struct environment *environment) {
    return environment->failure[0] == '\0'
               ? SYNRL_OK
               : core_fail(environment->core, SYNRL_INVALID, "%s (the rule passed over it)",
                           environment->failure);
}

/* What is known -------------------------------------------------------------------------------- */

synrl_status environment_loss(struct environment *environment, double *loss) {
    if (!environment->is_loss_known) {
        SYNRL_TRY(network_pass(environment->network,
                               &(struct pass_options){.count_correct = environment->count_correct},
                               &environment->last));
        environment->is_loss_known = environment->has_terms = true;
        environment->is_correct_known = environment->count_correct;
    }
    if (!environment->is_paid) {
        environment->sample_forwards += network_samples(environment->network);
        environment->is_paid = true;
    }
    *loss = environment->last.loss;
    return SYNRL_OK;
}

void environment_moved(struct environment *environment) {
    environment->is_loss_known = environment->is_correct_known = environment->is_paid = false;
    environment->has_terms = environment->has_noise = environment->is_perturbed_last = false;
    environment->can_undo = false;
}

bool environment_has_moved(const struct environment *environment) {
    return environment->has_moved;
}

/* Arguments ------------------------------------------------------------------------------------ */

synrl_status check_actions(struct environment *environment, const int8_t *actions) {
    const size_t n = environment->public.layout->n_synapses;
    if (actions == NULL) {
        return core_fail(environment->core, SYNRL_INVALID, "the actions are NULL");
    }
    unsigned char is_bad = 0;
    for (size_t i = 0; i < n;
         i++) { /* without a branch, so that the compiler makes vectors of it */
        is_bad |= (unsigned char)(actions[i] + 1) > 2;
    }
    for (size_t i = 0; is_bad != 0 && i < n; i++) {
        if (actions[i] < -1 || actions[i] > 1) {
            return core_fail(environment->core, SYNRL_INVALID,
                             "the action of synapse %zu is %d: must be -1, 0 or 1", i, actions[i]);
        }
    }
    return SYNRL_OK;
}

synrl_status check_alpha(struct environment *environment, double alpha, double bias_scale) {
    if (!((float)alpha > 0.0F && isfinite((float)alpha))) {
        return core_fail(environment->core, SYNRL_INVALID,
                         "a step of alpha = %g: must be a float greater than 0", alpha);
    }
    if (!(bias_scale >= 0.0 && isfinite((float)bias_scale))) {
        return core_fail(environment->core, SYNRL_INVALID,
                         "a step with bias_scale = %g: must be at least 0", bias_scale);
    }
    return SYNRL_OK;
}
