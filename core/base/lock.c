/* SPDX-License-Identifier: MIT */
/* Whoever looks holds a shared lock for a moment, so whoever takes one tries more than once. */
#include "base/lock.h"

#include <errno.h>
#include <sys/file.h>
#include <time.h>

enum { TRIES = 50, PAUSE_NS = 10000000 };

static enum file_lock try(int file, int how) {
    if (flock(file, how | LOCK_NB) == 0) {
        return FILE_FREE;
    }
    return errno == EWOULDBLOCK || errno == EINTR ? FILE_HELD : FILE_LOCKLESS;
}

enum file_lock lock_take(int file) {
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    enum file_lock lock = try(file, LOCK_EX);
    for (int i = 1; lock == FILE_HELD && i < TRIES; i++) {
        nanosleep(&pause, NULL);
        lock = try(file, LOCK_EX);
    }
    return lock;
}

enum file_lock lock_look(int file) {
    const enum file_lock lock = try(file, LOCK_SH);
    if (lock == FILE_FREE) {
        flock(file, LOCK_UN);
    }
    return lock;
}
