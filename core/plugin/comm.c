/* SPDX-License-Identifier: MIT */
/* Calls of the comm plugin, from the core's side. */
#include "plugin/comm.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/component.h"
#include "plugin/host.h"
#include "synrl/comm.h"

struct comm {
    struct core *core;
    struct component *component;
    const synrl_comm_ops *ops;
    const void *config;
    void *self;
    struct host host;
    int64_t *codes; /* [n]: of comm_meet */
};

static synrl_status sum(void *context, size_t n, int64_t *values) {
    struct comm *comm = context;
    const struct operation before = host_enter(&comm->host, "all_reduce");
    return host_leave(&comm->host, before,
                      comm->ops->all_reduce(&comm->host.api, comm->config, comm->self, n, values));
}

static synrl_status broadcast(void *context, size_t n, void *bytes) {
    struct comm *comm = context;
    const struct operation before = host_enter(&comm->host, "broadcast");
    return host_leave(&comm->host, before,
                      comm->ops->broadcast(&comm->host.api, comm->config, comm->self, n, bytes));
}

static synrl_status join(struct comm *comm) {
    struct ranks *ranks = &comm->core->ranks;
    size_t rank = 0, n = 0;
    comm->self = host_alloc(&comm->host.api, 1, comm->ops->self_size);
    if (comm->self == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const struct operation before = host_enter(&comm->host, "create");
    SYNRL_TRY(host_leave(&comm->host, before,
                         comm->ops->create(&comm->host.api, comm->config, comm->self, &rank, &n)));
    if (n < 1 || rank >= n) {
        return core_fail(comm->core, SYNRL_INVALID, "%s: create says rank %zu of %zu",
                         comm->host.who, rank, n);
    }
    SYNRL_TRY(SYNRL_NEW(&comm->host.api, ranks->scratch, n));
    SYNRL_TRY(SYNRL_NEW(&comm->host.api, comm->codes, n));
    ranks->rank = rank;
    ranks->n = n;
    ranks->sum = sum;
    ranks->broadcast = broadcast;
    return SYNRL_OK;
}

synrl_status comm_start(struct core *core, const char *id) {
    struct component *component;
    SYNRL_TRY(component_create_default(core, SYNRL_KIND_COMM, id, &component));
    struct comm *comm = core_alloc(core, 1, sizeof *comm);
    if (comm == NULL) {
        component_release(component);
        return SYNRL_NO_MEMORY;
    }
    comm->core = core;
    comm->component = component;
    comm->ops = component_plugin(component)->entry->ops;
    comm->config = component_config(component);
    host_init(&comm->host, core, SYNRL_KIND_COMM, id);
    core->ranks.context = comm;
    core->ranks.end = comm_end;
    const synrl_status status = join(comm);
    if (status != SYNRL_OK) {
        comm_end(core);
    }
    return status;
}

void comm_end(struct core *core) {
    struct comm *comm = core->ranks.context;
    if (comm == NULL) {
        return;
    }
    core->ranks = (struct ranks){.n = 1, .rank = core->ranks.rank};
    if (comm->self != NULL) {
        host_destroy(&comm->host, SYNRL_OFFERS(comm->ops, destroy) ? comm->ops->destroy : NULL,
                     comm->config, comm->self);
    }
    host_release(&comm->host, 1);
    component_release(comm->component);
    core_free(core, comm);
}

bool comm_meet(struct core *core, double seconds, int code, int *codes) {
    struct comm *comm = core->ranks.context;
    const struct ranks *ranks = &core->ranks;
    bool have_met = false;
    memset(comm->codes, 0, ranks->n * sizeof *comm->codes);
    comm->codes[ranks->rank] = code;
    const synrl_host *host = &comm->host.api;
    if (comm->ops->start_all_reduce(host, comm->config, comm->self, ranks->n, comm->codes) !=
            SYNRL_OK ||
        comm->ops->wait(host, comm->config, comm->self, seconds, &have_met) != SYNRL_OK ||
        !have_met) {
        return false;
    }
    for (size_t rank = 0; rank < ranks->n; rank++) {
        codes[rank] = (int)comm->codes[rank];
    }
    return true;
}

void comm_abort(struct core *core, int code) {
    struct comm *comm = core->ranks.context;
    comm->ops->abort(&comm->host.api, comm->config, comm->self, code);
    _Exit(code); /* where the plugin returns, this one ends at least */
}
