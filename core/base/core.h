/* SPDX-License-Identifier: MIT */
/* A core: the state shared by all of one program, namely allocator, message of the last failure,
 * log, workers and plugins. There is no other state: cores share nothing. Made by core_create
 * (plugin/host.h).
 *
 * A failing call sets the core's message and returns a status other than SYNRL_OK. A core is used
 * by one thread; its workers (engine/pool.h) run only during calls made by that thread. Every
 * function named destroy, free or release accepts NULL. */
#ifndef CORE_H
#define CORE_H

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "synrl/host.h"

struct core;
struct pool;     /* engine/pool.h */
struct reads;    /* base/reads.h */
struct registry; /* plugin/registry.h */

/* The source of memory; tests install one that fails. `allocate` returns memory aligned to 64
 * bytes, not zeroed, or NULL. */
struct allocator {
    void *context;
    void *(*allocate)(void *context, size_t size); /* size > 0 */
    void (*free)(void *context, void *memory);     /* never NULL */
};

/* A loaded library's place in memory, and its plugin, to attribute a frame of a crash. */
struct library {
    struct library *next;
    const char *who; /* rule "qlearning" */
    uintptr_t first, end;
};

/* The operation of a plugin that is running, and its iteration. */
struct operation {
    const char *who, *name;    /* NULL: none is running */
    uint64_t iteration;        /* or NO_ITERATION */
    const char *damaged_by;    /* the plugin that wrote past the end of its memory; NULL: none */
    struct library *libraries; /* of all loaded plugins */
};

#define NO_ITERATION UINT64_MAX

/* The processes that do this run together; base/ranks.h. */
struct ranks {
    size_t rank, n; /* 0 and 1: there are no others */
    size_t n_alone; /* more than 0: what is done now is not shared */
    void *context;
    synrl_status (*sum)(void *context, size_t n, int64_t *values);
    synrl_status (*broadcast)(void *context, size_t n, void *bytes);
    void (*end)(struct core *core); /* leaves the others; NULL: there are none */
    int64_t *scratch;               /* [n] */
    uint64_t compare_every;         /* iterations between comparisons of the weights; 0: never */
    uint64_t n_bytes;               /* summed so far */
    bool wants_stop;                /* this one has been interrupted */
    bool has_stopped;               /* one of them has, and all know */
    bool has_asked;                 /* whether one has, since the iteration began */
};

struct core {
    struct allocator allocator;
    char message[1024];
    pthread_mutex_t message_lock; /* of message and violation: workers fail too */
    /* What a plugin did wrong (base/host.h); "": nothing. The running operation fails with it. */
    char violation[512];
    void (*log)(void *context, synrl_log_level level, const char *line);
    void *log_context;
    struct operation *running, own_running; /* names the plugin in case of a crash */
    struct pool *pool;
    struct registry *registry;
    struct reads *reads; /* the files that were read; NULL: none yet */
    struct ranks ranks;
    int64_t started; /* when the core was made, in nanoseconds since 1970 */
};

/* Sets the message and returns the status. */
synrl_status core_fail(struct core *core, synrl_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
synrl_status core_fail_va(struct core *core, synrl_status status, const char *format,
                          va_list arguments);
/* Prepends "prefix: " to the present message, and returns the status. */
synrl_status core_fail_in(struct core *core, synrl_status status, const char *prefix);
void core_log(struct core *core, synrl_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The line begins with "WHO: " unless who is "". */
void core_log_va(struct core *core, synrl_log_level level, const char *who, const char *format,
                 va_list arguments);

/* count * size bytes, zeroed, aligned to 64 bytes, to be freed by core_free. NULL with the message
 * set where there is no memory or the product overflows. For 0 bytes a pointer that can be
 * freed. */
void *core_alloc(struct core *core, size_t count, size_t size);
void core_free(struct core *core, void *memory); /* NULL is allowed */
/* Grows an array of core_alloc (or NULL) that holds n entries of `size` bytes and has room for
 * `*capacity`: returns it, perhaps moved, with room for at least one more, zeroed. NULL with the
 * message set where there is no memory; then nothing has changed. */
void *core_grow(struct core *core, void *old, size_t n, size_t *capacity, size_t size);
char *core_strdup(struct core *core, const char *text);
/* A new string by printf; NULL with the message set where there is no memory. */
char *core_printf(struct core *core, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
