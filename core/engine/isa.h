/* Which variant of the inner loops is in use. */
#ifndef ISA_H
#define ISA_H

#include "engine/kernels.h"

/* The SIMD variant in use: "scalar", "avx2" or "avx512"; SYNRL_ISA forces one. All give the same
 * bits. NULL where SYNRL_ISA names none, or one that this machine does not have. */
const char *engine_isa(void);

/* The one of this name; NULL where this machine does not have it. */
const struct kernels *kernels_named(const char *name);

/* What SYNRL_ISA asks for, or the widest that this machine has; where SYNRL_ISA cannot be had, the
 * plain ones (engine_isa tells). */
const struct kernels *kernels_in_use(void);

#endif
