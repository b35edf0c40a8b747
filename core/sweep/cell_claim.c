/* SPDX-License-Identifier: MIT */
/* Claims cells by locking their output files. Invariant: a file is emptied and removed only by a
 * process that has its lock. */
#include "sweep/cell_claim.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* Whether the path still names the open file: who had the lock before may have removed it. */
static bool is_named(int descriptor, const char *path) {
    struct stat open, named;
    return fstat(descriptor, &open) == 0 && lstat(path, &named) == 0 &&
           open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

/* EWOULDBLOCK: another process has the lock. */
static int lock(int descriptor) {
    int problem;
    do {
        problem = flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
    } while (problem == EINTR);
    return problem;
}

static synrl_status give_up(struct core *core, const char *path, int descriptor, const char *what) {
    const synrl_status status = file_fail(core, path, what);
    close(descriptor);
    return status;
}

/* Opens the file, which may be there; `existed` says whether it was. */
static int open_output(const char *path, bool *existed) {
    const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    const int made = open(path, flags | O_CREAT | O_EXCL, 0666);
    *existed = made < 0 && errno == EEXIST;
    return *existed ? open(path, flags) : made;
}

synrl_status cell_claim(struct core *core, const char *path, bool may_lock,
                        struct cell_claim *claim) {
    for (;;) {
        *claim = (struct cell_claim){.descriptor = -1};
        const int descriptor = open_output(path, &claim->was_started);
        if (descriptor < 0) {
            if (claim->was_started && errno == ENOENT) {
                continue; /* removed in between */
            }
            return file_fail(core, path, "write");
        }
        const int problem = may_lock ? lock(descriptor) : 0;
        if (problem == 0 && is_named(descriptor, path)) {
            claim->descriptor = descriptor;
            return ftruncate(descriptor, 0) == 0 ? SYNRL_OK
                                                 : give_up(core, path, descriptor, "write");
        }
        close(descriptor);
        if (problem != 0) {
            claim->state = problem == EWOULDBLOCK ? CLAIM_BUSY : CLAIM_UNSUPPORTED;
            return SYNRL_OK;
        }
    }
}
