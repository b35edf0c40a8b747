/* SPDX-License-Identifier: MIT */
/* A library to preload: it lets one call of a program fail, as a full or broken disk or a lack of
 * memory would. Calls are numbered from 1 as they come, over all processes of the program.
 *
 *   FAULT_PROGRAM  the program's short name; all other programs are left alone
 *   FAULT_STATE    a file of at least 8 bytes: how many calls there were; shared by the processes
 *   FAULT_WHAT     `files`: calls that read, write, open, name, lock or map files; `memory`:
 *                  allocations
 *   FAULT_AT       the number of the call that fails; 0: none
 *   FAULT_ERROR    the errno of the failure as a number; 0: half of what was asked for is done
 *   FAULT_ALWAYS   1: every later call that needs the same (room, or memory) fails too
 *   FAULT_LOG      a file that gets a line "NAME PATH" for each failure, and with FAULT_AT=0 for
 *                  each call on a file
 *
 * The streams of the C library write by themselves, not by write(); so fopen() is replaced by one
 * that opens streams over functions of this file. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
/* The library's own function of this name. */
#define REAL(name) (__extension__(__typeof__(&name)) dlsym(RTLD_NEXT, #name))

static struct {
    atomic_ullong *count; /* NULL: this program is left alone */
    unsigned long long at;
    int error, log;
    bool is_memory, is_always;
} fault = {.log = -1};

static unsigned long long number_of(const char *name) {
    const char *text = getenv(name);
    return text != NULL ? strtoull(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void) {
    const char *program = getenv("FAULT_PROGRAM"), *state = getenv("FAULT_STATE");
    const char *what = getenv("FAULT_WHAT"), *log = getenv("FAULT_LOG");
    if (program == NULL || state == NULL || strcmp(program, program_invocation_short_name) != 0) {
        return;
    }
    const int file = (int)syscall(SYS_openat, AT_FDCWD, state, O_RDWR | O_CLOEXEC, 0);
    void *shared = (void *)syscall(SYS_mmap, NULL, sizeof *fault.count, PROT_READ | PROT_WRITE,
                                   MAP_SHARED, file, 0);
    if (file < 0 || shared == MAP_FAILED) {
        abort();
    }
    syscall(SYS_close, file);
    if (log != NULL) {
        fault.log = (int)syscall(SYS_openat, AT_FDCWD, log,
                                 O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    }
    fault.at = number_of("FAULT_AT");
    fault.error = (int)number_of("FAULT_ERROR");
    fault.is_always = number_of("FAULT_ALWAYS") > 0;
    fault.is_memory = what != NULL && strcmp(what, "memory") == 0;
    fault.count = shared;
}

static void note(const char *name, const char *path) {
    char line[512];
    const int length = snprintf(line, sizeof line, "%s %s\n", name, path);
    if (fault.log >= 0 && length > 0) {
        syscall(SYS_write, fault.log, line, (size_t)length < sizeof line ? (size_t)length : 0);
    }
}

/* Counts a call; whether it is to fail. needs_room: as only a full disk would refuse. */
static bool is_chosen(bool needs_room) {
    const unsigned long long number = atomic_fetch_add(fault.count, 1) + 1;
    return fault.at > 0 &&
           (number == fault.at || (fault.is_always && needs_room && number > fault.at));
}

/* Memory --------------------------------------------------------------------------------------- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

/* While a library is opened, its constructors and the loader allocate, and some end the process
 * where they cannot. */
static _Thread_local int is_opening;

EXPORT void *dlopen(const char *path, int flags) {
    is_opening++;
    void *library = REAL(dlopen)(path, flags);
    is_opening--;
    return library;
}

static bool lacks_memory(void) {
    if (fault.count == NULL || !fault.is_memory || is_opening > 0 || !is_chosen(true)) {
        return false;
    }
    note("allocate", "memory");
    errno = ENOMEM;
    return true;
}

EXPORT void *malloc(size_t size) {
    return lacks_memory() ? NULL : __libc_malloc(size);
}

EXPORT void *calloc(size_t n, size_t size) {
    return lacks_memory() ? NULL : __libc_calloc(n, size);
}

EXPORT void *realloc(void *old, size_t size) {
    return size > 0 && lacks_memory() ? NULL : __libc_realloc(old, size);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size) {
    return lacks_memory() ? NULL : __libc_memalign(alignment, size);
}

EXPORT int posix_memalign(void **memory, size_t alignment, size_t size) {
    void *made = lacks_memory() ? NULL : __libc_memalign(alignment, size);
    if (made == NULL) {
        return ENOMEM;
    }
    *memory = made;
    return 0;
}

/* Files ---------------------------------------------------------------------------------------- */

/* What the system and its libraries keep is nobody's data. */
static bool is_of_the_system(const char *path) {
    static const char *const folders[] = {"/proc/", "/sys/", "/dev/", "/etc/", "/usr/", "/lib"};
    static const char in_memory[] = "/dev/shm/"; /* where tests have their files */
    if (strncmp(path, in_memory, sizeof in_memory - 1) == 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (strncmp(path, folders[i], strlen(folders[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether this call fails; errno says of what. A failure of 0 is left to the caller. */
static bool fails(const char *name, const char *path, bool needs_room) {
    if (fault.count == NULL || fault.is_memory || is_of_the_system(path)) {
        return false;
    }
    const bool is_failing = is_chosen(needs_room);
    if (is_failing || fault.at == 0) {
        note(name, path);
    }
    if (is_failing) {
        errno = fault.error;
    }
    return is_failing;
}

/* Of a descriptor: terminals, pipes and sockets are left alone. */
static bool fails_at(const char *name, int file, bool needs_room) {
    char link[64], path[512];
    struct stat status;
    if (fault.count == NULL || fault.is_memory || fstat(file, &status) != 0 ||
        !(S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))) {
        return false;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    return fails(name, path, needs_room);
}

/* The rest of a call that fails, or does half of what it should where the error is 0. */
#define HALF_OR_FAIL(half) (fault.error == 0 ? (half) : -1)
#define HALF_OF(n) ((n) > 1 ? (n) / 2 : (n))

EXPORT ssize_t write(int file, const void *bytes, size_t n) {
    return fails_at("write", file, true) ? HALF_OR_FAIL(syscall(SYS_write, file, bytes, HALF_OF(n)))
                                         : syscall(SYS_write, file, bytes, n);
}

EXPORT ssize_t pwrite64(int file, const void *bytes, size_t n, off64_t at) {
    return fails_at("pwrite", file, true)
               ? HALF_OR_FAIL(syscall(SYS_pwrite64, file, bytes, HALF_OF(n), at))
               : syscall(SYS_pwrite64, file, bytes, n, at);
}

EXPORT ssize_t read(int file, void *bytes, size_t n) {
    return fails_at("read", file, false) ? HALF_OR_FAIL(syscall(SYS_read, file, bytes, HALF_OF(n)))
                                         : syscall(SYS_read, file, bytes, n);
}

EXPORT ssize_t pread64(int file, void *bytes, size_t n, off64_t at) {
    return fails_at("pread", file, false)
               ? HALF_OR_FAIL(syscall(SYS_pread64, file, bytes, HALF_OF(n), at))
               : syscall(SYS_pread64, file, bytes, n, at);
}

EXPORT ssize_t pread(int file, void *bytes, size_t n, off_t at) {
    return pread64(file, bytes, n, at);
}

/* A call that cannot do half: with an error of 0 it is done. */
#define FAIL_OR(is_failing, call) ((is_failing) && fault.error != 0 ? -1 : (call))

EXPORT int fsync(int file) {
    return FAIL_OR(fails_at("fsync", file, true), (int)syscall(SYS_fsync, file));
}

EXPORT int fdatasync(int file) {
    return FAIL_OR(fails_at("fdatasync", file, true), (int)syscall(SYS_fdatasync, file));
}

EXPORT int ftruncate64(int file, off64_t size) {
    return FAIL_OR(fails_at("ftruncate", file, true), (int)syscall(SYS_ftruncate, file, size));
}

EXPORT int ftruncate(int file, off_t size) {
    return ftruncate64(file, size);
}

EXPORT int truncate(const char *path, off_t size) {
    return FAIL_OR(fails("truncate", path, true), (int)syscall(SYS_truncate, path, size));
}

EXPORT int flock(int file, int how) {
    return FAIL_OR(how != LOCK_UN && fails_at("flock", file, false),
                   (int)syscall(SYS_flock, file, how));
}

EXPORT int rename(const char *from, const char *to) {
    return FAIL_OR(fails("rename", to, true),
                   (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

EXPORT int mkdir(const char *path, mode_t mode) {
    return FAIL_OR(fails("mkdir", path, true), (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}

EXPORT int unlink(const char *path) {
    return FAIL_OR(fails("unlink", path, false), (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

EXPORT DIR *opendir(const char *path) {
    return fails("opendir", path, false) && fault.error != 0 ? NULL : REAL(opendir)(path);
}

EXPORT int scandir(const char *path, struct dirent ***entries, int (*choose)(const struct dirent *),
                   int (*compare)(const struct dirent **, const struct dirent **)) {
    return FAIL_OR(fails("scandir", path, false), REAL(scandir)(path, entries, choose, compare));
}

static int open_at(int folder, const char *path, int flags, mode_t mode) {
    return FAIL_OR(fails("open", path, (flags & O_CREAT) != 0),
                   (int)syscall(SYS_openat, folder, path, flags, mode));
}

static mode_t mode_of(int flags, va_list arguments) {
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

EXPORT int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_at(AT_FDCWD, path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_at(AT_FDCWD, path, flags, mode);
}

EXPORT int openat(int folder, const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_at(folder, path, flags, mode);
}

/* Only those that lock: SQLite's. */
EXPORT int fcntl64(int file, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    const bool locks = command == F_SETLK && ((struct flock *)argument)->l_type != F_UNLCK;
    return FAIL_OR(locks && fails_at("fcntl", file, false),
                   (int)syscall(SYS_fcntl, file, command, argument));
}

EXPORT void *mmap64(void *where, size_t size, int access, int flags, int file, off64_t at) {
    return file >= 0 && fails_at("mmap", file, false) && fault.error != 0
               ? MAP_FAILED
               : (void *)syscall(SYS_mmap, where, size, access, flags, file, at);
}

EXPORT void *mmap(void *where, size_t size, int access, int flags, int file, off_t at) {
    return mmap64(where, size, access, flags, file, at);
}

/* Streams -------------------------------------------------------------------------------------- */

enum { STREAMS_MOST = 64 };
struct stream {
    FILE *stream; /* NULL: free */
    int file;
};
static struct stream streams[STREAMS_MOST];

static int file_of(const void *cookie) {
    return ((const struct stream *)cookie)->file;
}

static ssize_t stream_read(void *cookie, char *bytes, size_t n) {
    return read(file_of(cookie), bytes, n);
}

/* Until all is written, as the C library does. */
static ssize_t stream_write(void *cookie, const char *bytes, size_t n) {
    for (size_t done = 0; done < n;) {
        const ssize_t written = write(file_of(cookie), bytes + done, n - done);
        if (written < 0) {
            return 0;
        }
        done += (size_t)written;
    }
    return (ssize_t)n;
}

static int stream_seek(void *cookie, off64_t *at, int from) {
    *at = lseek64(file_of(cookie), *at, from);
    return *at < 0 ? -1 : 0;
}

static int stream_close(void *cookie) {
    ((struct stream *)cookie)->stream = NULL;
    if (file_of(cookie) < 0) {
        return 0;
    }
    const bool is_failing = fails_at("close", file_of(cookie), true);
    const int closed = (int)syscall(SYS_close, file_of(cookie));
    errno = is_failing && fault.error != 0 ? fault.error : errno;
    return is_failing && fault.error != 0 ? -1 : closed;
}

static int flags_of(const char *mode) {
    const bool is_both = strchr(mode, '+') != NULL;
    const int access = is_both ? O_RDWR : mode[0] == 'r' ? O_RDONLY : O_WRONLY;
    return access | O_CLOEXEC |
           (mode[0] == 'w'   ? O_CREAT | O_TRUNC
            : mode[0] == 'a' ? O_CREAT | O_APPEND
                             : 0);
}

EXPORT FILE *fopen(const char *path, const char *mode) {
    const cookie_io_functions_t functions = {stream_read, stream_write, stream_seek, stream_close};
    int i = 0;
    while (i < STREAMS_MOST && streams[i].stream != NULL) {
        i++;
    }
    if (fault.count == NULL || is_of_the_system(path) || i == STREAMS_MOST) {
        return REAL(fopen)(path, mode);
    }
    /* Memory first: a file must not be made by a call that then fails. */
    FILE *stream = fopencookie(&streams[i], mode, functions);
    if (stream == NULL) {
        return NULL;
    }
    streams[i].file = open_at(AT_FDCWD, path, flags_of(mode), 0666);
    if (streams[i].file < 0) {
        const int error = errno;
        fclose(stream);
        errno = error;
        return NULL;
    }
    streams[i].stream = stream;
    return stream;
}

EXPORT FILE *fopen64(const char *path, const char *mode) {
    return fopen(path, mode);
}

EXPORT int fileno(FILE *stream) {
    for (int i = 0; i < STREAMS_MOST; i++) {
        if (streams[i].stream == stream) {
            return streams[i].file;
        }
    }
    return REAL(fileno)(stream);
}
