/* SPDX-License-Identifier: MIT */
/* Plugins from a text. Invariant: what has its final name in the cache was compiled completely; it
 * is made in a folder beside it and renamed, so two processes that compile the same do not see each
 * other's files, and the second one's are thrown away. */
#include "plugin/compile.h"

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

#include <xxhash.h>

#include "base/count.h"
#include "base/file.h"
#include "base/spawn.h"
#include "base/stamp.h"
#include "plugin/compile_messages.h"
#include "plugin/library_check.h"
#include "plugin/search_path.h"

static const char *const flags[] = {"-std=c11",
                                    "-O2",
                                    "-ffp-contract=off",
                                    "-fPIC",
                                    "-shared",
                                    "-fvisibility=hidden",
                                    "-Wall",
                                    "-Werror=implicit-function-declaration",
                                    "-Wl,-z,defs"};

struct compiling {
    struct core *core;
    const struct compile_source *source;
    char include[PATH_MAX];  /* the folder of synrl/rule.h */
    char compiler[PATH_MAX]; /* its file */
    char cache[PATH_MAX];
    char entry[PATH_MAX];   /* CACHE/HASH */
    char staging[PATH_MAX]; /* CACHE/.new-XXXXXX; "": none */
};

/* Joins two names; false where the result would be too long. */
static bool join(char path[PATH_MAX], const char *folder, const char *name) {
    return snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX;
}

/* The parts ------------------------------------------------------------------------------------ */

/* As everything else, the headers are found by where this code lies: below the prefix of an
 * installed tree, or in the source tree that a build folder is in. */
synrl_status compile_headers(struct core *core, char include[PATH_MAX]) {
    static const char *const places[] = {
        "../include",
        "../../../include", /* bin/synrl, lib/lua/5.4/synrl.so */
        "../core/include",
        "../../core/include", /* build/synrl, build/lua/synrl.so */
        "../../../core/include",
        "../../../../core/include" /* build/clang/address/ */
    };
    char home[PATH_MAX], place[PATH_MAX], header[2 * PATH_MAX];
    const bool is_found = search_path_home(home);
    for (size_t i = 0; is_found && i < COUNT_OF(places); i++) {
        if (join(place, home, places[i]) &&
            snprintf(header, sizeof header, "%s/synrl/rule.h", place) > 0 &&
            access(header, R_OK) == 0 && realpath(place, include) != NULL) {
            return SYNRL_OK;
        }
    }
    snprintf(include, PATH_MAX, "%s", SYNRL_PREFIX "/include");
    return access(SYNRL_PREFIX "/include/synrl/rule.h", R_OK) == 0
               ? SYNRL_OK
               : core_fail(
                     core, SYNRL_IO,
                     "the headers synrl/*.h, which a plugin is compiled with, are neither beside "
                     "synrl nor in " SYNRL_PREFIX "/include");
}

/* The program that CC names, else cc, as execvp would find it. */
static synrl_status find_compiler(struct compiling *compiling) {
    const char *name = getenv("CC"), *path = getenv("PATH");
    name = name != NULL && name[0] != '\0' ? name : "cc";
    if (strchr(name, '/') != NULL) {
        snprintf(compiling->compiler, sizeof compiling->compiler, "%s", name);
        path = NULL;
        if (access(name, X_OK) == 0) {
            return SYNRL_OK;
        }
    }
    while (path != NULL && *path != '\0') {
        const int length = (int)strcspn(path, ":");
        if (length > 0 &&
            snprintf(compiling->compiler, sizeof compiling->compiler, "%.*s/%s", length, path,
                     name) < PATH_MAX &&
            access(compiling->compiler, X_OK) == 0) {
            return SYNRL_OK;
        }
        path += length + (path[length] == ':');
    }
    return core_fail(compiling->core, SYNRL_UNSUPPORTED,
                     "there is no C compiler \"%s\", which compiling it needs: install one, or "
                     "name yours in the variable CC",
                     name);
}

/* The hash ------------------------------------------------------------------------------------- */

static void add_text(XXH3_state_t *state, const char *text) {
    XXH3_128bits_update(state, text, strlen(text) + 1);
}

static int is_header(const struct dirent *item) {
    const size_t n = strlen(item->d_name);
    return n > 2 && strcmp(item->d_name + n - 2, ".h") == 0;
}

static synrl_status add_headers(struct compiling *compiling, XXH3_state_t *state) {
    enum { HEADER_LIMIT = 1 << 20 };
    char folder[PATH_MAX], file[PATH_MAX];
    struct dirent **items = NULL;
    const int n = join(folder, compiling->include, "synrl")
                      ? scandir(folder, &items, is_header, alphasort)
                      : -1;
    if (n < 0) {
        return file_fail(compiling->core, compiling->include, "list");
    }
    synrl_status status = SYNRL_OK;
    for (int i = 0; i < n; i++) {
        char *bytes;
        size_t size;
        if (status == SYNRL_OK && join(file, folder, items[i]->d_name)) {
            status = file_read(compiling->core, file, HEADER_LIMIT, &bytes, &size);
        }
        if (status == SYNRL_OK) {
            add_text(state, items[i]->d_name);
            XXH3_128bits_update(state, bytes, size);
            core_free(compiling->core, bytes);
        }
        free(items[i]);
    }
    free(items);
    return status;
}

/* A compiler that is installed anew is another file; asking it for its version would cost more than
 * all the rest. */
static void add_compiler(const struct compiling *compiling, XXH3_state_t *state) {
    char real[PATH_MAX];
    struct stamp stamp;
    stamp_take(compiling->compiler, &stamp);
    const uint64_t numbers[] = {SYNRL_ABI_MAJOR, SYNRL_ABI_MINOR, stamp.size,
                                (uint64_t)stamp.modified};
    XXH3_128bits_update(state, numbers, sizeof numbers);
    add_text(state, realpath(compiling->compiler, real) != NULL ? real : compiling->compiler);
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        add_text(state, flags[i]);
    }
}

static synrl_status name_entry(struct compiling *compiling) {
    XXH3_state_t *state = XXH3_createState();
    char name[40];
    if (state == NULL) {
        return core_fail(compiling->core, SYNRL_NO_MEMORY, "not enough memory for a hash");
    }
    XXH3_128bits_reset(state);
    add_text(state, compiling->source->id);
    add_text(state, compiling->source->text);
    add_compiler(compiling, state);
    const synrl_status status = add_headers(compiling, state);
    const XXH128_hash_t hash = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    snprintf(name, sizeof name, "%016" PRIx64 "%016" PRIx64, hash.high64, hash.low64);
    return status != SYNRL_OK || join(compiling->entry, compiling->cache, name)
               ? status
               : core_fail(compiling->core, SYNRL_INVALID, "%s: its path is too long",
                           compiling->cache);
}

/* The cache ------------------------------------------------------------------------------------ */

/* What this user alone can have put there: no link, and nobody else's to write. */
static synrl_status check_own(struct core *core, const char *path, mode_t type) {
    struct stat found;
    if (lstat(path, &found) != 0) {
        return file_fail(core, path, "use");
    }
    if ((found.st_mode & S_IFMT) != type) {
        return core_fail(core, SYNRL_INVALID, "%s: must be a %s of your own, for compiled plugins",
                         path, type == S_IFDIR ? "folder" : "file");
    }
    if (found.st_uid != geteuid() || (found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return core_fail(core, SYNRL_INVALID,
                         "%s: others can write it, so what was compiled there could be theirs: "
                         "remove it, or name another place in XDG_CACHE_HOME",
                         path);
    }
    return SYNRL_OK;
}

static synrl_status open_cache(struct compiling *compiling) {
    struct core *core = compiling->core;
    const char *named = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    const bool is_named = named != NULL && named[0] == '/'; /* others are to be ignored */
    if (!is_named && (home == NULL || home[0] != '/')) {
        return core_fail(core, SYNRL_IO,
                         "there is no place for what is compiled: neither XDG_CACHE_HOME nor HOME "
                         "names a folder");
    }
    if (snprintf(compiling->cache, sizeof compiling->cache, "%s%s/synrl", is_named ? named : home,
                 is_named ? "" : "/.cache") >= PATH_MAX) {
        return core_fail(core, SYNRL_INVALID, "%s: its path is too long", is_named ? named : home);
    }
    if (mkdir(compiling->cache, 0700) != 0 && errno != EEXIST) {
        char *slash = strrchr(compiling->cache, '/');
        *slash = '\0';
        const synrl_status status = folder_create(core, compiling->cache);
        *slash = '/';
        SYNRL_TRY(status);
        if (mkdir(compiling->cache, 0700) != 0 && errno != EEXIST) {
            return file_fail(core, compiling->cache, "make");
        }
    }
    return check_own(core, compiling->cache, S_IFDIR);
}

static void remove_folder(const char *path) {
    char file[2 * PATH_MAX];
    DIR *folder = opendir(path);
    const struct dirent *item;
    while (folder != NULL && (item = readdir(folder)) != NULL) {
        if (strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0) {
            snprintf(file, sizeof file, "%s/%s", path, item->d_name);
            unlink(file);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    rmdir(path);
}

static const char staging_name[] = ".new-XXXXXX";

/* What processes that died while they compiled have left. */
static void remove_old(const struct compiling *compiling) {
    enum { HOUR = 3600 };
    char path[2 * PATH_MAX];
    struct stat found;
    DIR *folder = opendir(compiling->cache);
    const struct dirent *item;
    while (folder != NULL && (item = readdir(folder)) != NULL) {
        snprintf(path, sizeof path, "%s/%s", compiling->cache, item->d_name);
        if (strncmp(item->d_name, staging_name, 5) == 0 && lstat(path, &found) == 0 &&
            S_ISDIR(found.st_mode) && time(NULL) - found.st_mtime > HOUR) {
            remove_folder(path);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
}

/* Compiling ------------------------------------------------------------------------------------ */

/* Runs the compiler in the language that its messages are read in. */
static synrl_status run_compiler(struct compiling *compiling, const char *file, const char *library,
                                 int messages, int *code) {
    enum { N_FLAGS = COUNT_OF(flags) };
    const char *words[N_FLAGS + 16] = {"env", "LC_ALL=C", compiling->compiler};
    pid_t process;
    size_t n = 3;
    for (size_t i = 0; i < N_FLAGS; i++) {
        words[n++] = flags[i];
    }
    const char *const rest[] = {"-I", compiling->include, "-o", library, file, "-lm"};
    for (size_t i = 0; i < COUNT_OF(rest); i++) {
        words[n++] = rest[i];
    }
    const struct spawn spawn = {
        .words = words, .input = SPAWN_NOTHING, .output = SPAWN_NOTHING, .error = messages};
    SYNRL_TRY(spawn_start(compiling->core, &spawn, &process));
    return spawn_wait(compiling->core, process, code);
}

/* Compiles into the staging folder; the messages of the compiler become the failure's. */
static synrl_status compile_staged(struct compiling *compiling, bool *has_place) {
    struct core *core = compiling->core;
    const struct compile_source *source = compiling->source;
    const char *text = source->with_lines != NULL ? source->with_lines : source->text;
    char file[2 * PATH_MAX], library[2 * PATH_MAX], messages[2 * PATH_MAX];
    int code = 0;
    snprintf(file, sizeof file, "%s/%s.c", compiling->staging, source->id);
    snprintf(library, sizeof library, "%s/%s.so", compiling->staging, source->id);
    snprintf(messages, sizeof messages, "%s/messages", compiling->staging);
    SYNRL_TRY(file_write(core, file, text, strlen(text)));
    const int descriptor = open(messages, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return file_fail(core, messages, "write");
    }
    const synrl_status status = run_compiler(compiling, file, library, descriptor, &code);
    close(descriptor);
    SYNRL_TRY(status);
    SYNRL_TRY(compile_messages(core, messages, code, has_place));
    unlink(messages);
    chmod(library, 0600); /* whatever the umask lets others do */
    FILE *stream = fopen(library, "rbe");
    return stream != NULL ? file_close(core, stream, library) : file_fail(core, library, "read");
}

static synrl_status make_entry(struct compiling *compiling, bool *has_place) {
    struct core *core = compiling->core;
    remove_old(compiling);
    if (!join(compiling->staging, compiling->cache, staging_name) ||
        mkdtemp(compiling->staging) == NULL) {
        const synrl_status status = file_fail(core, compiling->cache, "write to");
        compiling->staging[0] = '\0';
        return status;
    }
    synrl_status status = compile_staged(compiling, has_place);
    if (status == SYNRL_OK && rename(compiling->staging, compiling->entry) != 0 &&
        errno != EEXIST && errno != ENOTEMPTY) { /* else another process was first */
        status = file_fail(core, compiling->entry, "make");
    }
    remove_folder(compiling->staging); /* where it still is */
    return status;
}

/* Opening -------------------------------------------------------------------------------------- */

/* Whether the cache has it, intact. Damaged, after a power failure perhaps, it is thrown away. */
static synrl_status look_up(struct compiling *compiling, const char *file, bool *is_there) {
    struct core *core = compiling->core;
    *is_there = access(compiling->entry, F_OK) == 0;
    if (!*is_there) {
        return SYNRL_OK;
    }
    SYNRL_TRY(check_own(core, compiling->entry, S_IFDIR));
    if (access(file, F_OK) == 0) {
        SYNRL_TRY(check_own(core, file, S_IFREG));
    }
    *is_there = library_check(core, file) == SYNRL_OK;
    if (!*is_there) {
        remove_folder(compiling->entry);
    }
    return SYNRL_OK;
}

static synrl_status prepare(struct compiling *compiling) {
    SYNRL_TRY(compile_headers(compiling->core, compiling->include));
    SYNRL_TRY(find_compiler(compiling));
    SYNRL_TRY(open_cache(compiling));
    return name_entry(compiling);
}

static synrl_status find_or_make(struct compiling *compiling, char file[2 * PATH_MAX],
                                 bool *has_place) {
    bool is_there;
    SYNRL_TRY(prepare(compiling));
    snprintf(file, 2 * PATH_MAX, "%s/%s.so", compiling->entry, compiling->source->id);
    SYNRL_TRY(look_up(compiling, file, &is_there));
    if (is_there) {
        return SYNRL_OK;
    }
    if (!compiling->source->may_compile) {
        return core_fail(compiling->core, SYNRL_UNSUPPORTED,
                         "it was written in the script, and here it has not been compiled: "
                         "`synrl replay --compile` compiles what the record has of it, and runs "
                         "that");
    }
    SYNRL_TRY(make_entry(compiling, has_place));
    return check_own(compiling->core, file, S_IFREG);
}

synrl_status compile_plugin(struct core *core, const struct compile_source *source,
                            const struct plugin **plugin, bool *has_place) {
    char file[2 * PATH_MAX];
    *has_place = false;
    *plugin = registry_adopted(core, source->kind, source->id, source->text);
    if (*plugin != NULL) {
        return SYNRL_OK;
    }
    struct compiling *compiling = core_alloc(core, 1, sizeof *compiling);
    if (compiling == NULL) {
        return SYNRL_NO_MEMORY;
    }
    compiling->core = core;
    compiling->source = source;
    synrl_status status = find_or_make(compiling, file, has_place);
    core_free(core, compiling);
    if (status == SYNRL_OK) {
        status = registry_adopt(core, source->kind, file, source->text, plugin);
    }
    if (status != SYNRL_OK && !*has_place) {
        char who[96];
        snprintf(who, sizeof who, "%s \"%s\"", kind_name(source->kind), source->id);
        core_fail_in(core, status, who);
    }
    return status;
}
