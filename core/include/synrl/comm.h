/* SPDX-License-Identifier: MIT */
/* Communication among the processes of one run, its ranks. Each holds the whole state of the run
 * and does the same; blocks of samples are shared out, and what they give is added up. Everything
 * exchanged is integers, so the number of ranks changes no bit of a result.
 *
 * The one rank of a program that no launcher started needs no plugin. plugins/comm/mpi.c is the
 * one for MPI. */
#ifndef SYNRL_COMM_H
#define SYNRL_COMM_H

#include <stdbool.h>

#include "host.h"
#include "plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Every operation but abort is called by all ranks, in the same order and with the same sizes: it
 * returns when it is done with this rank's part. All are [main]. */
typedef struct synrl_comm_ops {
    uint32_t size, self_size; /* of the instance, which the host allocates, zeroed, and frees */
    /* Joins the other ranks: this one's number, from 0, and how many there are. */
    synrl_status (*create)(const synrl_host *host, const void *config, void *self, size_t *rank,
                           size_t *n_ranks);
    /* values [n] = the sum over all ranks of theirs. */
    synrl_status (*all_reduce)(const synrl_host *host, const void *config, void *self, size_t n,
                               int64_t *values);
    /* The same without waiting: values must not be touched until `wait` says that they are the
     * sums. One at a time; it may overlap with calls of the other operations. */
    synrl_status (*start_all_reduce)(const synrl_host *host, const void *config, void *self,
                                     size_t n, int64_t *values);
    /* Waits for it at most so many seconds; *is_done is false where they were not enough. */
    synrl_status (*wait)(const synrl_host *host, const void *config, void *self, double seconds,
                         bool *is_done);
    /* bytes [n] = those of rank 0. */
    synrl_status (*broadcast)(const synrl_host *host, const void *config, void *self, size_t n,
                              void *bytes);
    /* Ends all ranks with this exit code, whatever they are doing. Does not return. */
    void (*abort)(const synrl_host *host, const void *config, void *self, int exit_code);
    /* Optional. Leaves the others. Called after a failed create too. */
    void (*destroy)(const synrl_host *host, const void *config, void *self);
} synrl_comm_ops;

#define SYNRL_COMM(id, version, summary, source, params_, self_type, ...)             \
    static const synrl_comm_ops synrl_ops = {                                         \
        .size = sizeof(synrl_comm_ops), .self_size = sizeof(self_type), __VA_ARGS__}; \
    const synrl_plugin synrl_plugin_entry = {                                         \
        SYNRL_ENTRY(SYNRL_KIND_COMM, id, version, summary, source), params_, .ops = &synrl_ops}

#ifdef __cplusplus
}
#endif
#endif
