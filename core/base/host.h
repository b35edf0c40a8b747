/* SPDX-License-Identifier: MIT */
/* The host of one instance of a plugin, from the core's side: the instance's name, its memory, and
 * its violations. Created by plugin/host.h. */
#ifndef BASE_HOST_H
#define BASE_HOST_H

#include <pthread.h>

#include "base/core.h"

struct block; /* memory or an object that belongs to the instance */

struct host {
    synrl_host api;
    struct core *core;
    char who[96];         /* begins its failures and log lines: rule "qlearning" */
    pthread_mutex_t lock; /* of what follows: workers allocate and fail too */
    struct block *blocks;
    size_t n_late, late_bytes; /* blocks allocated after host_settled and not freed */
    bool is_settled;
    bool is_damaged; /* has written past the end of a block */
};

struct core *host_core(const synrl_host *host);

/* synrl_host.alloc and .free. */
void *host_alloc(const synrl_host *api, size_t count, size_t size);
void host_free(const synrl_host *api, void *memory);
/* The size of the block that begins at `memory`; SIZE_MAX where it is not a block of this
 * instance. */
size_t host_block_size(const synrl_host *api, const void *memory);
/* Calls release(object) when the instance ends. SYNRL_NO_MEMORY: it was called immediately. */
synrl_status host_own(const synrl_host *api, void *object, void (*release)(void *object));

/* From now on, until it is called with false, blocks that are allocated and not freed count as
 * late. */
void host_settled(struct host *host, bool is_settled);
/* Frees everything of the instance. Warns of more late blocks than half of n_calls, and of blocks
 * written past their end. */
void host_release(struct host *host, uint64_t n_calls);

/* Records a violation, with which the running operation fails. Only the first one is kept. The text
 * continues "rule "x": step ", as in "called fail with SYNRL_OK". */
void host_violate(struct host *host, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Enclose every operation of the plugin that can fail. host_enter clears the message; host_leave
 * returns the operation's final status: a violation, by this plugin or by another that it called,
 * or a block written past its end makes it fail; a failure without a message gets one; a number
 * that is not a status is replaced. Both maintain core->running, which names the plugin in case of
 * a crash. */
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
