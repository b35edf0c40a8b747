/* SPDX-License-Identifier: MIT */
/* The choice of the inner loops' variant. */
#ifndef ISA_H
#define ISA_H

#include "engine/kernels.h"

/* The SIMD variant in use: "scalar", "avx2", "avx512" or "amx"; SYNRL_ISA selects one. All give the
 * same bits. NULL where SYNRL_ISA is not such a name, or this machine does not support it. */
const char *engine_isa(void);

/* The variant of this name; NULL where this machine does not support it. */
const struct kernels *kernels_named(const char *name);

/* The variant that SYNRL_ISA names, or the widest that this machine supports; where SYNRL_ISA is
 * not available, the scalar one (engine_isa is NULL then). */
const struct kernels *kernels_in_use(void);

#endif
