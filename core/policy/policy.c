/* SPDX-License-Identifier: MIT */
/* Tables. A policy of the core is reference-counted: every stored pointer to one holds a reference.
 * A policy made for an instance of a plugin is a block of that instance's memory. */
#include "policy/policy.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "base/count.h"
#include "base/host.h"

/* The private struct, whose first member is the shared one. */
struct policy_object {
    synrl_policy shared;
    struct core *core; /* NULL: belongs to an instance */
    size_t references;
    char features[SYNRL_MEMORY_MAX][FEATURE_NAME_SIZE];
    double q[]; /* policy_entries */
};

/* Making --------------------------------------------------------------------------------------- */

static uint32_t power_of_3(uint32_t exponent) {
    uint32_t power = 1;
    for (uint32_t i = 0; i < exponent; i++) {
        power *= 3;
    }
    return power;
}

/* The sizes. */
static bool shape_of(uint32_t n_actions, uint32_t n_rewards, uint32_t n_features,
                     synrl_policy *shape) {
    if (n_actions > SYNRL_MEMORY_MAX || n_rewards > SYNRL_MEMORY_MAX ||
        n_features > SYNRL_MEMORY_MAX - n_actions) {
        return false;
    }
    *shape = (synrl_policy){.size = sizeof *shape,
                            .n_actions = n_actions,
                            .n_rewards = n_rewards,
                            .n_features = n_features,
                            .n_action_histories = power_of_3(n_actions),
                            .n_reward_histories = power_of_3(n_rewards),
                            .n_situations = power_of_3(n_features + n_actions)};
    return true;
}

#define NO_SHAPE                                                                              \
    "a policy of %u actions, %u rewards and %u features: must be at most %d rewards, and %d " \
    "actions and features together"

static size_t object_size(const synrl_policy *shape) {
    return sizeof(struct policy_object) + policy_entries(shape) * sizeof(double);
}

/* Initialises a policy in zeroed memory of object_size. */
static synrl_policy *object_init(void *memory, const synrl_policy *shape) {
    struct policy_object *object = memory;
    object->shared = *shape;
    object->shared.q = object->q;
    for (uint32_t feature = 0; feature < shape->n_features; feature++) {
        snprintf(object->features[feature], FEATURE_NAME_SIZE, "feature%u", feature + 1);
    }
    return &object->shared;
}

static void copy_contents(synrl_policy *to, const synrl_policy *from) {
    memcpy(((struct policy_object *)to)->features, ((const struct policy_object *)from)->features,
           sizeof((struct policy_object *)to)->features);
    memcpy(to->q, from->q, policy_entries(from) * sizeof *from->q);
}

synrl_status policy_create(struct core *core, uint32_t n_actions, uint32_t n_rewards,
                           uint32_t n_features, synrl_policy **policy) {
    synrl_policy shape;
    *policy = NULL;
    if (!shape_of(n_actions, n_rewards, n_features, &shape)) {
        return core_fail(core, SYNRL_INVALID, NO_SHAPE, n_actions, n_rewards, n_features,
                         SYNRL_MEMORY_MAX, SYNRL_MEMORY_MAX);
    }
    struct policy_object *made = core_alloc(core, 1, object_size(&shape));
    if (made == NULL) {
        return SYNRL_NO_MEMORY;
    }
    made->core = core;
    made->references = 1;
    *policy = object_init(made, &shape);
    return SYNRL_OK;
}

synrl_status policy_copy(struct core *core, const synrl_policy *from, synrl_policy **policy) {
    SYNRL_TRY(policy_create(core, from->n_actions, from->n_rewards, from->n_features, policy));
    copy_contents(*policy, from);
    return SYNRL_OK;
}

const synrl_policy *policy_retain(const synrl_policy *policy) {
    ((struct policy_object *)policy)->references++;
    return policy;
}

void policy_release(const synrl_policy *policy) {
    struct policy_object *object = (struct policy_object *)policy;
    if (object != NULL && --object->references == 0) {
        core_free(object->core, object);
    }
}

synrl_status policy_create_owned(const synrl_host *host, uint32_t n_actions, uint32_t n_rewards,
                                 uint32_t n_features, synrl_policy **policy) {
    synrl_policy shape;
    *policy = NULL;
    if (!shape_of(n_actions, n_rewards, n_features, &shape)) {
        return host->fail(host, SYNRL_INVALID, NO_SHAPE, n_actions, n_rewards, n_features,
                          SYNRL_MEMORY_MAX, SYNRL_MEMORY_MAX);
    }
    void *made = host->alloc(host, 1, object_size(&shape));
    if (made == NULL) {
        return SYNRL_NO_MEMORY;
    }
    *policy = object_init(made, &shape);
    return SYNRL_OK;
}

synrl_status policy_copy_owned(const synrl_host *host, const synrl_policy *from,
                               synrl_policy **policy) {
    SYNRL_TRY(
        policy_create_owned(host, from->n_actions, from->n_rewards, from->n_features, policy));
    copy_contents(*policy, from);
    return SYNRL_OK;
}

/* Features ------------------------------------------------------------------------------------- */

const char *policy_feature_name(const synrl_policy *policy, uint32_t feature) {
    return ((const struct policy_object *)policy)->features[feature];
}

bool policy_is_feature_name(const char *name) {
    static const char *const taken[] = {"r_", "a_", "q_"};
    for (size_t i = 0; i < COUNT_OF(taken); i++) {
        if (strncmp(name, taken[i], strlen(taken[i])) == 0) {
            return false;
        }
    }
    const size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return name[0] >= 'a' && name[0] <= 'z' && name[length] == '\0' && length < FEATURE_NAME_SIZE;
}

synrl_status policy_name_features(struct core *core, synrl_policy *policy,
                                  const char *const *names) {
    for (uint32_t feature = 0; feature < policy->n_features; feature++) {
        if (!policy_is_feature_name(names[feature])) {
            return core_fail(core, SYNRL_INVALID,
                             "a feature named \"%.40s\": must be [a-z][a-z0-9_]*, at most %d "
                             "characters, and not begin with r_, a_ or q_",
                             names[feature], FEATURE_NAME_SIZE - 1);
        }
        for (uint32_t other = 0; other < feature; other++) {
            if (strcmp(names[other], names[feature]) == 0) {
                return core_fail(core, SYNRL_INVALID, "two features named \"%s\": must differ",
                                 names[feature]);
            }
        }
    }
    struct policy_object *object = (struct policy_object *)policy;
    for (uint32_t feature = 0; feature < policy->n_features; feature++) {
        snprintf(object->features[feature], FEATURE_NAME_SIZE, "%s", names[feature]);
    }
    return SYNRL_OK;
}

synrl_status policy_name_features_owned(const synrl_host *host, synrl_policy *policy,
                                        const char *const *names) {
    struct core *core = host_core(host);
    const synrl_status status = policy_name_features(core, policy, names);
    return status == SYNRL_OK ? SYNRL_OK : host->fail(host, status, "%s", core->message);
}

/* Greedy actions ------------------------------------------------------------------------------- */

/* The greedy action of one state, or the code of its tied actions. */
static uint8_t greedy_action(const double *q, synrl_ties ties) {
    uint8_t best = 0;
    unsigned tied = 1;
    for (uint8_t action = 1; action < 3; action++) {
        if (q[action] > q[best]) {
            best = action;
            tied = 1U << action;
        } else if (q[action] == q[best]) {
            tied |= 1U << action;
        }
    }
    const bool several = (tied & (tied - 1)) != 0;
    if (ties == SYNRL_TIES_RANDOM && several) {
        return (uint8_t)(3 + tied);
    }
    return ties == SYNRL_TIES_NULL && (tied & 2) != 0 ? 1 : best;
}

void policy_greedy(const synrl_policy *policy, synrl_ties ties, uint32_t rewards, uint8_t *greedy) {
    for (uint32_t situation = 0; situation < policy->n_situations; situation++) {
        greedy[situation] = greedy_action(policy_state_q(policy, rewards, situation), ties);
    }
}

/* Checkpoints ---------------------------------------------------------------------------------- */

struct policy_header {
    uint32_t n_actions, n_rewards, n_features, reserved;
};

size_t policy_state_size(const synrl_policy *policy) {
    return sizeof(struct policy_header) + policy_entries(policy) * sizeof *policy->q;
}

void policy_save(const synrl_policy *policy, void *state) {
    const struct policy_header header = {.n_actions = policy->n_actions,
                                         .n_rewards = policy->n_rewards,
                                         .n_features = policy->n_features};
    memcpy(state, &header, sizeof header);
    memcpy((char *)state + sizeof header, policy->q, policy_entries(policy) * sizeof *policy->q);
}

synrl_status policy_load(const synrl_host *host, synrl_policy *policy, const void *state,
                         size_t size) {
    struct policy_header header;
    const char *numbers = (const char *)state + sizeof header;
    if (size != policy_state_size(policy)) {
        return host->fail(host, SYNRL_INVALID, "a saved policy of %zu bytes: must be %zu", size,
                          policy_state_size(policy));
    }
    memcpy(&header, state, sizeof header);
    if (header.n_actions != policy->n_actions || header.n_rewards != policy->n_rewards ||
        header.n_features != policy->n_features) {
        return host->fail(host, SYNRL_INVALID,
                          "a saved policy of %u actions, %u rewards and %u features: must be %u, "
                          "%u and %u",
                          header.n_actions, header.n_rewards, header.n_features, policy->n_actions,
                          policy->n_rewards, policy->n_features);
    }
    for (size_t i = 0; i < policy_entries(policy); i++) {
        double value;
        memcpy(&value, numbers + i * sizeof value, sizeof value);
        if (!isfinite(value)) {
            return host->fail(host, SYNRL_INVALID,
                              "number %zu of a saved policy is %g: must be finite", i, value);
        }
    }
    memcpy(policy->q, numbers, policy_entries(policy) * sizeof *policy->q);
    return SYNRL_OK;
}

/* Without features, the hash of earlier versions. */
uint64_t policy_hash(const synrl_policy *policy) {
    const uint32_t sizes[3] = {policy->n_actions, policy->n_rewards, policy->n_features};
    const size_t n_bytes = (policy->n_features > 0 ? 3 : 2) * sizeof sizes[0];
    return XXH3_64bits_withSeed(policy->q, policy_entries(policy) * sizeof *policy->q,
                                XXH3_64bits(sizes, n_bytes));
}
