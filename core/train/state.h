/* SPDX-License-Identifier: MIT */
/* The visitors that an instance's `state` operation is called with: to count, to save, to load. */
#ifndef STATE_H
#define STATE_H

#include "base/host.h"
#include "synrl/state.h"

/* An instance's state operation, bound to it. */
struct stateful {
    struct host *host;
    const void *config;
    void *self;
    /* NULL: remembers nothing. */
    synrl_status (*state)(const synrl_host *host, const void *config, void *self,
                          synrl_state *state);
    size_t n_synapses;
};

/* Bytes of the state. */
synrl_status state_measure(const struct stateful *of, size_t *size);
/* Exactly `size` bytes, as measured before; SYNRL_INVALID where the state is of another size now.
 */
synrl_status state_save(const struct stateful *of, void *to, size_t size);
/* After a failure the instance may only be destroyed. */
synrl_status state_load(const struct stateful *of, const void *from, size_t size);

#endif
