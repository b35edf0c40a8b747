/* Memory that runs out: fails the first allocation, then the second, and so on until all succeed.
 */
#ifndef SCARCE_H
#define SCARCE_H

#include "core.h"

/* Calls attempt(core, context) with 0, 1, 2 ... allocations allowed until it succeeds. Each failure
 * must be SYNRL_NO_MEMORY and, like the success, leave nothing allocated: attempt frees what it
 * made. The core has one thread and the tests' plugin path. */
void check_scarce(synrl_status (*attempt)(struct core *core, void *context), void *context);

#endif
