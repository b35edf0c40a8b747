/* The core object: allocation, the message of the last failure, the log, and the host that plugins
 * are handed. Invariant: message is always a terminated string. */
#include "core.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/pool.h"
#include "policy.h"
#include "registry.h"

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
    made->allocator = memory;
    made->log = options->log;
    made->log_context = options->log_context;
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
    if (core->registry != NULL) {
        registry_destroy(core, core->registry);
    }
    pool_destroy(core->pool);
    const struct allocator memory = core->allocator;
    memory.free(memory.context, core);
}

synrl_status core_fail_va(struct core *core, synrl_status status, const char *format,
                          va_list arguments) {
    /* Through a second buffer: an argument may be the message that stands. */
    char message[sizeof core->message];
    vsnprintf(message, sizeof message, format, arguments);
    memcpy(core->message, message, sizeof message);
    return status;
}

synrl_status core_fail(struct core *core, synrl_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    core_fail_va(core, status, format, arguments);
    va_end(arguments);
    return status;
}

synrl_status core_fail_in(struct core *core, synrl_status status, const char *prefix) {
    return core_fail(core, status, "%s: %s", prefix, core->message);
}

static void log_va(struct core *core, synrl_log_level level, const char *who, const char *format,
                   va_list arguments) {
    if (core->log == NULL) {
        return;
    }
    char line[1024];
    const int start = snprintf(line, sizeof line, "%s%s", who, who[0] != '\0' ? ": " : "");
    if (start >= 0 && (size_t)start < sizeof line) {
        vsnprintf(line + start, sizeof line - (size_t)start, format, arguments);
    }
    core->log(core->log_context, level, line);
}

void core_log(struct core *core, synrl_log_level level, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    log_va(core, level, "", format, arguments);
    va_end(arguments);
}

void *core_alloc(struct core *core, size_t count, size_t size) {
    if (count == 0 || size == 0) {
        count = size = 1;
    }
    void *memory = NULL;
    if (count <= SIZE_MAX / size) {
        memory = core->allocator.allocate(core->allocator.context, count * size);
    }
    if (memory == NULL) {
        core_fail(core, SYNRL_NO_MEMORY, "not enough memory for %zu x %zu bytes", count, size);
        return NULL;
    }
    return memset(memory, 0, count * size);
}

void core_free(struct core *core, void *memory) {
    if (memory != NULL) {
        core->allocator.free(core->allocator.context, memory);
    }
}

void *core_grow(struct core *core, void *old, size_t n, size_t *capacity, size_t size) {
    if (n < *capacity) {
        return old;
    }
    const size_t larger = 2 * n + 8; /* no overflow: n entries were in memory */
    void *array = core_alloc(core, larger, size);
    if (array == NULL) {
        return NULL;
    }
    if (n > 0) {
        memcpy(array, old, n * size);
    }
    core_free(core, old);
    *capacity = larger;
    return array;
}

char *core_strdup(struct core *core, const char *text) {
    const size_t size = strlen(text) + 1;
    char *copy = core_alloc(core, size, 1);
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

char *core_printf(struct core *core, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = core_alloc(core, (size_t)(length < 0 ? 0 : length) + 1, 1);
    if (text != NULL && length >= 0) {
        vsnprintf(text, (size_t)length + 1, format, again);
    }
    va_end(again);
    return text;
}

/* The host: the same functions, bound to one instance ------------------------------------------ */

static const struct host *host_of(const synrl_host *public) {
    return public->context;
}

static void *host_alloc(const synrl_host *public, size_t count, size_t size) {
    return core_alloc(host_of(public)->core, count, size);
}

static void host_free(const synrl_host *public, void *memory) {
    core_free(host_of(public)->core, memory);
}

static synrl_status host_fail(const synrl_host *public, synrl_status status, const char *format,
                              ...) {
    va_list arguments;
    va_start(arguments, format);
    core_fail_va(host_of(public)->core, status, format, arguments);
    va_end(arguments);
    return core_fail_in(host_of(public)->core, status, host_of(public)->who);
}

static void host_log(const synrl_host *public, synrl_log_level level, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    log_va(host_of(public)->core, level, host_of(public)->who, format, arguments);
    va_end(arguments);
}

static size_t host_n_workers(const synrl_host *public) {
    return pool_size(host_of(public)->core->pool);
}

static void host_parallel(const synrl_host *public, synrl_work work, void *context) {
    pool_run(host_of(public)->core->pool, work, context);
}

void host_init(struct host *host, struct core *core, synrl_kind kind, const char *id) {
    *host = (struct host){
        .public = {.size = sizeof(synrl_host),
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
                   .policy = &policy_api},
        .core = core,
    };
    snprintf(host->who, sizeof host->who, "%s \"%s\"", kind_name(kind), id);
}

/* Kinds ---------------------------------------------------------------------------------------- */

static const struct {
    const char *name, *folder;
} kinds[] = {
    [SYNRL_KIND_ACTIVATION] = {"activation", "activations"},
    [SYNRL_KIND_LOSS] = {"loss", "losses"},
    [SYNRL_KIND_DATASET] = {"dataset", "datasets"},
    [SYNRL_KIND_MODEL] = {"model", "models"},
    [SYNRL_KIND_RULE] = {"rule", "rules"},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static bool is_kind(synrl_kind kind) {
    return (unsigned)kind < N_KINDS && kinds[kind].name != NULL;
}

const char *kind_name(synrl_kind kind) {
    return is_kind(kind) ? kinds[kind].name : "unknown";
}

const char *kind_folder(synrl_kind kind) {
    return is_kind(kind) ? kinds[kind].folder : "unknown";
}

bool kind_from_name(const char *name, synrl_kind *kind) {
    for (unsigned k = SYNRL_KIND_ACTIVATION; k < N_KINDS; k++) {
        if (strcmp(name, kinds[k].name) == 0 || strcmp(name, kinds[k].folder) == 0) {
            *kind = (synrl_kind)k;
            return true;
        }
    }
    return false;
}
