/* SPDX-License-Identifier: MIT */
/* What the dynamic loader takes on trust: that a library is of this machine, and that its file
 * holds the segments and sections that its headers promise. Everything is read, not mapped: the
 * file may shrink meanwhile. */
#include "plugin/library_check.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEGMENTS_MAX = 128 };

struct library_file {
    struct core *core;
    const char *path;
    int handle;
    uint64_t size;
    ElfW(Ehdr) header;
    ElfW(Phdr) segments[SEGMENTS_MAX];
};

static synrl_status refuse(const struct library_file *file, const char *what) {
    return core_fail(file->core, SYNRL_INVALID, "%s: cannot be loaded: %s", file->path, what);
}

static bool read_at(const struct library_file *file, void *bytes, size_t n, uint64_t at) {
    return at <= file->size && pread(file->handle, bytes, n, (off_t)at) == (ssize_t)n;
}

/* Whether the file has n bytes at this place. */
static bool has(const struct library_file *file, uint64_t at, uint64_t n) {
    return n <= file->size && at <= file->size - n;
}

/* Header --------------------------------------------------------------------------------------- */

/* The header of the object that this code is part of; NULL where it is not in memory. */
static const ElfW(Ehdr) * own_header(void) {
    static const char here = 0; /* any object of this code has an address in its file */
    Dl_info info;
    if (dladdr(&here, &info) == 0 || memcmp(info.dli_fbase, ELFMAG, SELFMAG) != 0) {
        return NULL;
    }
    return info.dli_fbase;
}

static synrl_status check_header(struct library_file *file) {
    ElfW(Ehdr) *header = &file->header;
    const ElfW(Ehdr) *own = own_header();
    if (!read_at(file, header->e_ident, EI_NIDENT, 0) ||
        memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) {
        return refuse(file, "not a shared object");
    }
    if (own != NULL && (header->e_ident[EI_CLASS] != own->e_ident[EI_CLASS] ||
                        header->e_ident[EI_DATA] != own->e_ident[EI_DATA])) {
        return refuse(file, "not a shared object for this machine");
    }
    if (!read_at(file, header, sizeof *header, 0)) {
        return refuse(file, "the file is truncated or damaged");
    }
    if (own != NULL && header->e_machine != own->e_machine) {
        return core_fail(file->core, SYNRL_INVALID,
                         "%s: cannot be loaded: built for ELF machine %d: must be %d, this one's",
                         file->path, header->e_machine, own->e_machine);
    }
    return header->e_type == ET_DYN ? SYNRL_OK : refuse(file, "not a shared object");
}

/* Segments ------------------------------------------------------------------------------------- */

static bool is_loaded(const ElfW(Phdr) * segment) {
    return segment->p_type == PT_LOAD;
}

/* In memory the parts to load follow each other, and none is smaller than in the file. */
static bool in_order(const struct library_file *file) {
    uint64_t end = 0;
    for (size_t i = 0; i < file->header.e_phnum; i++) {
        const ElfW(Phdr) *segment = &file->segments[i];
        if (!is_loaded(segment)) {
            continue;
        }
        if (segment->p_vaddr < end || segment->p_memsz < segment->p_filesz ||
            segment->p_vaddr > UINTPTR_MAX / 2 || segment->p_memsz > UINTPTR_MAX / 2) {
            return false;
        }
        end = segment->p_vaddr + segment->p_memsz;
    }
    return end > 0;
}

/* Whether what this segment describes is among what is loaded, which the loader then reads. The
 * last page of a loaded part is there as a whole. */
static bool is_within_loaded(const struct library_file *file, const ElfW(Phdr) * segment) {
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    for (size_t i = 0; i < file->header.e_phnum; i++) {
        const ElfW(Phdr) *loaded = &file->segments[i];
        const uint64_t end = (loaded->p_vaddr + loaded->p_memsz + page - 1) / page * page;
        if (is_loaded(loaded) && segment->p_vaddr >= loaded->p_vaddr && segment->p_vaddr <= end &&
            segment->p_filesz <= end - segment->p_vaddr) {
            return true;
        }
    }
    return false;
}

static synrl_status check_segments(struct library_file *file) {
    const ElfW(Ehdr) *header = &file->header;
    size_t n_dynamic = 0;
    if (header->e_phentsize != sizeof(ElfW(Phdr)) || header->e_phnum > SEGMENTS_MAX) {
        return refuse(file, "its headers are damaged");
    }
    if (!read_at(file, file->segments, header->e_phnum * sizeof *file->segments, header->e_phoff)) {
        return refuse(file, "the file is truncated or damaged");
    }
    for (size_t i = 0; i < header->e_phnum; i++) {
        if (!has(file, file->segments[i].p_offset, file->segments[i].p_filesz)) {
            return refuse(file, "the file is truncated or damaged");
        }
    }
    bool is_sound = in_order(file);
    for (size_t i = 0; is_sound && i < header->e_phnum; i++) {
        const ElfW(Phdr) *segment = &file->segments[i];
        n_dynamic += segment->p_type == PT_DYNAMIC;
        is_sound = segment->p_filesz == 0 || is_within_loaded(file, segment);
    }
    return is_sound && n_dynamic == 1 ? SYNRL_OK : refuse(file, "its segments are damaged");
}

/* Sections ------------------------------------------------------------------------------------- */

/* The loader does not use them, but they lie at the end of the file: a file that has lost one has
 * been cut off. It may have none. */
static synrl_status check_sections(const struct library_file *file) {
    const ElfW(Ehdr) *header = &file->header;
    if (header->e_shoff == 0) {
        return SYNRL_OK;
    }
    if (header->e_shentsize != sizeof(ElfW(Shdr))) {
        return refuse(file, "its headers are damaged");
    }
    for (size_t i = 0; i < header->e_shnum; i++) {
        ElfW(Shdr) section;
        if (!read_at(file, &section, sizeof section, header->e_shoff + i * sizeof section) ||
            (section.sh_type != SHT_NULL && section.sh_type != SHT_NOBITS &&
             !has(file, section.sh_offset, section.sh_size))) {
            return refuse(file, "the file is truncated or damaged");
        }
    }
    return SYNRL_OK;
}

static synrl_status check_open(struct library_file *file) {
    struct stat found;
    if (fstat(file->handle, &found) != 0 || !S_ISREG(found.st_mode)) {
        return refuse(file, "not a regular file");
    }
    file->size = (uint64_t)found.st_size;
    SYNRL_TRY(check_header(file));
    SYNRL_TRY(check_segments(file));
    return check_sections(file);
}

synrl_status library_check(struct core *core, const char *path) {
    struct library_file file = {
        .core = core, .path = path, .handle = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (file.handle < 0) {
        return refuse(&file, strerror(errno));
    }
    const synrl_status status = check_open(&file);
    close(file.handle);
    return status;
}
