/* States of a run on disk: FOLDER/checkpoint-ITERATION.bin, each whole or not there. A file is a
 * header, the trainer's state (trainer_save), and nothing else; the header holds XXH3-64 of it all.
 */
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

/* Brings it to the disk; then removes all but the newest `keep` of the folder. */
synrl_status checkpoint_write(struct core *core, const char *folder, size_t keep,
                              const struct checkpoint *checkpoint);
/* The iterations that the folder has checkpoints of, newest first, whole or not; freed by
 * core_free. Removes what a process that died left half written. */
synrl_status checkpoint_list(struct core *core, const char *folder, uint64_t **iterations,
                             size_t *n);
/* SYNRL_INVALID, naming the file, where it is torn, damaged or of another version. The state, of
 * exactly state_size bytes, is freed by core_free. */
synrl_status checkpoint_read(struct core *core, const char *folder, uint64_t iteration,
                             size_t state_size, struct checkpoint *checkpoint);

#endif
