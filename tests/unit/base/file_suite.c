/* SPDX-License-Identifier: MIT */
/* Files: whole or not at all, whatever goes wrong in between. */
#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/host.h"
#include "support/scratch.h"
#include "support/support.h"
#include "support/test.h"

static struct core *core;
static struct scratch scratch;

static void setup(void) {
    core = core_create(&(struct core_options){.n_threads = 1});
    ck_assert_ptr_nonnull(core);
    scratch_make(&scratch);
}

static void teardown(void) {
    scratch_remove(&scratch);
    core_destroy(core);
}

SUITE("file", .setup = setup, .teardown = teardown);

static void check_contents(const char *path, const char *expected) {
    char *bytes = scratch_read(path, NULL);
    ck_assert_str_eq(bytes, expected);
    free(bytes);
}

TEST(what_is_written_is_read) {
    static const char bytes[] = "a\0b\n";
    const char *path = scratch_path(&scratch, "file");
    char *read;
    size_t size;
    ck_assert_int_eq(file_write(core, path, bytes, sizeof bytes), SYNRL_OK);
    ck_assert_int_eq(file_read(core, path, sizeof bytes, &read, &size), SYNRL_OK);
    ck_assert_uint_eq(size, sizeof bytes);
    ck_assert_mem_eq(read, bytes, sizeof bytes);
    ck_assert_int_eq(read[size], 0);
    core_free(core, read);
    ck_assert_uint_eq(scratch_count(scratch.folder), 1);
}

TEST(reading_is_bounded_and_names_the_file) {
    const char *path = scratch_file(&scratch, "file", "12345");
    char expected[600], *read;
    size_t size;
    ck_assert_int_eq(file_read(core, path, 4, &read, &size), SYNRL_INVALID);
    snprintf(expected, sizeof expected, "%s: has 5 bytes: must be at most 4", path);
    ck_assert_str_eq(core->message, expected);
    ck_assert_ptr_null(read);
    ck_assert_int_eq(file_read(core, scratch.folder, 100, &read, &size), SYNRL_IO);
    snprintf(expected, sizeof expected, "%s: must be a file", scratch.folder);
    ck_assert_str_eq(core->message, expected);
    ck_assert_int_eq(file_read(core, "no/such/file", 100, &read, &size), SYNRL_IO);
    ck_assert_str_eq(core->message, "no/such/file: cannot open it: No such file or directory");
}

TEST(only_regular_files_are_read_and_at_once) {
    const char *fifo = scratch_path(&scratch, "fifo"), *link = scratch_path(&scratch, "link");
    char expected[600], *read;
    size_t size;
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    snprintf(expected, sizeof expected, "%s: must be a file", fifo);
    test_failure(core, SYNRL_IO, file_read(core, fifo, 100, &read, &size), expected);
    test_failure(core, SYNRL_IO, file_read(core, "/dev/zero", 100, &read, &size),
                 "/dev/zero: must be a file");
    scratch_file(&scratch, "file", "12345");
    ck_assert_int_eq(symlink("file", link), 0);
    ck_assert_int_eq(file_read(core, link, 100, &read, &size), SYNRL_OK);
    core_free(core, read);
    snprintf(expected, sizeof expected, "%s: is a link: must be a file", link);
    test_failure(core, SYNRL_IO, file_read_no_link(core, link, 100, &read, &size), expected);
    ck_assert_ptr_null(read);
    ck_assert_int_eq(file_read_no_link(core, scratch_path(&scratch, "file"), 100, &read, &size),
                     SYNRL_OK);
    ck_assert_str_eq(read, "12345");
    core_free(core, read);
}

/* Until the commit the old file stands; an abandoned draft leaves nothing. */
TEST(a_file_changes_all_at_once) {
    const char *path = scratch_file(&scratch, "file", "old");
    struct draft *draft;
    ck_assert_int_eq(draft_begin(core, path, &draft), SYNRL_OK);
    fputs("new", draft_stream(draft));
    fflush(draft_stream(draft));
    check_contents(path, "old");
    draft_abandon(draft);
    check_contents(path, "old");
    ck_assert_uint_eq(scratch_count(scratch.folder), 1);
    ck_assert_int_eq(draft_begin(core, path, &draft), SYNRL_OK);
    fputs("new", draft_stream(draft));
    ck_assert_int_eq(draft_commit(draft), SYNRL_OK);
    check_contents(path, "new");
    ck_assert_uint_eq(scratch_count(scratch.folder), 1);
}

TEST(a_write_that_fails_changes_nothing) {
    const char *path = scratch_file(&scratch, "file", "old");
    char expected[600];
    struct draft *draft;
    ck_assert_int_eq(draft_begin(core, path, &draft), SYNRL_OK);
    ck_assert_ptr_nonnull(freopen("/dev/full", "w", draft_stream(draft)));
    fputs("new", draft_stream(draft));
    ck_assert_int_eq(draft_commit(draft), SYNRL_IO);
    snprintf(expected, sizeof expected, "%s: cannot write it: No space left on device", path);
    ck_assert_str_eq(core->message, expected);
    check_contents(path, "old");
    ck_assert_uint_eq(scratch_count(scratch.folder), 1);
}

TEST(a_place_that_cannot_be_written_is_named) {
    const char *file = scratch_file(&scratch, "file", "");
    const char *below = scratch_path(&scratch, "file/below");
    char expected[600];
    ck_assert_int_eq(file_write(core, below, "", 0), SYNRL_IO);
    snprintf(expected, sizeof expected, "%s: cannot write it: Not a directory", below);
    ck_assert_str_eq(core->message, expected);
    ck_assert_int_eq(folder_create(core, below), SYNRL_IO);
    snprintf(expected, sizeof expected, "%s: cannot make the folder: Not a directory", below);
    ck_assert_str_eq(core->message, expected);
    ck_assert_int_eq(folder_create(core, file), SYNRL_IO);
    snprintf(expected, sizeof expected, "%s: must be a folder", file);
    ck_assert_str_eq(core->message, expected);
}

TEST(folders_are_made_with_those_above) {
    ck_assert_int_eq(folder_create(core, scratch_path(&scratch, "a/b/c")), SYNRL_OK);
    ck_assert_int_eq(access(scratch_path(&scratch, "a/b/c"), W_OK), 0);
    ck_assert_int_eq(folder_create(core, scratch_path(&scratch, "a/b/c")), SYNRL_OK);
    ck_assert_int_eq(folder_create(core, scratch_path(&scratch, "a/b/d/")), SYNRL_OK);
    ck_assert_uint_eq(scratch_count(scratch_path(&scratch, "a/b")), 2);
}

static synrl_status write_and_read(struct core *scarce) {
    const char *path = scratch_path(&scratch, "file");
    char *read;
    size_t size;
    SYNRL_TRY(folder_create(scarce, scratch.folder));
    SYNRL_TRY(file_write(scarce, path, "abc", 3));
    SYNRL_TRY(file_read(scarce, path, 3, &read, &size));
    core_free(scarce, read);
    return SYNRL_OK;
}

TEST(memory_that_runs_out_leaves_nothing) {
    test_short_memory(write_and_read);
    ck_assert_uint_eq(scratch_count(scratch.folder), 1);
}
