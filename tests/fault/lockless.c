/* SPDX-License-Identifier: MIT */
/* To be preloaded: a file system without locks, as some network file systems are mounted. Every
 * request for a lock is answered with ENOLCK. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/file.h>

typedef int control(int file, int command, ...);

static int answer(const char *name, int file, int command, void *argument) {
    if (command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK ||
        command == F_OFD_SETLKW) {
        errno = ENOLCK;
        return -1;
    }
    control *real;
    *(void **)&real = dlsym(RTLD_NEXT, name);
    return real(file, command, argument);
}

int fcntl(int file, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return answer("fcntl", file, command, argument);
}

int fcntl64(int file, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return answer("fcntl64", file, command, argument);
}

int flock(int file, int how) {
    (void)file;
    (void)how;
    errno = ENOLCK;
    return -1;
}
