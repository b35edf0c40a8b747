/* SPDX-License-Identifier: MIT */
/* Reads what the dynamic loader keeps of a library: its segments, and the symbols it asks for. */
#include "plugin/library_use.h"

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/count.h"

static const struct link_map *map_of(void *handle) {
    struct link_map *map = NULL;
    return dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 ? map : NULL;
}

/* Segments ------------------------------------------------------------------------------------- */

struct search {
    uintptr_t base;
    struct library *found;
};

static int look_at(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    const struct search *search = context;
    if (info->dlpi_addr != search->base) {
        return 0;
    }
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        const uintptr_t first = search->base + segment->p_vaddr, end = first + segment->p_memsz;
        if (segment->p_type == PT_LOAD) {
            struct library *found = search->found;
            found->first = found->end == 0 || first < found->first ? first : found->first;
            found->end = end > found->end ? end : found->end;
        }
    }
    return 1;
}

void library_find(void *handle, struct library *library) {
    const struct link_map *map = map_of(handle);
    library->first = library->end = 0;
    if (map != NULL) {
        dl_iterate_phdr(look_at, &(struct search){map->l_addr, library});
    }
}

/* Symbols -------------------------------------------------------------------------------------- */

struct symbols {
    const ElfW(Sym) * table;
    const char *names;
    size_t n; /* of those that may be undefined */
};

/* The loader has made the addresses of most of these tables absolute; some machines leave them. */
static const void *address_in(const struct link_map *map, uintptr_t address) {
    return (const void *)(address < map->l_addr ? address + map->l_addr : address);
}

/* With a GNU hash table the symbols before its first are those that are not defined here. */
static struct symbols symbols_of(const struct link_map *map) {
    struct symbols symbols = {.n = 0};
    for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
        const void *address = address_in(map, entry->d_un.d_ptr);
        if (entry->d_tag == DT_SYMTAB) {
            symbols.table = address;
        } else if (entry->d_tag == DT_STRTAB) {
            symbols.names = address;
        } else if (entry->d_tag == DT_HASH || entry->d_tag == DT_GNU_HASH) {
            symbols.n = ((const uint32_t *)address)[1];
        }
    }
    return symbols;
}

/* Whether it asks for one of the words, which are separated by spaces; that one into name. */
static bool asks_for(const struct symbols *symbols, const char *words, char *name, size_t size) {
    for (size_t i = 1; i < symbols->n; i++) {
        if (symbols->table[i].st_shndx != SHN_UNDEF) {
            continue;
        }
        const char *wanted = symbols->names + symbols->table[i].st_name;
        for (const char *word = words; *word != '\0'; word += strspn(word, " ")) {
            const size_t length = strcspn(word, " ");
            if (strlen(wanted) == length && strncmp(word, wanted, length) == 0) {
                snprintf(name, size, "%s", wanted);
                return true;
            }
            word += length;
        }
    }
    return false;
}

static const struct {
    const char *words, *advice;
} misuses[] = {
    {"rand rand_r random drand48 erand48 lrand48 nrand48 mrand48 jrand48 srand srandom srand48",
     "its numbers are not those of the run's seed; draw from host->random"},
    {"time clock clock_gettime gettimeofday", "a run must not depend on the clock"},
    {"printf puts putchar vprintf __printf_chk __vprintf_chk",
     "it prints between what the program prints; use host->log"},
    {"exit _exit _Exit quick_exit", "a plugin returns a status, and the host ends the program"},
    {"pthread_create thrd_create fork", "work is shared out by host->parallel"},
};

void library_misuse(void *handle, char *text, size_t size) {
    static const char takes[] = "malloc calloc realloc strdup strndup aligned_alloc posix_memalign";
    const struct link_map *map = map_of(handle);
    char name[64];
    text[0] = '\0';
    if (map == NULL) {
        return;
    }
    const struct symbols symbols = symbols_of(map);
    if (symbols.table == NULL || symbols.names == NULL) {
        return;
    }
    for (size_t i = 0; i < COUNT_OF(misuses); i++) {
        if (asks_for(&symbols, misuses[i].words, name, sizeof name)) {
            snprintf(text, size, "uses %s(): %s", name, misuses[i].advice);
            return;
        }
    }
    if (asks_for(&symbols, takes, name, sizeof name) &&
        !asks_for(&symbols, "free realloc", name, sizeof name)) {
        snprintf(text, size, "uses %s() and never free(): what host->alloc gives, the host frees",
                 name);
    }
}
