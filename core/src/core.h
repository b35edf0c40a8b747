/* A core: what everything of one process shares — allocator, message of the last failure, log,
 * workers, plugins. There is no other state: two cores do not know of each other.
 *
 * A failing call sets the core's message and returns a status other than SYNRL_OK. A core is used
 * by one thread; its workers (engine/pool.h) run only inside calls made by that thread. */
#ifndef CORE_H
#define CORE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "synrl/host.h"
#include "synrl/plugin.h"

typedef struct pool pool;         /* engine/pool.h */
typedef struct registry registry; /* registry.h */

/* Where memory comes from; tests put one in that fails. resize(context, NULL, n) allocates,
 * resize(context, p, 0) frees and returns NULL. Memory is aligned to 64 bytes, not zeroed. */
typedef struct allocator {
    void *context;
    void *(*allocate)(void *context, size_t size); /* size > 0 */
    void (*free)(void *context, void *memory);     /* never NULL */
} allocator;

typedef struct core_options {
    size_t n_threads;           /* 0: as many as the machine has cores for this process */
    const allocator *allocator; /* NULL: the C library's */
    const char *plugin_path;    /* colon-separated, searched first; NULL: none */
    void (*log)(void *context, synrl_log_level level, const char *line); /* NULL: nothing is said */
    void *log_context;
} core_options;

typedef struct core {
    allocator allocator;
    char message[1024];
    void (*log)(void *context, synrl_log_level level, const char *line);
    void *log_context;
    pool *pool;
    registry *registry;
} core;

/* NULL only where there is no memory for the core itself or its workers. */
core *core_create(const core_options *options);
void core_destroy(core *core);

/* Sets the message and returns the status. */
synrl_status core_fail(core *core, synrl_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
synrl_status core_fail_va(core *core, synrl_status status, const char *format, va_list arguments);
/* Puts "prefix: " in front of the message that stands, and returns the status. */
synrl_status core_fail_in(core *core, synrl_status status, const char *prefix);
void core_log(core *core, synrl_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* count * size bytes, zeroed, aligned to 64 bytes, to be freed by core_free. NULL with the message
 * set where there is no memory or the product overflows; something that may be freed for 0. */
void *core_alloc(core *core, size_t count, size_t size);
void core_free(core *core, void *memory); /* NULL is allowed */
char *core_strdup(core *core, const char *text);
/* A new string by printf; NULL with the message set where there is no memory. */
char *core_printf(core *core, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The host that one instance of a plugin is handed. `who` stands in front of its failures and log
 * lines ("rule \"qlearning\""); both outlive the instance. */
typedef struct host {
    synrl_host public;
    core *core;
    char who[96];
} host;
void host_init(host *host, core *core, synrl_kind kind, const char *id);

const char *kind_name(synrl_kind kind);   /* "activation"; "unknown" for a number that is no kind */
const char *kind_folder(synrl_kind kind); /* "activations" */
bool kind_from_name(const char *name, synrl_kind *kind); /* "rule" */

#endif
