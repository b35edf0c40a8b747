/* SPDX-License-Identifier: MIT */
/* A sweep as an array job of Slurm: the script that asks for it, its submission, and what its tasks
 * find in their environment. */
#ifndef CLI_SWEEP_SLURM_H
#define CLI_SWEEP_SLURM_H

#include "base/core.h"
#include "base/flags.h"

/* What the command line says of it. */
struct slurm_request {
    bool is_wanted, print;
    struct flag_integer tasks;
    const char *time;
    struct flag_list options; /* of sbatch */
};

/* EXIT_DONE or, with the reason on stderr, EXIT_USAGE. */
int slurm_check(const struct slurm_request *request);

struct slurm_job {
    const struct slurm_request *request;
    const char *script;   /* of the sweep */
    const char *runs;     /* the folder of what is written: */
    const char *base;     /* BASE.sbatch, BASE-TASK.log */
    const char *command;  /* what a task runs, quoted for a shell */
    size_t n_cells, cpus; /* of the sweep; of each task */
};

/* Writes the file and submits it by sbatch, or only prints it. */
synrl_status slurm_submit(struct core *core, const struct slurm_job *job);

/* Which of how many tasks of an array job this is, from 1. EXIT_DONE or, with the reason on stderr,
 * EXIT_USAGE. */
int slurm_shard(size_t *shard, size_t *n_shards);

#endif
