/* SPDX-License-Identifier: MIT */
/* Reading and writing files. Invariant: a path given to draft_begin is at any moment either the old
 * file or the complete new one. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lock.h"
#include "base/ranks.h"

struct draft {
    struct core *core;
    FILE *stream;
    char *path;
    bool is_shared;   /* of all ranks together */
    char *draft_path; /* exists on the disk while this is not NULL; NULL: written in place */
};

synrl_status file_fail(struct core *core, const char *path, const char *what) {
    const int reason = errno;
    return core_fail(core, reason == ENOMEM ? SYNRL_NO_MEMORY : SYNRL_IO, "%s: cannot %s it: %s",
                     path, what, strerror(reason));
}

/* Reading -------------------------------------------------------------------------------------- */

/* Checked before anything is read: the size of a folder or a device is meaningless. */
static synrl_status check_size(struct core *core, FILE *stream, const char *path, size_t limit,
                               size_t *size) {
    struct stat status;
    if (fstat(fileno(stream), &status) != 0) {
        return file_fail(core, path, "read");
    }
    if (!S_ISREG(status.st_mode)) {
        return core_fail(core, SYNRL_IO, "%s: must be a file", path);
    }
    if ((uintmax_t)status.st_size > limit) {
        return core_fail(core, SYNRL_INVALID, "%s: has %jd bytes: must be at most %zu", path,
                         (intmax_t)status.st_size, limit);
    }
    *size = (size_t)status.st_size;
    return SYNRL_OK;
}

static synrl_status read_stream(struct core *core, FILE *stream, const char *path, size_t limit,
                                char **bytes, size_t *size) {
    SYNRL_TRY(check_size(core, stream, path, limit, size));
    char *read = core_alloc(core, *size + 1, 1);
    if (read == NULL) {
        return SYNRL_NO_MEMORY;
    }
    if (fread(read, 1, *size, stream) != *size) {
        core_free(core, read);
        return ferror(stream) ? file_fail(core, path, "read")
                              : core_fail(core, SYNRL_IO, "%s: shrank while it was read", path);
    }
    *bytes = read;
    return SYNRL_OK;
}

/* Without waiting for whoever might write into a FIFO of that name. */
static FILE *open_to_read(const char *path, int flags) {
    const int opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);
    FILE *stream = opened >= 0 ? fdopen(opened, "rb") : NULL;
    if (opened >= 0 && stream == NULL) {
        close(opened);
    }
    return stream;
}

static synrl_status read_file(struct core *core, const char *path, int flags, size_t limit,
                              char **bytes, size_t *size) {
    *bytes = NULL;
    FILE *stream = open_to_read(path, flags);
    if (stream == NULL && errno == ELOOP && (flags & O_NOFOLLOW) != 0) {
        return core_fail(core, SYNRL_IO, "%s: is a link: must be a file", path);
    }
    if (stream == NULL) {
        return file_fail(core, path, "open");
    }
    const synrl_status status = read_stream(core, stream, path, limit, bytes, size);
    fclose(stream);
    return status;
}

synrl_status file_open_no_link(struct core *core, const char *path, FILE **stream) {
    size_t size;
    *stream = open_to_read(path, O_NOFOLLOW);
    if (*stream == NULL) {
        return errno == ELOOP ? core_fail(core, SYNRL_IO, "%s: is a link: must be a file", path)
                              : file_fail(core, path, "open");
    }
    const synrl_status status = check_size(core, *stream, path, SIZE_MAX, &size);
    if (status != SYNRL_OK) {
        fclose(*stream);
        *stream = NULL;
    }
    return status;
}

synrl_status file_read(struct core *core, const char *path, size_t limit, char **bytes,
                       size_t *size) {
    return read_file(core, path, 0, limit, bytes, size);
}

synrl_status file_read_no_link(struct core *core, const char *path, size_t limit, char **bytes,
                               size_t *size) {
    return read_file(core, path, O_NOFOLLOW, limit, bytes, size);
}

/* Writing -------------------------------------------------------------------------------------- */

/* Ends a draft of all ranks alike. */
static synrl_status agree(const struct draft *draft, synrl_status status) {
    return draft->is_shared ? ranks_agree(draft->core, status) : status;
}

static void draft_free(struct draft *draft) {
    if (draft->stream != NULL) {
        fclose(draft->stream);
    }
    if (draft->draft_path != NULL) {
        unlink(draft->draft_path);
    }
    core_free(draft->core, draft->draft_path);
    core_free(draft->core, draft->path);
    core_free(draft->core, draft);
}

#define DRAFT ".draft-"
enum { DRAFTS_MAX = 1000 };

bool draft_is_name(const char *name, size_t *length, long *process) {
    static const char digits[] = "0123456789";
    const char *found = strstr(name, DRAFT);
    if (found == NULL || found == name) {
        return false;
    }
    const char *id = found + strlen(DRAFT), *end = id + strspn(id, digits);
    *length = (size_t)(found - name);
    *process = strtol(id, NULL, 10);
    return end > id && (*end == '\0' || (*end == '-' && end[1 + strspn(end + 1, digits)] == '\0'));
}

/* Another container may have a process of the same id, and a dead one may have left its draft. */
static synrl_status open_draft(struct draft *draft, const char *path) {
    struct core *core = draft->core;
    draft->path = core_strdup(core, path);
    if (draft->path == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (int i = 0; draft->stream == NULL && i < DRAFTS_MAX; i++) {
        char *draft_path = core_printf(core, "%s" DRAFT "%ld-%d", path, (long)getpid(), i);
        if (draft_path == NULL) {
            return SYNRL_NO_MEMORY;
        }
        draft->stream = fopen(draft_path, "wbex");
        if (draft->stream != NULL) {
            draft->draft_path = draft_path;
            lock_take(fileno(draft->stream)); /* for those who look for what the dead have left */
            return SYNRL_OK;
        }
        core_free(core, draft_path);
        if (errno != EEXIST) {
            break;
        }
    }
    return file_fail(core, path, "write");
}

/* A stream to where the program's own output goes, if that is what the path leads to, as
 * /dev/stdout does: opened anew, a file would be written from its beginning. */
static int open_own(const struct stat *target) {
    struct stat own;
    for (int stream = STDOUT_FILENO; stream <= STDERR_FILENO; stream++) {
        if (fstat(stream, &own) == 0 && own.st_dev == target->st_dev &&
            own.st_ino == target->st_ino) {
            return fcntl(stream, F_DUPFD_CLOEXEC, 0);
        }
    }
    errno = 0;
    return -1;
}

/* Opens a device, a FIFO, or what a dangling link is to lead to. */
static synrl_status open_in_place(struct draft *draft, const char *path) {
    struct stat target;
    draft->path = core_strdup(draft->core, path);
    if (draft->path == NULL) {
        return SYNRL_NO_MEMORY;
    }
    errno = 0;
    int opened = stat(path, &target) == 0 ? open_own(&target) : -1;
    if (opened < 0 && (errno == 0 || errno == ENOENT)) {
        opened = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
    }
    draft->stream = opened >= 0 ? fdopen(opened, "wb") : NULL;
    if (draft->stream == NULL) {
        const synrl_status status = file_fail(draft->core, path, "write");
        if (opened >= 0) {
            close(opened);
        }
        return status;
    }
    return SYNRL_OK;
}

static synrl_status open_output(struct draft *draft, const char *path) {
    struct stat itself, target;
    char resolved[PATH_MAX];
    if (lstat(path, &itself) != 0 || S_ISREG(itself.st_mode) || S_ISDIR(itself.st_mode)) {
        return open_draft(draft, path);
    }
    const bool is_own = stat(path, &target) == 0 && S_ISREG(target.st_mode);
    int own = is_own ? open_own(&target) : -1;
    if (own >= 0) {
        close(own);
    }
    return is_own && own < 0 && realpath(path, resolved) != NULL ? open_draft(draft, resolved)
                                                                 : open_in_place(draft, path);
}

static synrl_status begin(struct core *core, const char *path,
                          synrl_status (*open_it)(struct draft *draft, const char *path),
                          struct draft **draft) {
    *draft = NULL;
    struct draft *made = core_alloc(core, 1, sizeof *made);
    if (made == NULL) {
        return SYNRL_NO_MEMORY;
    }
    made->core = core;
    const synrl_status status = open_it(made, path);
    if (status != SYNRL_OK) {
        draft_free(made);
        return status;
    }
    *draft = made;
    return SYNRL_OK;
}

synrl_status draft_begin(struct core *core, const char *path, struct draft **draft) {
    return begin(core, path, open_draft, draft);
}

/* Rank 0 writes the file; what others have for it leads nowhere. */
synrl_status draft_begin_output(struct core *core, const char *path, struct draft **draft) {
    const bool is_shared = ranks_several(core), is_first = ranks_is_first(core);
    synrl_status status =
        begin(core, is_first || !is_shared ? path : "/dev/null", open_output, draft);
    if (!is_shared) {
        return status;
    }
    const synrl_status agreed = ranks_agree(core, status);
    if (agreed == SYNRL_OK) {
        (*draft)->is_shared = true;
    } else if (status == SYNRL_OK) {
        draft_free(*draft);
        *draft = NULL;
    }
    return agreed;
}

FILE *draft_stream(struct draft *draft) {
    return draft->stream;
}

synrl_status file_sync(struct core *core, FILE *stream, const char *path) {
    return fflush(stream) == 0 && !ferror(stream) && (fsync(fileno(stream)) == 0 || errno == EINVAL)
               ? SYNRL_OK
               : file_fail(core, path, "write");
}

synrl_status file_close(struct core *core, FILE *stream, const char *path) {
    const synrl_status status = file_sync(core, stream, path);
    return fclose(stream) != 0 && status == SYNRL_OK ? file_fail(core, path, "write") : status;
}

void folder_sync(const char *path) {
    const int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        fsync(folder);
        close(folder);
    }
}

/* Brings the new name to the disk too. Truncates the path to its folder. */
static void sync_parent(char *path) {
    char *slash = strrchr(path, '/');
    if (slash != NULL) {
        slash[1] = '\0';
    }
    folder_sync(slash != NULL ? path : ".");
}

/* Frees all but the draft itself. */
static synrl_status commit(struct draft *draft) {
    struct core *core = draft->core;
    FILE *stream = draft->stream;
    draft->stream = NULL;
    SYNRL_TRY(file_close(core, stream, draft->path));
    if (draft->draft_path == NULL) {
        return SYNRL_OK;
    }
    if (rename(draft->draft_path, draft->path) != 0) {
        return file_fail(core, draft->path, "write");
    }
    sync_parent(draft->path);
    core_free(core, draft->draft_path);
    draft->draft_path = NULL;
    return SYNRL_OK;
}

synrl_status draft_commit(struct draft *draft) {
    const synrl_status status = agree(draft, commit(draft));
    draft_free(draft);
    return status;
}

void draft_abandon(struct draft *draft) {
    if (draft != NULL) {
        agree(draft, SYNRL_IO);
        draft_free(draft);
    }
}

static synrl_status write_draft(struct draft *draft, const char *path, const void *bytes,
                                size_t size) {
    struct core *core = draft->core;
    if (fwrite(bytes, 1, size, draft->stream) != size) {
        const synrl_status status = file_fail(core, path, "write");
        draft_abandon(draft);
        return status;
    }
    return draft_commit(draft);
}

synrl_status file_write(struct core *core, const char *path, const void *bytes, size_t size) {
    struct draft *draft;
    SYNRL_TRY(draft_begin(core, path, &draft));
    return write_draft(draft, path, bytes, size);
}

synrl_status file_output(struct core *core, const char *path, const void *bytes, size_t size) {
    struct draft *draft;
    SYNRL_TRY(draft_begin_output(core, path, &draft));
    return write_draft(draft, path, bytes, size);
}

/* Folders -------------------------------------------------------------------------------------- */

synrl_status folder_create(struct core *core, const char *path) {
    char *part = core_strdup(core, path);
    if (part == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(part, 0777); /* a failure is noticed below */
        *slash = '/';
    }
    core_free(core, part);
    struct stat status;
    if (mkdir(path, 0777) != 0 && (errno != EEXIST || stat(path, &status) != 0)) {
        return core_fail(core, SYNRL_IO, "%s: cannot make the folder: %s", path, strerror(errno));
    }
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) {
        return core_fail(core, SYNRL_IO, "%s: must be a folder", path);
    }
    return SYNRL_OK;
}
