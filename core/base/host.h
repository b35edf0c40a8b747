/* SPDX-License-Identifier: MIT */
/* The host of one instance of a plugin, from the core's side: whose it is, the memory it handed
 * out, and what it must not let pass. plugin/host.h puts one together. */
#ifndef BASE_HOST_H
#define BASE_HOST_H

#include <pthread.h>

#include "base/core.h"

struct block; /* a piece of memory, or an object, that the instance has */

struct host {
    synrl_host public;
    struct core *core;
    char who[96];         /* in front of its failures and log lines: rule "qlearning" */
    pthread_mutex_t lock; /* of what follows: workers allocate and fail too */
    struct block *blocks;
    size_t n_late, late_bytes; /* blocks handed out after host_settled and not freed */
    bool is_settled;
    bool is_damaged; /* has written past the end of a block */
};

struct core *host_core(const synrl_host *host);

/* synrl_host.alloc and .free. */
void *host_alloc(const synrl_host *public, size_t count, size_t size);
void host_free(const synrl_host *public, void *memory);
/* Bytes of the block that begins at `memory`; SIZE_MAX where it is not a block of this instance. */
size_t host_block_size(const synrl_host *public, const void *memory);
/* Has release(object) called when the instance ends. SYNRL_NO_MEMORY: it was called at once. */
synrl_status host_own(const synrl_host *public, void *object, void (*release)(void *object));

/* From now on, until it is called with false, blocks that are handed out and stay count as late. */
void host_settled(struct host *host, bool is_settled);
/* Frees all that the instance has. Warns of more late blocks than one in two of n_calls, and of
 * blocks that were written past their end. */
void host_release(struct host *host, uint64_t n_calls);

/* Notes a violation: the operation that is running fails with it. The first one counts. The text
 * continues "rule "x": step ", as in "called fail with SYNRL_OK". */
void host_violate(struct host *host, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Around every operation of the plugin that can fail. host_enter clears the message; host_leave
 * gives the status that the operation has in the end: a violation, by this plugin or by another
 * that it called, and a block that was written past its end make it fail; a failure without a
 * message gets one; a number that is not a status is replaced. Both keep core->running, by which a
 * crash can be named. */
struct operation host_enter(struct host *host, const char *operation);
synrl_status host_leave(struct host *host, struct operation before, synrl_status status);

/* host_leave looks at the newest blocks; this at all of them. To be called before it. */
void host_check_blocks(struct host *host);

/* Calls `destroy`, unless it is NULL. What it must not have done is a warning; the core's message
 * stays as it is. */
void host_destroy(struct host *host,
                  void (*destroy)(const synrl_host *host, const void *config, void *self),
                  const void *config, void *self);

#endif
