/* SPDX-License-Identifier: MIT */
/* Makes and ends the core, and the host that an instance of a plugin is handed. */
#ifndef HOST_H
#define HOST_H

#include "base/host.h"
#include "plugin/kind.h"

struct core_options {
    size_t n_threads;                  /* 0: as many as the machine has cores for this process */
    const struct allocator *allocator; /* NULL: the C library's */
    const char *plugin_path;           /* colon-separated, searched first; NULL: none */
    void (*log)(void *context, synrl_log_level level, const char *line); /* NULL: nothing is said */
    void *log_context;
    struct operation *running; /* where to note what is being done; NULL: nowhere else */
};

/* NULL only where there is no memory for the core itself or its workers. */
struct core *core_create(const struct core_options *options);
void core_destroy(struct core *core);

/* Ended by host_release. Does not move while it is in use. */
void host_init(struct host *host, struct core *core, synrl_kind kind, const char *id);

#endif
