/* SPDX-License-Identifier: MIT */
/* State visitors. Invariant: no more than `size` bytes are read or written, whatever the plugin
 * asks for. */
#include "train/state.h"

#include <string.h>

#include "policy/memory.h"
#include "policy/policy.h"

typedef enum mode { COUNT, SAVE, LOAD } mode;

struct visitor {
    synrl_state api;
    struct host *host;
    mode mode;
    char *to;
    const char *from;
    size_t at, size; /* at: how far it has come; size: of the buffer */
};

/* Moves on by n bytes; SYNRL_INVALID where the buffer has fewer left. */
static synrl_status advance(struct visitor *visitor, size_t n) {
    if (n > (visitor->mode == COUNT ? SIZE_MAX : visitor->size) - visitor->at) {
        return core_fail(visitor->host->core, SYNRL_INVALID,
                         "%s: its state is larger than the %zu bytes measured before",
                         visitor->host->who, visitor->size);
    }
    visitor->at += n;
    return SYNRL_OK;
}

static synrl_status visit_bytes(synrl_state *state, void *bytes, size_t n) {
    struct visitor *visitor = state->context;
    const size_t at = visitor->at;
    if (bytes == NULL && n > 0) {
        return core_fail(visitor->host->core, SYNRL_INVALID, "%s: %zu bytes of state at NULL",
                         visitor->host->who, n);
    }
    SYNRL_TRY(advance(visitor, n));
    if (visitor->mode == SAVE && n > 0) {
        memcpy(visitor->to + at, bytes, n);
    } else if (visitor->mode == LOAD && n > 0) {
        memcpy(bytes, visitor->from + at, n);
    }
    return SYNRL_OK;
}

static synrl_status check_given(const struct visitor *visitor, const char *what,
                                const void *given) {
    return given != NULL
               ? SYNRL_OK
               : core_fail(visitor->host->core, SYNRL_INVALID,
                           "%s: its state has a %s that is NULL", visitor->host->who, what);
}

static synrl_status visit_memory(synrl_state *state, synrl_memory *memory) {
    struct visitor *visitor = state->context;
    SYNRL_TRY(check_given(visitor, "memory", memory));
    const size_t at = visitor->at, n = memory_state_size(memory);
    SYNRL_TRY(advance(visitor, n));
    if (visitor->mode == SAVE) {
        memory_save(memory, visitor->to + at);
    }
    return visitor->mode == LOAD ? memory_load(&visitor->host->api, memory, visitor->from + at, n)
                                 : SYNRL_OK;
}

static synrl_status visit_policy(synrl_state *state, synrl_policy *policy) {
    struct visitor *visitor = state->context;
    SYNRL_TRY(check_given(visitor, "policy", policy));
    const size_t at = visitor->at, n = policy_state_size(policy);
    SYNRL_TRY(advance(visitor, n));
    if (visitor->mode == SAVE) {
        policy_save(policy, visitor->to + at);
    }
    return visitor->mode == LOAD ? policy_load(&visitor->host->api, policy, visitor->from + at, n)
                                 : SYNRL_OK;
}

static synrl_status visit(const struct stateful *of, struct visitor *visitor) {
    visitor->api = (synrl_state){.size = sizeof(synrl_state),
                                 .context = visitor,
                                 .is_loading = visitor->mode == LOAD,
                                 .bytes = visit_bytes,
                                 .memory = visit_memory,
                                 .policy = visit_policy,
                                 .n_synapses = of->n_synapses};
    visitor->host = of->host;
    if (of->state != NULL) {
        const struct operation before = host_enter(of->host, "state");
        SYNRL_TRY(host_leave(of->host, before,
                             of->state(&of->host->api, of->config, of->self, &visitor->api)));
    }
    if (visitor->mode != COUNT && visitor->at != visitor->size) {
        return core_fail(of->host->core, SYNRL_INVALID,
                         "%s: its state has %zu bytes, and had %zu when it was measured",
                         of->host->who, visitor->at, visitor->size);
    }
    return SYNRL_OK;
}

synrl_status state_measure(const struct stateful *of, size_t *size) {
    struct visitor visitor = {.mode = COUNT}, again = {.mode = COUNT};
    SYNRL_TRY(visit(of, &visitor));
    SYNRL_TRY(visit(of, &again));
    *size = visitor.at;
    return again.at == visitor.at ? SYNRL_OK
                                  : core_fail(of->host->core, SYNRL_INVALID,
                                              "%s: its state has %zu bytes, and %zu the next time",
                                              of->host->who, visitor.at, again.at);
}

synrl_status state_save(const struct stateful *of, void *to, size_t size) {
    struct visitor visitor = {.mode = SAVE, .to = to, .size = size};
    return visit(of, &visitor);
}

synrl_status state_load(const struct stateful *of, const void *from, size_t size) {
    struct visitor visitor = {.mode = LOAD, .from = from, .size = size};
    return visit(of, &visitor);
}
