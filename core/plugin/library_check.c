/* SPDX-License-Identifier: MIT */
/* What the dynamic loader takes on trust: that a library's file holds the segments it promises. */
#include "plugin/library_check.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static synrl_status refuse(struct core *core, const char *file, const char *what) {
    return core_fail(core, SYNRL_INVALID, "%s: cannot be loaded: %s", file, what);
}

static bool read_at(int handle, void *bytes, size_t n, uint64_t at) {
    return pread(handle, bytes, n, (off_t)at) == (ssize_t)n;
}

/* Whether segment number i lies within the file's `size` bytes. */
static bool has_segment(int handle, const ElfW(Ehdr) * header, size_t i, uint64_t size) {
    ElfW(Phdr) segment;
    return read_at(handle, &segment, sizeof segment, header->e_phoff + i * sizeof segment) &&
           (segment.p_type != PT_LOAD ||
            (segment.p_filesz <= size && segment.p_offset <= size - segment.p_filesz));
}

static synrl_status check_open(struct core *core, const char *file, int handle) {
    struct stat found;
    ElfW(Ehdr) header;
    if (fstat(handle, &found) != 0 || !S_ISREG(found.st_mode)) {
        return refuse(core, file, "not a regular file");
    }
    if (!read_at(handle, &header, sizeof header, 0) ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
        return refuse(core, file, "not a shared object");
    }
    if (header.e_phentsize != sizeof(ElfW(Phdr)) || header.e_phoff > (uint64_t)found.st_size) {
        return refuse(core, file, "not a shared object for this machine");
    }
    for (size_t i = 0; i < header.e_phnum; i++) {
        if (!has_segment(handle, &header, i, (uint64_t)found.st_size)) {
            return refuse(core, file, "the file is truncated");
        }
    }
    return SYNRL_OK;
}

synrl_status library_check(struct core *core, const char *file) {
    const int handle = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (handle < 0) {
        return refuse(core, file, strerror(errno));
    }
    const synrl_status status = check_open(core, file, handle);
    close(handle);
    return status;
}
