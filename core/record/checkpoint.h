/* SPDX-License-Identifier: MIT */
/* States of a run on disk: FOLDER/checkpoint-ITERATION.bin, each complete or absent. A file
 * consists of a header and the trainer's state (trainer_save); the header contains an XXH3-64 of
 * both. */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include "base/core.h"

struct checkpoint {
    uint64_t iteration;
    uint64_t metrics_size; /* bytes of metrics.csv at that moment */
    uint64_t n_rewards;    /* bits of rewards.bin */
    size_t state_size;
    void *state;
};

/* Writes a checkpoint to the disk; then removes all but the newest `keep` in the folder. */
synrl_status checkpoint_write(struct core *core, const char *folder, size_t keep,
                              const struct checkpoint *checkpoint);
/* The iterations of the folder's checkpoints, newest first, including damaged ones; freed by
 * core_free. */
synrl_status checkpoint_list(struct core *core, const char *folder, uint64_t **iterations,
                             size_t *n);
/* Reads a checkpoint. SYNRL_INVALID, naming the file, where it is truncated, damaged or of another
 * version. The state, of exactly state_size bytes, is freed by core_free. */
synrl_status checkpoint_read(struct core *core, const char *folder, uint64_t iteration,
                             size_t state_size, struct checkpoint *checkpoint);

#endif
