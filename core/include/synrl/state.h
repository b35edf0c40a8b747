/* SPDX-License-Identifier: MIT */
/* State: what an instance remembers, to continue later bit for bit.
 *
 * One operation serves to count, save and load: it names everything once, in a fixed order, and
 * the visitor copies out of it or into it. */
#ifndef SYNRL_STATE_H
#define SYNRL_STATE_H

#include "policy.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct synrl_state synrl_state;
struct synrl_state {
    uint32_t size;
    void *context;   /* the host's own */
    bool is_loading; /* true: what is visited is being overwritten */
    /* [main] n bytes. SYNRL_INVALID where there are fewer in what is loaded. */
    synrl_status (*bytes)(synrl_state *state, void *bytes, size_t n);
    /* [main] A memory of synapses; its table. Loading checks that shapes and values fit. */
    synrl_status (*memory)(synrl_state *state, synrl_memory *memory);
    synrl_status (*policy)(synrl_state *state, synrl_policy *policy);
    size_t n_synapses; /* of the network. Since ABI 3.2 */
};

/* n elements of an array; one field. */
#define SYNRL_STATE_ARRAY(state, pointer, n) \
    (state)->bytes((state), (pointer), (n) * sizeof *(pointer))
#define SYNRL_STATE_FIELD(state, field) (state)->bytes((state), &(field), sizeof(field))
/* All fields of a struct, from the first to the last; none of them a pointer. */
#define SYNRL_STATE_FIELDS(state, pointer, first, last) \
    (state)->bytes((state), &(pointer)->first,          \
                   (size_t)((char *)(&(pointer)->last + 1) - (char *)&(pointer)->first))

#ifdef __cplusplus
}
#endif
#endif
