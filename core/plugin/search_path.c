/* SPDX-License-Identifier: MIT */
/* The folders that plugins are looked for in. */
#include "plugin/search_path.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "base/process.h"

static bool same_folder(const char *a, const char *b) {
    char real_a[PATH_MAX], real_b[PATH_MAX];
    if (realpath(a, real_a) == NULL || realpath(b, real_b) == NULL) {
        return strcmp(a, b) == 0;
    }
    return strcmp(real_a, real_b) == 0;
}

/* A folder that is on the path already is not searched again. */
static bool add_folder(struct core *core, struct folder **folders, const char *path,
                       size_t length) {
    if (length == 0) {
        return true;
    }
    struct folder *folder = core_alloc(core, 1, sizeof *folder + length + 1);
    if (folder == NULL) {
        return false;
    }
    memcpy(folder->path, path, length);
    struct folder **end = folders;
    for (; *end != NULL; end = &(*end)->next) {
        if (same_folder((*end)->path, folder->path)) {
            core_free(core, folder);
            return true;
        }
    }
    *end = folder;
    return true;
}

static bool add_list(struct core *core, struct folder **folders, const char *list) {
    while (list != NULL && *list != '\0') {
        const size_t length = strcspn(list, ":");
        if (!add_folder(core, folders, list, length)) {
            return false;
        }
        list += length + (list[length] == ':');
    }
    return true;
}

/* The folder of the program or library that this code is part of, and which of the two it is. */
static bool find_home(char folder[PATH_MAX], bool *is_program) {
    static const char here = 0; /* any object of this code has an address in its file */
    Dl_info info;
    struct link_map *map = NULL;
    if (dladdr1(&here, &info, (void **)&map, RTLD_DL_LINKMAP) == 0) {
        return false;
    }
    *is_program = map->l_name[0] == '\0';
    if (*is_program ? !process_program(folder) : realpath(map->l_name, folder) == NULL) {
        return false;
    }
    *strrchr(folder, '/') = '\0';
    return true;
}

/* Where plugins lie, those of these folders that exist: as built, and as installed. No other
 * folder, in which something else may be called plugins. */
static bool add_beside(struct core *core, struct folder **folders) {
    static const char *const beside[][2] = {
        {"../plugins", "../../synrl/plugins"}, /* build/lua/synrl.so, lib/lua/5.4/synrl.so */
        {"plugins", "../lib/synrl/plugins"},   /* build/synrl, bin/synrl */
    };
    char folder[PATH_MAX], path[PATH_MAX + 32], real[PATH_MAX];
    bool is_program;
    for (size_t i = 0; find_home(folder, &is_program) && i < COUNT_OF(beside[0]); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, beside[is_program][i]);
        if (realpath(path, real) != NULL && !add_folder(core, folders, real, strlen(real))) {
            return false;
        }
    }
    return true;
}

bool search_path_create(struct core *core, const char *first, struct folder **folders) {
    static const char installed[] = SYNRL_PREFIX "/lib/synrl/plugins";
    *folders = NULL;
    return add_list(core, folders, first) && add_list(core, folders, getenv("SYNRL_PLUGIN_PATH")) &&
           add_beside(core, folders) && add_folder(core, folders, installed, strlen(installed));
}

void search_path_free(struct core *core, struct folder *folders) {
    while (folders != NULL) {
        struct folder *folder = folders;
        folders = folder->next;
        core_free(core, folder);
    }
}

bool search_path_home(char folder[PATH_MAX]) {
    bool is_program;
    return find_home(folder, &is_program);
}
