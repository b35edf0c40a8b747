/* SPDX-License-Identifier: MIT */
/* Memory of instances, and the guard around their operations. Invariant: every allocated block is
 * on the list of its host, followed by its guard bytes. */
#include "base/host.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Freed memory is filled with a byte that makes floats NaN. */
enum { BLOCK_HEADER = 64, GUARD = 64, GUARD_BYTE = 0xA5, FREED_BYTE = 0xFF };
/* How many blocks host_leave looks at; all are looked at in the end. */
enum { BLOCKS_CHECKED = 32 };

struct block {
    struct block *next, *previous;
    size_t size;
    bool is_late;
    void *object; /* of host_own; NULL: memory follows the header */
    void (*release)(void *object);
};
_Static_assert(sizeof(struct block) <= BLOCK_HEADER, "memory after the header stays aligned");

static struct host *host_of(const synrl_host *api) {
    return api->context;
}

struct core *host_core(const synrl_host *api) {
    return host_of(api)->core;
}

static unsigned char *block_memory(struct block *block) {
    return (unsigned char *)block + BLOCK_HEADER;
}

/* Lists ---------------------------------------------------------------------------------------- */

static void add_block(struct host *host, struct block *block) {
    pthread_mutex_lock(&host->lock);
    block->is_late = host->is_settled;
    if (block->is_late) {
        host->n_late++;
        host->late_bytes += block->size;
    }
    block->next = host->blocks;
    if (block->next != NULL) {
        block->next->previous = block;
    }
    host->blocks = block;
    pthread_mutex_unlock(&host->lock);
}

/* The block of this memory, or NULL; the caller holds the lock. */
static struct block *find_block(const struct host *host, const void *memory) {
    struct block *block = host->blocks;
    while (block != NULL && (block->object != NULL || block_memory(block) != memory)) {
        block = block->next;
    }
    return block;
}

/* Removes the block of this memory from the list; NULL where there is none. */
static struct block *remove_block(struct host *host, const void *memory) {
    pthread_mutex_lock(&host->lock);
    struct block *block = find_block(host, memory);
    if (block != NULL) {
        *(block->previous != NULL ? &block->previous->next : &host->blocks) = block->next;
        if (block->next != NULL) {
            block->next->previous = block->previous;
        }
        if (block->is_late) {
            host->n_late--;
            host->late_bytes -= block->size;
        }
    }
    pthread_mutex_unlock(&host->lock);
    return block;
}

static bool is_overrun(struct block *block) {
    if (block->object != NULL) {
        return false;
    }
    const unsigned char *guard = block_memory(block) + block->size;
    return guard[0] != GUARD_BYTE || memcmp(guard, guard + 1, GUARD - 1) != 0; /* all are alike */
}

static void note_damage(struct host *host, const struct block *block) {
    host->is_damaged = true;
    host->core->running->damaged_by = host->who;
    host_violate(host, "wrote past the end of a block of %zu bytes", block->size);
}

/* Of the first n blocks, the newest. */
static void check_blocks(struct host *host, size_t n) {
    for (struct block *block = host->blocks; block != NULL && n > 0 && !host->is_damaged;
         block = block->next, n--) {
        if (is_overrun(block)) {
            note_damage(host, block);
        }
    }
}

void host_check_blocks(struct host *host) {
    check_blocks(host, SIZE_MAX);
}

/* Memory --------------------------------------------------------------------------------------- */

void *host_alloc(const synrl_host *api, size_t count, size_t size) {
    struct host *host = host_of(api);
    if (count == 0 || size == 0) {
        count = size = 1;
    }
    if (count > (SIZE_MAX - BLOCK_HEADER - GUARD) / size) {
        return core_alloc(host->core, count, size); /* fails, with its message */
    }
    struct block *block = core_alloc(host->core, 1, BLOCK_HEADER + count * size + GUARD);
    if (block == NULL) {
        return NULL;
    }
    block->size = count * size;
    memset(block_memory(block) + block->size, GUARD_BYTE, GUARD);
    add_block(host, block);
    return block_memory(block);
}

void host_free(const synrl_host *api, void *memory) {
    struct host *host = host_of(api);
    if (memory == NULL) {
        return;
    }
    struct block *block = remove_block(host, memory);
    if (block == NULL) {
        host_violate(host, "freed memory that is not its own, or freed it twice");
        return;
    }
    if (is_overrun(block)) {
        note_damage(host, block);
        return; /* what follows it may be the allocator's own */
    }
    memset(block_memory(block), FREED_BYTE, block->size);
    core_free(host->core, block);
}

size_t host_block_size(const synrl_host *api, const void *memory) {
    struct host *host = host_of(api);
    pthread_mutex_lock(&host->lock);
    const struct block *block = find_block(host, memory);
    const size_t size = block != NULL ? block->size : SIZE_MAX;
    pthread_mutex_unlock(&host->lock);
    return size;
}

synrl_status host_own(const synrl_host *api, void *object, void (*release)(void *object)) {
    struct host *host = host_of(api);
    struct block *block = core_alloc(host->core, 1, sizeof *block);
    if (block == NULL) {
        release(object);
        return SYNRL_NO_MEMORY;
    }
    block->object = object;
    block->release = release;
    add_block(host, block);
    return SYNRL_OK;
}

void host_settled(struct host *host, bool is_settled) {
    host->is_settled = is_settled;
}

static void warn_of_violation(struct core *core) {
    if (core->violation[0] != '\0') {
        core_log(core, SYNRL_LOG_WARNING, "%s", core->violation);
        core->violation[0] = '\0';
    }
}

void host_release(struct host *host, uint64_t n_calls) {
    if (host->core == NULL) {
        return;
    }
    if (host->n_late > 16 && host->n_late >= n_calls / 2) {
        core_log(host->core, SYNRL_LOG_WARNING,
                 "%s: leaks memory: %zu blocks (%zu bytes), taken while it ran, were not freed",
                 host->who, host->n_late, host->late_bytes);
    }
    const bool was_damaged = host->is_damaged;
    check_blocks(host, SIZE_MAX);
    if (host->is_damaged && !was_damaged) {
        warn_of_violation(host->core);
    }
    while (host->blocks != NULL) {
        struct block *block = host->blocks;
        host->blocks = block->next;
        if (block->release != NULL) {
            block->release(block->object);
        }
        if (!host->is_damaged) { /* else what follows a block may be the allocator's own */
            core_free(host->core, block);
        }
    }
    pthread_mutex_destroy(&host->lock);
    host->core = NULL;
}

/* Operations ----------------------------------------------------------------------------------- */

/* "rule "x": step wrote ..."; where another plugin called it: "activation "y": wrote ... (in
 * forward of model "x")". */
void host_violate(struct host *host, const char *format, ...) {
    struct core *core = host->core;
    const struct operation *running = core->running;
    const bool is_running = running->who == host->who;
    char what[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    pthread_mutex_lock(&core->message_lock);
    if (core->violation[0] == '\0') {
        const int n = snprintf(core->violation, sizeof core->violation, "%s: %s%s%s", host->who,
                               is_running ? running->name : "", is_running ? " " : "", what);
        if (!is_running && running->who != NULL && n > 0 && n < (int)sizeof core->violation) {
            snprintf(core->violation + n, sizeof core->violation - (size_t)n, " (in %s of %s)",
                     running->name, running->who);
        }
    }
    pthread_mutex_unlock(&core->message_lock);
}

struct operation host_enter(struct host *host, const char *operation) {
    const struct operation before = *host->core->running;
    host->core->message[0] = '\0';
    host->core->running->who = host->who;
    host->core->running->name = operation;
    return before;
}

synrl_status host_leave(struct host *host, struct operation before, synrl_status status) {
    struct core *core = host->core;
    const char *operation = core->running->name;
    check_blocks(host, BLOCKS_CHECKED);
    core->running->who = before.who;
    core->running->name = before.name;
    if (core->violation[0] != '\0') {
        core_fail(core, SYNRL_INVALID, "%s", core->violation);
        core->violation[0] = '\0';
        return SYNRL_INVALID;
    }
    if ((unsigned)status > SYNRL_STOPPED) {
        return core_fail(core, SYNRL_INVALID, "%s: %s returned %d, which is not a status",
                         host->who, operation, (int)status);
    }
    if (status != SYNRL_OK && core->message[0] == '\0') {
        return core_fail(core, status, "%s: %s failed (status %d) without a message", host->who,
                         operation, (int)status);
    }
    return status;
}

void host_destroy(struct host *host,
                  void (*destroy)(const synrl_host *host, const void *config, void *self),
                  const void *config, void *self) {
    struct core *core = host->core;
    char message[sizeof core->message];
    if (destroy == NULL) {
        return;
    }
    memcpy(message, core->message, sizeof message);
    const struct operation before = host_enter(host, "destroy");
    destroy(&host->api, config, self);
    check_blocks(host, BLOCKS_CHECKED);
    warn_of_violation(core);
    core->running->who = before.who;
    core->running->name = before.name;
    memcpy(core->message, message, sizeof message);
}
