/* Policies and the memories of synapses. A policy is reference-counted: every stored pointer to one
 * holds a reference. A memory belongs to one rule; every history in it is below 3^n_actions. */
#include "policy/policy.h"

#include <string.h>

#include "engine/engine.h"
#include "engine/pool.h"

/* The private structs, whose first members are the shared ones. */
struct policy_object {
    synrl_policy shared;
    struct core *core;
    size_t references;
    double q[]; /* n_reward_histories * n_action_histories * 3 */
};

struct memory_object {
    synrl_memory shared;
    bool is_packed;
    uint8_t *histories; /* [n_synapses], or packed, in whole groups: see engine.h */
    size_t n_workers;
    uint64_t *counts; /* [n_workers][3^(n_actions + 1)], scratch of choose */
};

/* Below this many synapses a second worker costs more than it saves. */
enum { SYNAPSES_WORTH_SHARING = 4096 };

static uint32_t power_of_3(uint32_t exponent) {
    uint32_t power = 1;
    for (uint32_t i = 0; i < exponent; i++) {
        power *= 3;
    }
    return power;
}

static synrl_status check_memory(struct core *core, uint32_t n_actions, uint32_t n_rewards) {
    if (n_actions <= SYNRL_MEMORY_MAX && n_rewards <= SYNRL_MEMORY_MAX) {
        return SYNRL_OK;
    }
    return core_fail(core, SYNRL_INVALID,
                     "a memory of %u actions and %u rewards: each must be 0 .. %d", n_actions,
                     n_rewards, SYNRL_MEMORY_MAX);
}

/* Policies ------------------------------------------------------------------------------------- */

static size_t policy_entries(const synrl_policy *policy) {
    return (size_t)policy->n_reward_histories * policy->n_action_histories * 3;
}

synrl_status policy_create(struct core *core, uint32_t n_actions, uint32_t n_rewards,
                           synrl_policy **policy) {
    *policy = NULL;
    SYNRL_TRY(check_memory(core, n_actions, n_rewards));
    const synrl_policy shape = {n_actions, n_rewards, power_of_3(n_actions), power_of_3(n_rewards),
                                NULL};
    struct policy_object *made =
        core_alloc(core, 1, sizeof *made + policy_entries(&shape) * sizeof(double));
    if (made == NULL) {
        return SYNRL_NO_MEMORY;
    }
    made->shared = shape;
    made->shared.q = made->q;
    made->core = core;
    made->references = 1;
    *policy = &made->shared;
    return SYNRL_OK;
}

synrl_status policy_copy(struct core *core, const synrl_policy *from, synrl_policy **policy) {
    SYNRL_TRY(policy_create(core, from->n_actions, from->n_rewards, policy));
    memcpy((*policy)->q, from->q, policy_entries(from) * sizeof(double));
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
    const double *q = policy->q + (size_t)rewards * policy->n_action_histories * 3;
    for (uint32_t history = 0; history < policy->n_action_histories; history++) {
        greedy[history] = greedy_action(q + (size_t)history * 3, ties);
    }
}

/* Memories ------------------------------------------------------------------------------------- */

/* The position of a synapse's packed history: its byte, and the shift in bits. */
static size_t packed_byte(size_t synapse) {
    return synapse / HISTORY_GROUP * (HISTORY_GROUP / 2) + synapse % (HISTORY_GROUP / 2);
}

static unsigned packed_shift(size_t synapse) {
    return synapse % HISTORY_GROUP < HISTORY_GROUP / 2 ? 0 : 4;
}

uint8_t memory_history(const synrl_memory *memory, size_t synapse) {
    const struct memory_object *object = (const struct memory_object *)memory;
    if (!object->is_packed) {
        return object->histories[synapse];
    }
    return (uint8_t)(object->histories[packed_byte(synapse)] >> packed_shift(synapse) & 15);
}

void memory_set_history(synrl_memory *memory, size_t synapse, uint8_t history) {
    struct memory_object *object = (struct memory_object *)memory;
    if (!object->is_packed) {
        object->histories[synapse] = history;
        return;
    }
    uint8_t *byte = &object->histories[packed_byte(synapse)];
    const unsigned shift = packed_shift(synapse);
    *byte = (uint8_t)((*byte & 0xF0 >> shift) | history << shift);
}

static void memory_destroy(const synrl_host *host, synrl_memory *memory) {
    struct memory_object *object = (struct memory_object *)memory;
    if (object != NULL) {
        host->free(host, object->histories);
        host->free(host, object->counts);
        host->free(host, object);
    }
}

static synrl_status memory_create(const synrl_host *host, uint32_t n_actions, uint32_t n_rewards,
                                  size_t n_synapses, synrl_memory **memory) {
    const uint32_t n_histories = power_of_3(n_actions);
    *memory = NULL;
    SYNRL_TRY(check_memory(host_core(host), n_actions, n_rewards));
    struct memory_object *made = host->alloc(host, 1, sizeof *made);
    if (made == NULL) {
        return SYNRL_NO_MEMORY;
    }
    made->is_packed = n_histories <= PACKED_HISTORIES;
    made->histories =
        made->is_packed
            ? host->alloc(host, (n_synapses + HISTORY_GROUP - 1) / HISTORY_GROUP, HISTORY_GROUP / 2)
            : host->alloc(host, n_synapses, 1);
    made->n_workers = host->n_workers(host);
    made->counts = host->alloc(host, made->n_workers * power_of_3(n_actions + 1), sizeof(uint64_t));
    made->shared = (synrl_memory){.n_actions = n_actions,
                                  .n_rewards = n_rewards,
                                  .n_synapses = n_synapses,
                                  .rewards = power_of_3(n_rewards) / 2};
    if (made->counts == NULL || made->histories == NULL) {
        memory_destroy(host, &made->shared);
        return SYNRL_NO_MEMORY;
    }
    /* All digits 1: every action null, every reward "none yet"; 11..1 in base 3 is 3^n / 2. */
    for (size_t i = 0; i < n_synapses; i++) {
        memory_set_history(&made->shared, i, (uint8_t)(n_histories / 2));
    }
    *memory = &made->shared;
    return SYNRL_OK;
}

struct memory_header {
    uint32_t n_actions, n_rewards, rewards, reserved;
    uint64_t n_synapses;
};

static size_t memory_state_size(const synrl_memory *memory) {
    return sizeof(struct memory_header) + memory->n_synapses;
}

static void memory_save(const synrl_memory *memory, void *state) {
    const struct memory_header header = {.n_actions = memory->n_actions,
                                         .n_rewards = memory->n_rewards,
                                         .rewards = memory->rewards,
                                         .n_synapses = memory->n_synapses};
    memcpy(state, &header, sizeof header);
    for (size_t i = 0; i < memory->n_synapses; i++) {
        ((uint8_t *)state)[sizeof header + i] = memory_history(memory, i);
    }
}

static synrl_status memory_load(const synrl_host *host, synrl_memory *memory, const void *state,
                                size_t size) {
    struct memory_header header;
    const uint8_t *histories = (const uint8_t *)state + sizeof header;
    if (size != memory_state_size(memory)) {
        return host->fail(host, SYNRL_INVALID, "a saved memory of %zu bytes: must be %zu", size,
                          memory_state_size(memory));
    }
    memcpy(&header, state, sizeof header);
    if (header.n_actions != memory->n_actions || header.n_rewards != memory->n_rewards ||
        header.n_synapses != memory->n_synapses || header.rewards >= power_of_3(header.n_rewards)) {
        return host->fail(host, SYNRL_INVALID, "the saved memory has another shape");
    }
    const uint32_t n_histories = power_of_3(header.n_actions);
    for (size_t i = 0; i < memory->n_synapses; i++) {
        if (histories[i] >= n_histories) {
            return host->fail(host, SYNRL_INVALID, "the saved history of synapse %zu is %u", i,
                              histories[i]);
        }
    }
    memory->rewards = header.rewards;
    for (size_t i = 0; i < memory->n_synapses; i++) {
        memory_set_history(memory, i, histories[i]);
    }
    return SYNRL_OK;
}

static void observe(synrl_memory *memory, int reward) {
    const uint32_t digit = reward > 0 ? 2 : 0;
    memory->rewards = (memory->rewards * 3 + digit) % power_of_3(memory->n_rewards);
}

/* The policy step ------------------------------------------------------------------------------ */

struct choice {
    struct greedy_map map;
    synrl_stream stream;
    struct memory_object *memory;
    int8_t *actions;
    const synrl_choices *choices;
};

static void choose_share(void *context, size_t worker, size_t n_workers) {
    const struct choice *choice = context;
    struct memory_object *memory = choice->memory;
    size_t first, end;
    pool_share(memory->shared.n_synapses, 64, worker, n_workers, &first, &end);
    const bool counting = choice->choices != NULL && choice->choices->counts != NULL;
    uint64_t *counts = memory->counts + worker * choice->map.n_histories * 3;
    choose_range(&choice->map, choice->stream, first, end - first, memory->is_packed,
                 memory->histories, choice->actions, counting ? counts : NULL,
                 choice->choices != NULL ? choice->choices->cells : NULL);
}

static void sum_counts(const struct memory_object *memory, uint64_t *counts) {
    const size_t n_cells = power_of_3(memory->shared.n_actions + 1);
    memset(counts, 0, n_cells * sizeof *counts);
    for (size_t worker = 0; worker < memory->n_workers; worker++) {
        for (size_t cell = 0; cell < n_cells; cell++) {
            counts[cell] += memory->counts[worker * n_cells + cell];
        }
    }
}

static void choose(const synrl_host *host, const synrl_policy *policy, synrl_ties ties,
                   double epsilon, synrl_stream stream, synrl_memory *memory, int8_t *actions,
                   synrl_choices *choices) {
    struct choice choice = {.stream = stream,
                            .memory = (struct memory_object *)memory,
                            .actions = actions,
                            .choices = choices};
    choice.map.n_histories = policy->n_action_histories;
    policy_greedy(policy, ties, memory->rewards, choice.map.action);
    for (uint32_t history = 0; history < policy->n_action_histories; history++) {
        choice.map.has_ties |= choice.map.action[history] > 2;
    }
    for (int k = 0; k < 3; k++) {
        choice.map.explore_end[k] = (uint64_t)(epsilon * 4294967296.0 * (k + 1) / 3);
    }
    const bool counting = choices != NULL && choices->counts != NULL;
    if (counting) {
        memset(choice.memory->counts, 0,
               choice.memory->n_workers * policy->n_action_histories * 3 * sizeof(uint64_t));
    }
    if (memory->n_synapses < SYNAPSES_WORTH_SHARING) {
        choose_share(&choice, 0, 1);
    } else {
        host->parallel(host, choose_share, &choice);
    }
    if (counting) {
        sum_counts(choice.memory, choices->counts);
    }
}

/* Interface for plugins ------------------------------------------------------------------------ */

static synrl_status api_create(const synrl_host *host, uint32_t n_actions, uint32_t n_rewards,
                               synrl_policy **policy) {
    return policy_create(host_core(host), n_actions, n_rewards, policy);
}

static synrl_status api_copy(const synrl_host *host, const synrl_policy *from,
                             synrl_policy **policy) {
    return policy_copy(host_core(host), from, policy);
}

static void api_destroy(const synrl_host *host, synrl_policy *policy) {
    (void)host;
    policy_release(policy);
}

const synrl_policy_api policy_api = {
    .size = sizeof(synrl_policy_api),
    .create = api_create,
    .copy = api_copy,
    .destroy = api_destroy,
    .memory_create = memory_create,
    .memory_destroy = memory_destroy,
    .memory_state_size = memory_state_size,
    .memory_save = memory_save,
    .memory_load = memory_load,
    .choose = choose,
    .observe = observe,
};
