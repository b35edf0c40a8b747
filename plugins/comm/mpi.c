/* SPDX-License-Identifier: MIT */
/* Ranks by MPI: the processes that `mpirun -n N synrl run ...` starts. Two communicators, so that
 * what is waited for with a limit never meets what is not.
 *
 * MPI Forum: MPI: A Message-Passing Interface Standard, version 3.1 (2015). */
#include <limits.h>
#include <mpi.h>
#include <time.h>

#include "synrl/comm.h"

typedef struct {
    MPI_Comm all, beside; /* beside: of start_all_reduce */
    MPI_Request request;
    bool has_begun; /* MPI was initialized here */
} ranks;

enum { AT_ONCE = 1 << 24 }; /* values or bytes: counts of MPI are ints */

static synrl_status check(const synrl_host *host, int error, const char *what) {
    char text[MPI_MAX_ERROR_STRING];
    int length = 0;
    if (error == MPI_SUCCESS) {
        return SYNRL_OK;
    }
    MPI_Error_string(error, text, &length);
    return host->fail(host, SYNRL_IO, "%s: %.*s", what, length, text);
}

static synrl_status copy_world(const synrl_host *host, MPI_Comm *copy) {
    SYNRL_TRY(check(host, MPI_Comm_dup(MPI_COMM_WORLD, copy), "MPI_Comm_dup"));
    return check(host, MPI_Comm_set_errhandler(*copy, MPI_ERRORS_RETURN),
                 "MPI_Comm_set_errhandler");
}

static synrl_status create(const synrl_host *host, const void *config, void *self, size_t *rank,
                           size_t *n_ranks) {
    ranks *own = self;
    int is_initialized = 0, provided = 0, number = 0, n = 0;
    own->request = MPI_REQUEST_NULL;
    own->all = own->beside = MPI_COMM_NULL;
    MPI_Initialized(&is_initialized);
    if (!is_initialized) {
        SYNRL_TRY(check(host, MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided),
                        "MPI_Init_thread"));
        own->has_begun = true;
    }
    SYNRL_TRY(copy_world(host, &own->all));
    SYNRL_TRY(copy_world(host, &own->beside));
    SYNRL_TRY(check(host, MPI_Comm_rank(own->all, &number), "MPI_Comm_rank"));
    SYNRL_TRY(check(host, MPI_Comm_size(own->all, &n), "MPI_Comm_size"));
    *rank = (size_t)number;
    *n_ranks = (size_t)n;
    return SYNRL_OK;
}

static synrl_status all_reduce(const synrl_host *host, const void *config, void *self, size_t n,
                               int64_t *values) {
    const ranks *own = self;
    for (size_t i = 0; i < n; i += AT_ONCE) {
        const int some = n - i < AT_ONCE ? (int)(n - i) : AT_ONCE;
        SYNRL_TRY(check(
            host, MPI_Allreduce(MPI_IN_PLACE, values + i, some, MPI_INT64_T, MPI_SUM, own->all),
            "MPI_Allreduce"));
    }
    return SYNRL_OK;
}

static synrl_status start_all_reduce(const synrl_host *host, const void *config, void *self,
                                     size_t n, int64_t *values) {
    ranks *own = self;
    if (n > INT_MAX || own->request != MPI_REQUEST_NULL) {
        return host->fail(host, SYNRL_INVALID, "start_all_reduce of %zu values%s", n,
                          n > INT_MAX ? ": must be fewer than 2^31"
                                      : " before the one before is done");
    }
    return check(host,
                 MPI_Iallreduce(MPI_IN_PLACE, values, (int)n, MPI_INT64_T, MPI_SUM, own->beside,
                                &own->request),
                 "MPI_Iallreduce");
}

static synrl_status wait_for(const synrl_host *host, const void *config, void *self, double seconds,
                             bool *is_done) {
    ranks *own = self;
    const double begun = MPI_Wtime();
    int done = 0;
    for (;;) {
        SYNRL_TRY(check(host, MPI_Test(&own->request, &done, MPI_STATUS_IGNORE), "MPI_Test"));
        const double waited = MPI_Wtime() - begun;
        if (done || waited >= seconds) {
            break;
        }
        if (waited > 0.01) { /* it is not a matter of microseconds any more */
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        }
    }
    *is_done = done != 0;
    return SYNRL_OK;
}

static synrl_status broadcast(const synrl_host *host, const void *config, void *self, size_t n,
                              void *bytes) {
    const ranks *own = self;
    for (size_t i = 0; i < n; i += AT_ONCE) {
        const int some = n - i < AT_ONCE ? (int)(n - i) : AT_ONCE;
        SYNRL_TRY(
            check(host, MPI_Bcast((char *)bytes + i, some, MPI_BYTE, 0, own->all), "MPI_Bcast"));
    }
    return SYNRL_OK;
}

static void end_all(const synrl_host *host, const void *config, void *self, int exit_code) {
    const ranks *own = self;
    MPI_Abort(own->all, exit_code);
}

static void destroy(const synrl_host *host, const void *config, void *self) {
    ranks *own = self;
    int is_finalized = 0;
    MPI_Finalized(&is_finalized);
    if (is_finalized || !own->has_begun) {
        return;
    }
    if (own->beside != MPI_COMM_NULL) {
        MPI_Comm_free(&own->beside);
    }
    if (own->all != MPI_COMM_NULL) {
        MPI_Comm_free(&own->all);
    }
    MPI_Finalize();
}

SYNRL_COMM(mpi, "1.0.0", "ranks that mpirun or srun has started", "MPI 3.1", SYNRL_NO_PARAMS, ranks,
           .create = create, .all_reduce = all_reduce, .start_all_reduce = start_all_reduce,
           .wait = wait_for, .broadcast = broadcast, .abort = end_all, .destroy = destroy);
