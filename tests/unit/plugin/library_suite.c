/* SPDX-License-Identifier: MIT */
/* Libraries that are truncated, foreign or damaged are refused by name, and listing them never ends
 * the process. */
#include <elf.h>
#include <link.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/host.h"
#include "plugin/library_check.h"
#include "plugin/library_trial.h"
#include "plugin/registry.h"
#include "support/sanitizer.h"
#include "support/scratch.h"
#include "support/support.h"
#include "support/test.h"

static struct core *core;
static struct scratch scratch;
static char *bytes; /* of a plugin that is right */
static size_t size;

static void setup(void) {
    scratch_make(&scratch);
    core = core_create(&(struct core_options){.n_threads = 1, .plugin_path = scratch.folder});
    ck_assert_ptr_nonnull(core);
    bytes = scratch_read(BUILD_DIR "/plugins/rules/static.so", &size);
}

static void teardown(void) {
    free(bytes);
    core_destroy(core);
    scratch_remove(&scratch);
}

SUITE("library", .setup = setup, .teardown = teardown);

static const char *write_file(const char *name, const char *from, size_t n) {
    const char *path = scratch_path(&scratch, name);
    FILE *stream = fopen(path, "wb");
    ck_assert_ptr_nonnull(stream);
    ck_assert_uint_eq(fwrite(from, 1, n, stream), n);
    ck_assert_int_eq(fclose(stream), 0);
    return path;
}

static void refuse(const char *path, const char *why) {
    char line[600];
    snprintf(line, sizeof line, "%s: cannot be loaded: %s", path, why);
    test_failure(core, SYNRL_INVALID, library_check(core, path), line);
}

/* Checks --------------------------------------------------------------------------------------- */

TEST(a_whole_library_passes) {
    const char *path = write_file("whole.so", bytes, size);
    ck_assert_msg(library_check(core, path) == SYNRL_OK, "%s", core->message);
}

/* The table of sections ends the file, so every shorter one lacks something. */
TEST(every_truncation_is_refused) {
    for (size_t n = 0; n < size; n += n < 4096 ? 61 : 509) {
        refuse(write_file("cut.so", bytes, n),
               n < EI_NIDENT ? "not a shared object" : "the file is truncated");
    }
    refuse(write_file("cut.so", bytes, size - 1), "the file is truncated");
}

#define FIELD(name) offsetof(ElfW(Ehdr), name), sizeof((ElfW(Ehdr)){.e_version = 0}.name)

/* A field of the header, all of whose bits in `flipped` are others. */
static const struct {
    size_t at, n;
    uint64_t flipped;
    const char *why;
} foreign[] = {
    {0, 1, 0xff, "not a shared object"},
    {EI_CLASS, 1, ELFCLASS32 ^ ELFCLASS64, "not a shared object for this machine"},
    {EI_DATA, 1, ELFDATA2LSB ^ ELFDATA2MSB, "not a shared object for this machine"},
    {FIELD(e_machine), EM_X86_64 ^ EM_AARCH64, "built for ELF machine "},
    {FIELD(e_type), ET_DYN ^ ET_EXEC, "not a shared object"},
    {FIELD(e_type), ET_DYN ^ ET_REL, "not a shared object"},
    {FIELD(e_phentsize), 1, "its headers are damaged"},
    {FIELD(e_phnum), 0x8000, "its headers are damaged"},
    {FIELD(e_phoff), (uint64_t)1 << 40, "the file is truncated"},
    {FIELD(e_phoff), UINT64_MAX / 2, "the file is truncated"},
    {FIELD(e_shentsize), 2, "its headers are damaged"},
    {FIELD(e_shoff), (uint64_t)1 << 63, "the file is truncated"},
    {FIELD(e_shnum), 0x100, "the file is truncated"},
};

TEST_EACH(a_foreign_header_is_refused, COUNT_OF(foreign)) {
    uint64_t field = 0;
    memcpy(&field, bytes + foreign[_i].at, foreign[_i].n);
    field ^= foreign[_i].flipped;
    memcpy(bytes + foreign[_i].at, &field, foreign[_i].n);
    refuse(write_file("foreign.so", bytes, size), foreign[_i].why);
}

static ElfW(Phdr) * segment_of(uint32_t type) {
    const ElfW(Ehdr) *header = (const void *)bytes;
    ElfW(Phdr) *segment = (void *)(bytes + header->e_phoff);
    while (segment->p_type != type) {
        segment++;
    }
    return segment;
}

TEST(damaged_segments_are_refused) {
    static const char damaged[] = "its segments are damaged";
    ElfW(Phdr) *load = segment_of(PT_LOAD), *dynamic = segment_of(PT_DYNAMIC);
    const ElfW(Phdr) load_before = *load, dynamic_before = *dynamic;
    load->p_offset = size;
    refuse(write_file("s.so", bytes, size), "the file is truncated");
    *load = load_before;
    load->p_filesz = (size_t)-1;
    refuse(write_file("s.so", bytes, size), "the file is truncated");
    *load = load_before;
    load->p_memsz = load->p_filesz - 1;
    refuse(write_file("s.so", bytes, size), damaged);
    *load = load_before;
    load->p_vaddr = 1 << 24; /* after the next one */
    refuse(write_file("s.so", bytes, size), damaged);
    *load = load_before;
    dynamic->p_vaddr = 1 << 24;
    refuse(write_file("s.so", bytes, size), damaged);
    *dynamic = dynamic_before;
    dynamic->p_type = PT_NULL;
    refuse(write_file("s.so", bytes, size), damaged);
    *dynamic = dynamic_before;
    ck_assert_int_eq(library_check(core, write_file("s.so", bytes, size)), SYNRL_OK);
}

TEST(what_is_not_a_file_is_refused_at_once) {
    const char *path = scratch_path(&scratch, "fifo.so");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    refuse(path, "not a regular file");
    path = scratch_path(&scratch, "folder.so");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    refuse(path, "not a regular file");
    path = scratch_path(&scratch, "dangling.so");
    ck_assert_int_eq(symlink("nowhere", path), 0);
    refuse(path, "No such file or directory");
}

/* Trials --------------------------------------------------------------------------------------- */

static void behave(void *context, size_t i) {
    (void)context;
    switch (i) {
    case 1:
        raise(SIGSEGV);
        break;
    case 2:
        _exit(0);
    case 4:
        for (;;) {
            pause();
        }
    case 5:
        raise(SIGBUS);
        break;
    default:
        puts("it says something"); /* which nobody hears */
    }
}

TEST(a_trial_says_how_each_ended) {
    static const int right[] = {TRIAL_GOOD,     SIGSEGV, TRIAL_ENDED, TRIAL_GOOD,
                                TRIAL_TOO_LONG, SIGBUS,  TRIAL_GOOD};
    int outcomes[COUNT_OF(right)];
    library_trial(COUNT_OF(right), behave, NULL, PACED(200, 2000), outcomes);
    for (size_t i = 0; i < COUNT_OF(right); i++) {
        ck_assert_msg(outcomes[i] == right[i], "%zu: %d, not %d", i, outcomes[i], right[i]);
    }
}

/* Damage --------------------------------------------------------------------------------------- */

static uint64_t state = 1;

static size_t random_below(size_t n) { /* xorshift */
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state % n);
}

/* Bits, bytes of the headers, zeroes over a stretch, a dynamic table of chance. */
static void damage(char *copy, size_t kind) {
    const size_t at = random_below(size - 64);
    const size_t n_times = (size_t)1 << random_below(8);
    const ElfW(Phdr) *dynamic = segment_of(PT_DYNAMIC);
    for (size_t i = 0; i < n_times; i++) {
        const size_t where = kind == 0   ? random_below(size)
                             : kind == 1 ? random_below(1024)
                             : kind == 2 ? at + random_below(64)
                                         : dynamic->p_offset + random_below(dynamic->p_filesz);
        copy[where] = (char)(kind == 2 ? 0 : copy[where] ^ (1 << random_below(8)));
    }
}

TEST(listing_damaged_libraries_ends_nothing) {
    enum { N_DAMAGED = 160 };
    struct registry_entry *entries;
    size_t n, n_listed = 0, n_broken = 0;
    for (size_t i = 0; i < N_DAMAGED; i++) {
        char name[32];
        char *copy = malloc(size);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, bytes, size);
        damage(copy, i % 4);
        snprintf(name, sizeof name, "damaged_%zu.so", i);
        write_file(name, copy, size);
        free(copy);
    }
    ck_assert_msg(registry_list(core, &entries, &n) == SYNRL_OK, "%s", core->message);
    for (size_t i = 0; i < n; i++) {
        if (strncmp(entries[i].file, scratch.folder, strlen(scratch.folder)) == 0) {
            n_listed++;
            n_broken += entries[i].problem != NULL;
            ck_assert(entries[i].problem == NULL ||
                      strncmp(entries[i].problem, entries[i].file, strlen(entries[i].file)) == 0);
        } else { /* those of the program */
            ck_assert_msg(entries[i].problem == NULL, "%s", entries[i].problem);
        }
    }
    ck_assert_uint_eq(n_listed, N_DAMAGED);
    ck_assert_uint_eq(n_broken, N_DAMAGED); /* for none bears its file's name */
    registry_list_free(core, entries, n);
}
