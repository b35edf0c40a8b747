/* SPDX-License-Identifier: MIT */
/* Stamps of files. A folder's is made from those of the files in it, sorted by name. */
#include "base/stamp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The state of a running hash on the stack. */
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

enum { DEPTH_MAX = 16, HASHED_FILES_MAX = 1000, BLOCK = 1 << 16 };

/* Clocks of file systems tick: two changes within one tick have the same time. */
static const int64_t settles_after = 2000000000, listing_settles_after = 100000000;

static int64_t nanoseconds(struct timespec time) {
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return nanoseconds(time);
}

/* Folders -------------------------------------------------------------------------------------- */

struct listed {
    char *name; /* from the folder */
    struct stat status;
};

struct listing {
    struct core *core;
    struct listed *files;
    size_t n, capacity;
};

static synrl_status add_file(struct listing *listing, const char *name, const struct stat *status) {
    struct listed *files = core_grow(listing->core, listing->files, listing->n, &listing->capacity,
                                     sizeof *listing->files);
    if (files == NULL) {
        return SYNRL_NO_MEMORY;
    }
    listing->files = files;
    files[listing->n] = (struct listed){core_strdup(listing->core, name), *status};
    return files[listing->n++].name != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
}

static synrl_status list_folder(struct listing *listing, int folder, const char *prefix, int depth);

static synrl_status list_entry(struct listing *listing, int folder, const char *prefix,
                               const char *name, int depth) {
    struct stat status;
    char path[1024];
    const int length = snprintf(path, sizeof path, "%s%s", prefix, name);
    if (name[0] == '.' || length < 0 || (size_t)length + 1 >= sizeof path ||
        fstatat(folder, name, &status, 0) != 0) {
        return SYNRL_OK;
    }
    if (S_ISREG(status.st_mode)) {
        return add_file(listing, path, &status);
    }
    if (!S_ISDIR(status.st_mode) || depth == DEPTH_MAX) {
        return SYNRL_OK;
    }
    const int below = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    strcat(path, "/");
    return below >= 0 ? list_folder(listing, below, path, depth + 1) : SYNRL_OK;
}

/* Takes over the descriptor. */
static synrl_status list_folder(struct listing *listing, int folder, const char *prefix,
                                int depth) {
    DIR *stream = fdopendir(folder);
    synrl_status status = SYNRL_OK;
    if (stream == NULL) {
        close(folder);
        return SYNRL_OK;
    }
    for (const struct dirent *entry; status == SYNRL_OK && (entry = readdir(stream)) != NULL;) {
        status = list_entry(listing, folder, prefix, entry->d_name, depth);
    }
    closedir(stream);
    return status;
}

static int compare_names(const void *left, const void *right) {
    return strcmp(((const struct listed *)left)->name, ((const struct listed *)right)->name);
}

static synrl_status list_sorted(struct core *core, const char *path, struct listing *listing) {
    *listing = (struct listing){.core = core};
    const int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const synrl_status status = folder >= 0 ? list_folder(listing, folder, "", 0) : SYNRL_OK;
    if (status == SYNRL_OK && listing->n > 0) {
        qsort(listing->files, listing->n, sizeof *listing->files, compare_names);
    }
    return status;
}

static void free_listing(struct listing *listing) {
    for (size_t i = 0; i < listing->n; i++) {
        core_free(listing->core, listing->files[i].name);
    }
    core_free(listing->core, listing->files);
}

static void add_times(struct stamp *stamp, const struct stat *status) {
    const int64_t modified = nanoseconds(status->st_mtim), changed = nanoseconds(status->st_ctim);
    stamp->size += (uint64_t)status->st_size;
    stamp->modified = modified > stamp->modified ? modified : stamp->modified;
    stamp->changed = changed > stamp->changed ? changed : stamp->changed;
}

static synrl_status take_folder(struct core *core, const char *path, struct stamp *stamp) {
    struct listing listing;
    XXH3_state_t state;
    XXH3_64bits_reset(&state);
    const synrl_status status = list_sorted(core, path, &listing);
    stamp->n_files = listing.n;
    for (size_t i = 0; status == SYNRL_OK && i < listing.n; i++) {
        const struct stat *found = &listing.files[i].status;
        const int64_t words[] = {(int64_t)found->st_size, nanoseconds(found->st_mtim),
                                 nanoseconds(found->st_ctim), (int64_t)found->st_ino};
        XXH3_64bits_update(&state, listing.files[i].name, strlen(listing.files[i].name) + 1);
        XXH3_64bits_update(&state, words, sizeof words);
        add_times(stamp, found);
    }
    stamp->listing = XXH3_64bits_digest(&state);
    free_listing(&listing);
    return status;
}

/* Stamps --------------------------------------------------------------------------------------- */

synrl_status stamp_take(struct core *core, const char *path, struct stamp *stamp) {
    struct stat status;
    const int64_t taken = now();
    *stamp = (struct stamp){.exists = stat(path, &status) == 0};
    stamp->is_folder = stamp->exists && S_ISDIR(status.st_mode);
    if (stamp->is_folder) {
        SYNRL_TRY(take_folder(core, path, stamp));
    } else if (stamp->exists) {
        add_times(stamp, &status);
    }
    stamp->inode = stamp->exists ? (uint64_t)status.st_ino : 0;
    stamp->is_settled =
        taken - stamp->changed > (stamp->is_folder ? listing_settles_after : settles_after);
    return SYNRL_OK;
}

/* Whether the whole file was read. */
static bool hash_file(const char *path, XXH3_state_t *state) {
    char block[BLOCK];
    struct stat status;
    ssize_t n = -1;
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode)) {
        while ((n = read(file, block, sizeof block)) > 0 || (n < 0 && errno == EINTR)) {
            XXH3_64bits_update(state, block, n > 0 ? (size_t)n : 0);
        }
    }
    if (file >= 0) {
        close(file);
    }
    return n == 0;
}

static synrl_status hash_folder(struct core *core, const char *path, struct stamp *stamp,
                                XXH3_state_t *state) {
    struct listing listing;
    synrl_status status = list_sorted(core, path, &listing);
    stamp->has_hash = status == SYNRL_OK;
    for (size_t i = 0; status == SYNRL_OK && i < listing.n; i++) {
        const char *name = listing.files[i].name;
        const uint64_t size = (uint64_t)listing.files[i].status.st_size;
        char *file = core_printf(core, "%s/%s", path, name);
        XXH3_64bits_update(state, name, strlen(name) + 1);
        XXH3_64bits_update(state, &size, sizeof size);
        status = file != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
        stamp->has_hash = stamp->has_hash && file != NULL && hash_file(file, state);
        core_free(core, file);
    }
    free_listing(&listing);
    return status;
}

synrl_status stamp_hash(struct core *core, const char *path, struct stamp *stamp) {
    XXH3_state_t state;
    synrl_status status = SYNRL_OK;
    XXH3_64bits_reset(&state);
    if (stamp->exists && !stamp->is_folder) {
        stamp->has_hash = hash_file(path, &state);
    } else if (stamp->exists && stamp->n_files <= HASHED_FILES_MAX) {
        status = hash_folder(core, path, stamp, &state);
    }
    stamp->hash = stamp->has_hash ? XXH3_64bits_digest(&state) : 0;
    return status;
}

bool stamp_is_untouched(const struct stamp *earlier, const struct stamp *now_) {
    return earlier->exists && now_->exists && earlier->is_settled &&
           earlier->is_folder == now_->is_folder && earlier->size == now_->size &&
           earlier->n_files == now_->n_files && earlier->modified == now_->modified &&
           earlier->changed == now_->changed && earlier->inode == now_->inode &&
           earlier->listing == now_->listing;
}

/* JSON ----------------------------------------------------------------------------------------- */

static json_t *hash_json(bool is_known, uint64_t hash) {
    char text[17];
    snprintf(text, sizeof text, "%016" PRIx64, hash);
    return is_known ? json_string(text) : json_null();
}

json_t *stamp_json(const struct stamp *stamp) {
    if (!stamp->exists) {
        return json_object();
    }
    json_t *json = json_pack(
        "{s:I, s:I, s:o, s:I, s:o}", "size", (json_int_t)stamp->size, "modified",
        (json_int_t)stamp->modified, "changed",
        stamp->is_settled ? json_integer((json_int_t)stamp->changed) : json_null(), "inode",
        (json_int_t)stamp->inode, "xxh3", hash_json(stamp->has_hash, stamp->hash));
    if (json != NULL && stamp->is_folder) {
        json_object_set_new(json, "files", json_integer((json_int_t)stamp->n_files));
        json_object_set_new(json, "listing", hash_json(true, stamp->listing));
    }
    return json;
}

static bool read_hash(const json_t *json, const char *key, uint64_t *hash) {
    const char *text = json_string_value(json_object_get(json, key));
    char *end = NULL;
    *hash = text != NULL ? strtoull(text, &end, 16) : 0;
    return text != NULL && strlen(text) == 16 && *end == '\0';
}

static json_int_t integer_of(const json_t *json, const char *key) {
    return json_integer_value(json_object_get(json, key));
}

void stamp_from_json(const json_t *json, struct stamp *stamp) {
    *stamp = (struct stamp){.exists = json_is_integer(json_object_get(json, "size")),
                            .is_folder = json_object_get(json, "listing") != NULL,
                            .size = (uint64_t)integer_of(json, "size"),
                            .n_files = (uint64_t)integer_of(json, "files"),
                            .modified = integer_of(json, "modified"),
                            .changed = integer_of(json, "changed"),
                            .inode = (uint64_t)integer_of(json, "inode"),
                            .is_settled = json_is_integer(json_object_get(json, "changed"))};
    stamp->has_hash = read_hash(json, "xxh3", &stamp->hash);
    read_hash(json, "listing", &stamp->listing);
}
