/* SPDX-License-Identifier: MIT */
/* The choice of the inner loops' variant: a pure function of the machine and of SYNRL_ISA, cached
 * after the first call, by any thread with the same result. */
#include "engine/isa.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Without a name, the widest. */
static const struct kernels *find_kernels(const char *wanted) {
    const struct kernels *const variants[] = {kernels_amx(), kernels_avx512(), kernels_avx2(),
                                              kernels_scalar()};
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        if (variants[i] != NULL &&
            (wanted == NULL || wanted[0] == '\0' || strcmp(wanted, variants[i]->name) == 0)) {
            return variants[i];
        }
    }
    return NULL;
}

const struct kernels *kernels_named(const char *name) {
    return find_kernels(name);
}

/* NULL where SYNRL_ISA names a variant that is not available. */
static const struct kernels *select_kernels(void) {
    return find_kernels(getenv("SYNRL_ISA"));
}

const struct kernels *kernels_in_use(void) {
    static const struct kernels *_Atomic kept;
    const struct kernels *kernels = atomic_load_explicit(&kept, memory_order_acquire);
    if (kernels == NULL) {
        kernels = select_kernels();
        kernels = kernels != NULL ? kernels : kernels_scalar();
        atomic_store_explicit(&kept, kernels, memory_order_release);
    }
    return kernels;
}

const char *engine_isa(void) {
    return select_kernels() != NULL ? kernels_in_use()->name : NULL;
}
