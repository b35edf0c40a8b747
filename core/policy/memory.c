/* SPDX-License-Identifier: MIT */
/* The memories of synapses, one byte or half a byte each, and the policy step. */
#include "policy/memory.h"

#include <inttypes.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/pool.h"
#include "policy/policy.h"

/* The private struct, whose first member is the shared one. */
struct memory_object {
    synrl_memory shared;
    bool is_packed;
    uint8_t *histories; /* [n_synapses], or packed, in whole groups: see engine.h */
    size_t n_workers;
    uint64_t *counts; /* [n_workers][CELLS_MAX], scratch of choose */
};

/* A memory may be used with policies of any number of features. */
enum { CELLS_MAX = SYNRL_HISTORIES_MAX * 3 };

/* Below this many synapses a second worker costs more than it saves. */
enum { SYNAPSES_WORTH_SHARING = 4096 };

/* Histories ------------------------------------------------------------------------------------ */

static uint32_t n_histories(uint32_t length) {
    uint32_t n = 1;
    for (uint32_t i = 0; i < length; i++) {
        n *= 3;
    }
    return n;
}

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

void memory_observe(synrl_memory *memory, int reward) {
    const uint32_t digit = reward > 0 ? 2 : 0;
    memory->rewards = (memory->rewards * 3 + digit) % n_histories(memory->n_rewards);
}

/* Making, saving, loading ---------------------------------------------------------------------- */

synrl_status memory_create(const synrl_host *host, const synrl_policy *policy, size_t n_synapses,
                           synrl_memory **memory) {
    struct memory_object *made;
    *memory = NULL;
    SYNRL_TRY(SYNRL_NEW(host, made, 1));
    made->is_packed = policy->n_action_histories <= PACKED_HISTORIES;
    if (made->is_packed) {
        const size_t n_groups =
            n_synapses / HISTORY_GROUP + (n_synapses % HISTORY_GROUP != 0 ? 1 : 0);
        made->histories = host->alloc(host, n_groups, HISTORY_GROUP / 2);
    } else {
        made->histories = host->alloc(host, n_synapses, 1);
    }
    made->n_workers = host->n_workers(host);
    made->counts = host->alloc(host, made->n_workers, CELLS_MAX * sizeof *made->counts);
    if (made->counts == NULL || made->histories == NULL) {
        return SYNRL_NO_MEMORY;
    }
    /* All digits 1: every action null, every reward "none yet"; 11..1 in base 3 is 3^n / 2. */
    made->shared = (synrl_memory){.size = sizeof(synrl_memory),
                                  .n_actions = policy->n_actions,
                                  .n_rewards = policy->n_rewards,
                                  .rewards = policy->n_reward_histories / 2,
                                  .n_synapses = n_synapses};
    for (size_t i = 0; i < n_synapses; i++) {
        memory_set_history(&made->shared, i, (uint8_t)(policy->n_action_histories / 2));
    }
    *memory = &made->shared;
    return SYNRL_OK;
}

struct memory_header {
    uint32_t n_actions, n_rewards, rewards, reserved;
    uint64_t n_synapses;
};

size_t memory_state_size(const synrl_memory *memory) {
    return sizeof(struct memory_header) + memory->n_synapses;
}

void memory_save(const synrl_memory *memory, void *state) {
    const struct memory_header header = {.n_actions = memory->n_actions,
                                         .n_rewards = memory->n_rewards,
                                         .rewards = memory->rewards,
                                         .n_synapses = memory->n_synapses};
    memcpy(state, &header, sizeof header);
    for (size_t i = 0; i < memory->n_synapses; i++) {
        ((uint8_t *)state)[sizeof header + i] = memory_history(memory, i);
    }
}

static synrl_status check_saved(const synrl_host *host, const synrl_memory *memory,
                                const struct memory_header *header, const uint8_t *histories) {
    if (header->n_actions != memory->n_actions || header->n_rewards != memory->n_rewards ||
        header->n_synapses != memory->n_synapses) {
        return host->fail(host, SYNRL_INVALID,
                          "a saved memory of %u actions and %u rewards of %" PRIu64
                          " synapses: must be %u, %u and %zu",
                          header->n_actions, header->n_rewards, header->n_synapses,
                          memory->n_actions, memory->n_rewards, memory->n_synapses);
    }
    if (header->rewards >= n_histories(memory->n_rewards)) {
        return host->fail(host, SYNRL_INVALID, "a saved reward history of %u: must be below %u",
                          header->rewards, n_histories(memory->n_rewards));
    }
    for (size_t i = 0; i < memory->n_synapses; i++) {
        if (histories[i] >= n_histories(memory->n_actions)) {
            return host->fail(host, SYNRL_INVALID,
                              "the saved history of synapse %zu is %u: must be below %u", i,
                              histories[i], n_histories(memory->n_actions));
        }
    }
    return SYNRL_OK;
}

synrl_status memory_load(const synrl_host *host, synrl_memory *memory, const void *state,
                         size_t size) {
    struct memory_header header;
    const uint8_t *histories = (const uint8_t *)state + sizeof header;
    if (size != memory_state_size(memory)) {
        return host->fail(host, SYNRL_INVALID, "a saved memory of %zu bytes: must be %zu", size,
                          memory_state_size(memory));
    }
    memcpy(&header, state, sizeof header);
    SYNRL_TRY(check_saved(host, memory, &header, histories));
    memory->rewards = header.rewards;
    for (size_t i = 0; i < memory->n_synapses; i++) {
        memory_set_history(memory, i, histories[i]);
    }
    return SYNRL_OK;
}

/* The policy step ------------------------------------------------------------------------------ */

static synrl_status check_features(const synrl_host *host, const synrl_policy *policy,
                                   size_t n_synapses, const uint8_t *features) {
    if (policy->n_features == 0) {
        return features == NULL
                   ? SYNRL_OK
                   : host->fail(
                         host, SYNRL_INVALID,
                         "choose: features are given, and the policy has none: must be NULL");
    }
    if (features == NULL) {
        return host->fail(host, SYNRL_INVALID,
                          "choose: features is NULL, and the policy has %u: must be given for %zu "
                          "synapses",
                          policy->n_features, n_synapses);
    }
    const uint32_t end = n_histories(policy->n_features);
    uint8_t largest = 0;
    for (size_t i = 0; i < n_synapses; i++) { /* without an early exit, so that it is vectorized */
        largest = features[i] > largest ? features[i] : largest;
    }
    for (size_t i = 0; largest >= end && i < n_synapses; i++) {
        if (features[i] >= end) {
            return host->fail(host, SYNRL_INVALID,
                              "choose: the features of synapse %zu are %u: must be below %u", i,
                              features[i], end);
        }
    }
    return SYNRL_OK;
}

static synrl_status check_choose(const synrl_host *host, const synrl_policy *policy,
                                 const synrl_memory *memory, const synrl_choose *choose) {
    if (choose->size < sizeof *choose) {
        return host->fail(host, SYNRL_INVALID,
                          "choose: size is %u: must be sizeof(synrl_choose), %zu", choose->size,
                          sizeof *choose);
    }
    if (choose->actions == NULL) {
        return host->fail(host, SYNRL_INVALID,
                          "choose: actions is NULL: must have room for %zu synapses",
                          memory->n_synapses);
    }
    if (policy->n_actions != memory->n_actions || policy->n_rewards != memory->n_rewards) {
        return host->fail(host, SYNRL_INVALID,
                          "choose: a policy of %u actions and %u rewards with a memory of %u and "
                          "%u: must be equal",
                          policy->n_actions, policy->n_rewards, memory->n_actions,
                          memory->n_rewards);
    }
    if (!(choose->epsilon >= 0.0 && choose->epsilon <= 1.0)) {
        return host->fail(host, SYNRL_INVALID, "choose: epsilon is %g: must be 0 .. 1",
                          choose->epsilon);
    }
    if ((unsigned)choose->ties > SYNRL_TIES_RANDOM) {
        return host->fail(host, SYNRL_INVALID, "choose: ties is %u: must be 0 .. %d",
                          (unsigned)choose->ties, SYNRL_TIES_RANDOM);
    }
    return check_features(host, policy, memory->n_synapses, choose->features);
}

struct choice {
    struct policy_step step;
    size_t n_synapses, n_cells;
    uint64_t *counts; /* [n_workers][n_cells], or NULL */
};

static void choose_share(void *context, size_t worker, size_t n_workers) {
    const struct choice *choice = context;
    size_t first, end;
    pool_share(choice->n_synapses, HISTORY_GROUP, worker, n_workers, &first, &end);
    choose_range(&choice->step, first, end - first,
                 choice->counts != NULL ? choice->counts + worker * choice->n_cells : NULL);
}

static void sum_counts(const struct memory_object *memory, size_t n_cells, uint64_t *counts) {
    memset(counts, 0, n_cells * sizeof *counts);
    for (size_t worker = 0; worker < memory->n_workers; worker++) {
        for (size_t cell = 0; cell < n_cells; cell++) {
            counts[cell] += memory->counts[worker * n_cells + cell];
        }
    }
}

static void greedy_map_init(struct greedy_map *map, const synrl_policy *policy, synrl_ties ties,
                            uint32_t rewards, double epsilon) {
    map->n_histories = policy->n_situations;
    map->has_ties = false;
    policy_greedy(policy, ties, rewards, map->action);
    for (uint32_t situation = 0; situation < policy->n_situations; situation++) {
        map->has_ties |= map->action[situation] > 2;
    }
    for (int k = 0; k < 3; k++) {
        map->explore_end[k] = (uint64_t)(epsilon * 4294967296.0 * (k + 1) / 3);
    }
}

synrl_status memory_choose(const synrl_host *host, const synrl_policy *policy, synrl_memory *memory,
                           const synrl_choose *choose) {
    SYNRL_TRY(check_choose(host, policy, memory, choose));
    struct memory_object *object = (struct memory_object *)memory;
    struct choice choice = {.step = {.stream = choose->stream,
                                     .is_packed = object->is_packed,
                                     .histories = object->histories,
                                     .n_histories = policy->n_action_histories,
                                     .features = choose->features,
                                     .actions = choose->actions,
                                     .cells = choose->choices.cells},
                            .n_synapses = memory->n_synapses,
                            .n_cells = (size_t)policy->n_situations * 3};
    greedy_map_init(&choice.step.map, policy, choose->ties, memory->rewards, choose->epsilon);
    if (choose->choices.counts != NULL) {
        choice.counts = object->counts;
        memset(choice.counts, 0, object->n_workers * choice.n_cells * sizeof *choice.counts);
    }
    if (memory->n_synapses < SYNAPSES_WORTH_SHARING) {
        choose_share(&choice, 0, 1);
    } else {
        host->parallel(host, choose_share, &choice);
    }
    if (choice.counts != NULL) {
        sum_counts(object, choice.n_cells, choose->choices.counts);
    }
    return SYNRL_OK;
}
