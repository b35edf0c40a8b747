/* SPDX-License-Identifier: MIT */
/* Opening files whose paths a user gives, for the loaders. To be included after a feature macro for
 * POSIX.1-2008. */
#ifndef OPEN_H
#define OPEN_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_EXPECTED "it must be a file, not a FIFO, a socket or a device"

/* Opens a file for reading, or returns -1 and why not. Does not wait for the writer of a FIFO, nor
 * read from a device, both of which may never end. */
static inline int file_open_fd(const char *path, const char **why) {
    struct stat info;
    const int opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    const bool is_known = opened >= 0 && fstat(opened, &info) == 0;
    *why = !is_known                                          ? strerror(errno)
           : !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode) ? FILE_EXPECTED
                                                              : NULL;
    if (*why != NULL && opened >= 0) {
        close(opened);
    }
    return *why == NULL ? opened : -1; /* reading a folder fails, and says so */
}

static inline FILE *file_open(const char *path, const char **why) {
    const int opened = file_open_fd(path, why);
    FILE *file = opened >= 0 ? fdopen(opened, "rb") : NULL;
    if (opened >= 0 && file == NULL) {
        *why = strerror(errno);
        close(opened);
    }
    return file;
}

#endif
