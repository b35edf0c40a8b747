/* SPDX-License-Identifier: MIT */
/* Memory of instances, and the guard around their operations. Invariant: every block that was
 * handed out and not freed is on the list of its host, with its guard bytes after it. */
#include "base/host.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK_HEADER = 64, GUARD = 16, GUARD_BYTE = 0xA5 };

struct block {
    struct block *next, *previous;
    size_t size;
    bool is_late;
    void *object; /* of host_own; NULL: memory follows the header */
    void (*release)(void *object);
};
_Static_assert(sizeof(struct block) <= BLOCK_HEADER, "memory after the header stays aligned");

static struct host *host_of(const synrl_host *public) {
    return public->context;
}

struct core *host_core(const synrl_host *public) {
    return host_of(public)->core;
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

/* The block of this memory, or NULL; with the lock held. */
static struct block *find_block(const struct host *host, const void *memory) {
    struct block *block = host->blocks;
    while (block != NULL && (block->object != NULL || block_memory(block) != memory)) {
        block = block->next;
    }
    return block;
}

/* Takes the block of this memory off the list; NULL where there is none. */
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
    const unsigned char *guard = block_memory(block) + block->size;
    for (size_t i = 0; block->object == NULL && i < GUARD; i++) {
        if (guard[i] != GUARD_BYTE) {
            return true;
        }
    }
    return false;
}

/* Memory --------------------------------------------------------------------------------------- */

void *host_alloc(const synrl_host *public, size_t count, size_t size) {
    struct host *host = host_of(public);
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

void host_free(const synrl_host *public, void *memory) {
    struct host *host = host_of(public);
    if (memory == NULL) {
        return;
    }
    struct block *block = remove_block(host, memory);
    if (block == NULL) {
        host_violate(host, "frees memory that is not its own, or frees it twice");
        return;
    }
    if (is_overrun(block)) {
        host_violate(host, "wrote past the end of a block of %zu bytes", block->size);
    }
    core_free(host->core, block);
}

size_t host_block_size(const synrl_host *public, const void *memory) {
    struct host *host = host_of(public);
    pthread_mutex_lock(&host->lock);
    const struct block *block = find_block(host, memory);
    const size_t size = block != NULL ? block->size : SIZE_MAX;
    pthread_mutex_unlock(&host->lock);
    return size;
}

synrl_status host_own(const synrl_host *public, void *object, void (*release)(void *object)) {
    struct host *host = host_of(public);
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

void host_settled(struct host *host) {
    host->is_settled = true;
}

void host_release(struct host *host, uint64_t n_calls) {
    if (host->core == NULL) {
        return;
    }
    if (host->n_late > 16 && host->n_late >= n_calls / 2) {
        core_log(host->core, SYNRL_LOG_WARNING,
                 "%s: leaks memory: %zu blocks (%zu bytes) allocated during %llu iterations were "
                 "not freed",
                 host->who, host->n_late, host->late_bytes, (unsigned long long)n_calls);
    }
    bool has_overrun = false;
    while (host->blocks != NULL) {
        struct block *block = host->blocks;
        host->blocks = block->next;
        if (!has_overrun && is_overrun(block)) {
            has_overrun = true;
            core_log(host->core, SYNRL_LOG_WARNING,
                     "%s: wrote past the end of a block of %zu bytes", host->who, block->size);
        }
        if (block->release != NULL) {
            block->release(block->object);
        }
        core_free(host->core, block);
    }
    pthread_mutex_destroy(&host->lock);
    host->core = NULL;
}

/* Operations ----------------------------------------------------------------------------------- */

void host_violate(struct host *host, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&host->lock);
    if (host->violation[0] == '\0') {
        vsnprintf(host->violation, sizeof host->violation, format, arguments);
    }
    pthread_mutex_unlock(&host->lock);
    va_end(arguments);
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
    core->running->who = before.who;
    core->running->name = before.name;
    if (host->violation[0] != '\0') {
        core_fail(core, SYNRL_INVALID, "%s: %s %s", host->who, operation, host->violation);
        host->violation[0] = '\0';
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
