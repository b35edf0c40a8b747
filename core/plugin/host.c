/* SPDX-License-Identifier: MIT */
/* The core object is put together here, above all that it owns; and the host that an instance of a
 * plugin is handed: the core's functions, bound to that instance. */
#include "plugin/host.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/reads.h"
#include "engine/engine.h"
#include "engine/pool.h"
#include "plugin/kind.h"
#include "plugin/registry.h"
#include "policy/policy_api.h"

enum { ALIGNMENT = 64 };

static void *plain_allocate(void *context, size_t size) {
    (void)context;
    if (size > SIZE_MAX - ALIGNMENT) {
        return NULL;
    }
    return aligned_alloc(ALIGNMENT, (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
}

static void plain_free(void *context, void *memory) {
    (void)context;
    free(memory);
}

struct core *core_create(const struct core_options *options) {
    struct allocator memory = {NULL, plain_allocate, plain_free};
    if (options->allocator != NULL) {
        memory = *options->allocator;
    }
    struct core *made = memory.allocate(memory.context, sizeof *made);
    if (made == NULL) {
        return NULL;
    }
    memset(made, 0, sizeof *made);
    pthread_mutex_init(&made->message_lock, NULL);
    made->allocator = memory;
    made->log = options->log;
    made->log_context = options->log_context;
    made->running = options->running != NULL ? options->running : &made->own_running;
    made->ranks.n = 1;
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    made->started = (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
    made->pool = pool_create(options->n_threads != 0 ? options->n_threads : pool_cpus());
    if (made->pool != NULL) {
        made->registry = registry_create(made, options->plugin_path);
    }
    if (made->pool == NULL || made->registry == NULL) {
        core_destroy(made);
        return NULL;
    }
    return made;
}

void core_destroy(struct core *core) {
    if (core == NULL) {
        return;
    }
    if (core->ranks.end != NULL) {
        core->ranks.end(core);
    }
    if (core->registry != NULL) {
        registry_destroy(core, core->registry);
    }
    reads_free(core);
    pool_destroy(core->pool);
    pthread_mutex_destroy(&core->message_lock);
    const struct allocator memory = core->allocator;
    memory.free(memory.context, core);
}

/* The host ------------------------------------------------------------------------------------- */

static struct host *host_of(const synrl_host *api) {
    return api->context;
}

/* A worker has no way to hand a status on: what it fails with is a violation. */
static synrl_status host_fail(const synrl_host *api, synrl_status status, const char *format, ...) {
    struct host *host = host_of(api);
    struct core *core = host->core;
    va_list arguments;
    if (status == SYNRL_OK) {
        host_violate(host, "called fail with SYNRL_OK");
        return SYNRL_INVALID;
    }
    va_start(arguments, format);
    if (pool_is_running(core->pool)) {
        char what[256];
        vsnprintf(what, sizeof what, format, arguments);
        host_violate(host, "failed: %s", what);
    } else {
        core_fail_va(core, status, format, arguments);
        core_fail_in(core, status, host->who);
    }
    va_end(arguments);
    return status;
}

static void host_log(const synrl_host *api, synrl_log_level level, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    core_log_va(host_of(api)->core, level, host_of(api)->who, format, arguments);
    va_end(arguments);
}

static size_t host_n_workers(const synrl_host *api) {
    return pool_size(host_of(api)->core->pool);
}

/* The pool is not to be nested: a call from a worker would wait for itself. */
static void host_parallel(const synrl_host *api, synrl_work work, void *context) {
    struct pool *pool = host_of(api)->core->pool;
    if (pool_is_running(pool)) {
        host_violate(host_of(api), "called parallel from a worker: only the main thread may");
        return;
    }
    pool_run(pool, work, context);
}

static synrl_status host_reads(const synrl_host *api, const char *path) {
    struct host *host = host_of(api);
    if (pool_is_running(host->core->pool)) {
        host_violate(host, "called reads from a worker: only the main thread may");
        return SYNRL_INVALID;
    }
    if (path == NULL || path[0] == '\0') {
        return host_fail(api, SYNRL_INVALID, "reads a file that has no path");
    }
    return reads_note(host->core, read_data, NULL, path);
}

void host_init(struct host *host, struct core *core, synrl_kind kind, const char *id) {
    *host = (struct host){
        .api = {.size = sizeof(synrl_host),
                .context = host,
                .alloc = host_alloc,
                .free = host_free,
                .fail = host_fail,
                .log = host_log,
                .n_workers = host_n_workers,
                .parallel = host_parallel,
                .random = &random_api,
                .math = &math_api,
                .engine = &engine_api,
                .policy = &policy_api,
                .reads = host_reads},
        .core = core,
    };
    pthread_mutex_init(&host->lock, NULL);
    snprintf(host->who, sizeof host->who, "%s \"%s\"", kind_name(kind), id);
}
