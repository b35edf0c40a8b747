/* SPDX-License-Identifier: MIT */
/* The right to run a cell: a lock on the file that its process writes its result to.
 *
 * The lock belongs to the open file, which the process inherits as its standard output. So it is
 * held until both the sweep and the process have closed the file, and a process that outlives its
 * sweep still holds it. */
#ifndef CELL_CLAIM_H
#define CELL_CLAIM_H

#include "base/core.h"

enum cell_claim_state {
    CLAIM_TAKEN,       /* it is ours: the file is open, empty and locked */
    CLAIM_BUSY,        /* another process has it */
    CLAIM_UNSUPPORTED, /* the file system has no locks */
};

struct cell_claim {
    enum cell_claim_state state;
    int descriptor;   /* of the file if it is ours, else -1 */
    bool was_started; /* the file was there before: a process was started and did not end well */
};

/* Claims the cell with that output file, without waiting. */
synrl_status cell_claim(struct core *core, const char *path, bool may_lock,
                        struct cell_claim *claim);

#endif
