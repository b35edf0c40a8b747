/* SPDX-License-Identifier: MIT */
/* Temporary folders: made under TMPDIR or /tmp, removed with all that is in them. */
#include "support/scratch.h"

#include <check.h>
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void scratch_make(struct scratch *scratch) {
    const char *parent = getenv("TMPDIR");
    scratch->n_paths = 0;
    snprintf(scratch->folder, sizeof scratch->folder, "%s/synrl-test-XXXXXX",
             parent != NULL ? parent : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(scratch->folder));
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void scratch_remove(struct scratch *scratch) {
    ck_assert_int_eq(nftw(scratch->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

const char *scratch_path(struct scratch *scratch, const char *name) {
    char *path = scratch->paths[scratch->n_paths++ % 4];
    char joined[sizeof scratch->paths[0]];
    const int length = snprintf(joined, sizeof joined, "%s/%s", scratch->folder, name);
    ck_assert_int_lt(length, (int)sizeof joined);
    return memcpy(path, joined, sizeof joined);
}

const char *scratch_file(struct scratch *scratch, const char *name, const char *text) {
    const char *path = scratch_path(scratch, name);
    FILE *stream = fopen(path, "w");
    ck_assert_ptr_nonnull(stream);
    ck_assert_int_ge(fputs(text, stream), 0);
    ck_assert_int_eq(fclose(stream), 0);
    return path;
}

char *scratch_read(const char *path, size_t *size) {
    struct stat status;
    FILE *stream = fopen(path, "r");
    ck_assert_msg(stream != NULL, "%s cannot be opened", path);
    ck_assert_int_eq(fstat(fileno(stream), &status), 0);
    const size_t n = (size_t)status.st_size;
    char *bytes = malloc(n + 1);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(fread(bytes, 1, n, stream), n);
    bytes[n] = '\0';
    fclose(stream);
    if (size != NULL) {
        *size = n;
    }
    return bytes;
}

size_t scratch_count(const char *folder) {
    DIR *entries = opendir(folder);
    ck_assert_ptr_nonnull(entries);
    size_t n = 0;
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        n += entry->d_name[0] != '.' || (entry->d_name[1] != '\0' && entry->d_name[1] != '.');
    }
    closedir(entries);
    return n;
}

bool scratch_has_numpy(void) {
    if (system("/usr/bin/python3 -c 'import numpy' 2>/dev/null") == 0) {
        return true;
    }
    fprintf(stderr, "skipped: what is compared with NumPy, since python3-numpy is not installed\n");
    return false;
}

bool scratch_has_proc(const char *skipped) {
    if (access("/proc/self/stat", R_OK) == 0) {
        return true;
    }
    fprintf(stderr, "skipped: %s, since there is no /proc\n", skipped);
    return false;
}
