/* SPDX-License-Identifier: MIT */
/* The right to run a cell: a file HASH.claim that names host, process and time. Whoever makes it
 * has the cell, and only then touches the cell's other files.
 *
 * It is made by O_EXCL, which network file systems honour also where they have no locks, and it is
 * locked (flock) as well. In one boot of one machine the lock and the process say at once whether
 * the claim still holds. Of another machine's neither can be relied on, since locks may be local to
 * each: its holder renews the time of the file, and where that has not changed for `lapse` seconds,
 * by the clock of who looks, it has lapsed.
 *
 * The file that the process of the cell writes its result to is locked too, and the process
 * inherits it: so a process that outlives its sweep keeps the cell for as long as it runs. */
#ifndef CELL_CLAIM_H
#define CELL_CLAIM_H

#include <sys/types.h>
#include <time.h>

#include "base/core.h"

enum { CLAIM_LAPSE_SECONDS = 60, CLAIM_HOST_SIZE = 128 };

struct cell_files {
    char *claim, *output, *error; /* paths */
};

/* The claim of one cell, by this process or another. Begins as CLAIM_NONE. */
struct cell_claim {
    int sign, output; /* the files, open and locked, if it is ours; else -1 */
    bool was_started; /* a process of the cell was started before, and did not end well */
    /* Of another's: the other machine that it is on, or ""; and the file as it was seen. */
    char host[CLAIM_HOST_SIZE];
    ino_t inode;
    struct timespec renewed;
    double since, again; /* unchanged since; not to be looked at before (clock_seconds) */
};
#define CLAIM_NONE ((struct cell_claim){.sign = -1, .output = -1})

/* Claims the cell, without waiting: *is_taken says whether it is ours now; else another process has
 * it. claim->output is then empty, and the caller closes it. */
synrl_status cell_claim_take(struct core *core, const struct cell_files *files, double lapse,
                             struct cell_claim *claim, bool *is_taken);
/* Renews the time of ours. False: another process has taken it over. */
bool cell_claim_renew(const struct cell_files *files, const struct cell_claim *claim);
/* Gives ours up, if it is. The cell's other files must be as they are to be left. */
void cell_claim_release(const struct cell_files *files, struct cell_claim *claim);

#endif
