/* SPDX-License-Identifier: MIT */
/* Stamps of files. A folder's is made from those of the files in it, in any order: the sum of a
 * hash of each. */
#include "base/stamp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The state of a running hash on the stack. */
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#include "base/json_build.h"

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

/* What each file of a folder is told to; name: from the folder. */
typedef synrl_status (*told)(void *context, const char *name, const struct stat *status);

struct walk {
    told file;
    void *context;
    size_t n_threads; /* more than 1: context is a stamp, to which several threads add */
};

/* Names of files of one folder, each with its 0: so many that threads are worth their start. */
struct batch {
    int folder;
    const char *prefix;
    size_t n, size;
    char names[32768];
};

/* A thread's share of a batch: every so many-th file, from `first`. */
struct share {
    const struct batch *batch;
    size_t first, step;
    struct stamp stamp;
};

struct listed {
    char *name; /* from the folder */
    struct stat status;
};

struct listing {
    struct core *core;
    struct listed *files;
    size_t n, capacity;
};

static synrl_status add_file(void *context, const char *name, const struct stat *status) {
    struct listing *listing = context;
    struct listed *files = core_grow(listing->core, listing->files, listing->n, &listing->capacity,
                                     sizeof *listing->files);
    if (files == NULL) {
        return SYNRL_NO_MEMORY;
    }
    listing->files = files;
    files[listing->n] = (struct listed){core_strdup(listing->core, name), *status};
    return files[listing->n++].name != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
}

static synrl_status walk_folder(const struct walk *walk, int folder, const char *prefix, int depth);

static synrl_status walk_entry(const struct walk *walk, int folder, const char *prefix,
                               const char *name, int depth) {
    struct stat status;
    char path[1024];
    const int length = snprintf(path, sizeof path, "%s%s", prefix, name);
    if (name[0] == '.' || length < 0 || (size_t)length + 1 >= sizeof path ||
        fstatat(folder, name, &status, 0) != 0) {
        return SYNRL_OK;
    }
    if (S_ISREG(status.st_mode)) {
        return walk->file(walk->context, path, &status);
    }
    if (!S_ISDIR(status.st_mode) || depth == DEPTH_MAX) {
        return SYNRL_OK;
    }
    const int below = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    strcat(path, "/");
    return below >= 0 ? walk_folder(walk, below, path, depth + 1) : SYNRL_OK;
}

static void add_times(struct stamp *stamp, uint64_t size, int64_t modified, int64_t changed) {
    stamp->size += size;
    stamp->modified = modified > stamp->modified ? modified : stamp->modified;
    stamp->changed = changed > stamp->changed ? changed : stamp->changed;
}

static synrl_status add_to_stamp(void *context, const char *name, const struct stat *status) {
    struct stamp *stamp = context;
    const int64_t words[] = {(int64_t)status->st_size, nanoseconds(status->st_mtim),
                             nanoseconds(status->st_ctim), (int64_t)status->st_ino};
    stamp->listing += XXH3_64bits_withSeed(name, strlen(name), XXH3_64bits(words, sizeof words));
    stamp->n_files++;
    add_times(stamp, (uint64_t)words[0], words[1], words[2]);
    return SYNRL_OK;
}

static void *look_at_share(void *context) {
    struct share *share = context;
    const struct batch *batch = share->batch;
    const char *name = batch->names;
    char path[1024];
    struct stat status;
    for (size_t i = 0; i < batch->n; i++) {
        if (i % share->step == share->first && fstatat(batch->folder, name, &status, 0) == 0 &&
            S_ISREG(status.st_mode) &&
            (size_t)snprintf(path, sizeof path, "%s%s", batch->prefix, name) + 1 < sizeof path) {
            add_to_stamp(&share->stamp, path, &status);
        }
        name += strlen(name) + 1;
    }
    return NULL;
}

/* Looks at the files of a batch, by several threads, which take no signals. What a thread that
 * cannot be started would do, this one does. */
static void flush(struct batch *batch, const struct walk *walk) {
    enum { THREADS_MAX = 4, FEW = 256 };
    struct share shares[THREADS_MAX];
    pthread_t threads[THREADS_MAX];
    bool is_started[THREADS_MAX] = {false};
    struct stamp *stamp = walk->context;
    sigset_t all, before;
    const size_t most = walk->n_threads < THREADS_MAX ? walk->n_threads : THREADS_MAX;
    const size_t n = batch->n < FEW ? 1 : most;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (size_t t = 0; t < n; t++) {
        shares[t] = (struct share){.batch = batch, .first = t, .step = n};
        is_started[t] = t > 0 && pthread_create(&threads[t], NULL, look_at_share, &shares[t]) == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    for (size_t t = 0; t < n; t++) {
        if (!is_started[t]) {
            look_at_share(&shares[t]);
        } else {
            pthread_join(threads[t], NULL);
        }
        stamp->listing += shares[t].stamp.listing;
        stamp->n_files += shares[t].stamp.n_files;
        add_times(stamp, shares[t].stamp.size, shares[t].stamp.modified, shares[t].stamp.changed);
    }
    batch->n = batch->size = 0;
}

static void add_name(struct batch *batch, const char *name, const struct walk *walk) {
    const size_t size = strlen(name) + 1;
    if (size > sizeof batch->names - batch->size) {
        flush(batch, walk);
    }
    memcpy(batch->names + batch->size, name, size);
    batch->size += size;
    batch->n++;
}

/* Takes over the descriptor. */
static synrl_status walk_folder(const struct walk *walk, int folder, const char *prefix,
                                int depth) {
    DIR *stream = fdopendir(folder);
    struct batch batch = {.folder = folder, .prefix = prefix};
    synrl_status status = SYNRL_OK;
    if (stream == NULL) {
        const bool lacks_memory = errno == ENOMEM;
        close(folder);
        return lacks_memory ? SYNRL_NO_MEMORY : SYNRL_OK;
    }
    for (const struct dirent *entry; status == SYNRL_OK && (entry = readdir(stream)) != NULL;) {
        if (walk->n_threads > 1 && entry->d_type == DT_REG && entry->d_name[0] != '.') {
            add_name(&batch, entry->d_name, walk);
        } else {
            status = walk_entry(walk, folder, prefix, entry->d_name, depth);
        }
    }
    if (batch.n > 0) {
        flush(&batch, walk);
    }
    closedir(stream);
    return status;
}

static synrl_status walk_path(const char *path, const struct walk *walk) {
    const int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder >= 0 ? walk_folder(walk, folder, "", 0) : SYNRL_OK;
}

static int compare_names(const void *left, const void *right) {
    return strcmp(((const struct listed *)left)->name, ((const struct listed *)right)->name);
}

static synrl_status list_sorted(struct core *core, const char *path, struct listing *listing) {
    *listing = (struct listing){.core = core};
    const struct walk walk = {.file = add_file, .context = listing};
    const synrl_status status = walk_path(path, &walk);
    if (status != SYNRL_OK) {
        return core_fail(core, status, "%s: not enough memory to list it", path);
    }
    if (listing->n > 0) {
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

/* Stamps --------------------------------------------------------------------------------------- */

void stamp_take(const char *path, struct stamp *stamp) {
    struct stat status;
    const int64_t taken = now();
    *stamp = (struct stamp){.exists = stat(path, &status) == 0};
    stamp->is_folder = stamp->exists && S_ISDIR(status.st_mode);
    bool is_whole = true;
    if (stamp->is_folder) {
        const long n_cpus = sysconf(_SC_NPROCESSORS_ONLN);
        const struct walk walk = {add_to_stamp, stamp, n_cpus > 1 ? (size_t)n_cpus : 1};
        is_whole = walk_path(path, &walk) == SYNRL_OK;
    } else if (stamp->exists) {
        add_times(stamp, (uint64_t)status.st_size, nanoseconds(status.st_mtim),
                  nanoseconds(status.st_ctim));
    }
    stamp->inode = stamp->exists ? (uint64_t)status.st_ino : 0;
    const int64_t wait = stamp->is_folder ? listing_settles_after : settles_after;
    stamp->is_settled = is_whole && taken - stamp->changed > wait;
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

bool stamp_lacks_hash(const struct stamp *stamp) {
    return stamp->exists && !stamp->has_hash && stamp->size > 0 &&
           stamp->n_files <= HASHED_FILES_MAX;
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
    if (stamp->is_folder) {
        json = json_with(json, "files", json_integer((json_int_t)stamp->n_files));
        json = json_with(json, "listing", hash_json(true, stamp->listing));
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
