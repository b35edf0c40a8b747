/* SPDX-License-Identifier: MIT */
/* Finds, opens and checks plugins. Invariant: a plugin in the list has passed every check, and
 * stays where it is until the registry is destroyed. */
#include "plugin/registry.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fenv.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/count.h"
#include "base/suggest.h"
#include "plugin/kind.h"
#include "plugin/library_check.h"
#include "plugin/library_trial.h"
#include "plugin/library_use.h"
#include "plugin/plugin_check.h"
#include "plugin/search_path.h"

const char plugin_code_function[] = "function";

struct opened {
    struct opened *next;
    struct plugin plugin;
    struct library library; /* on the list of core->running */
    char who[96];
    bool is_used;
    char *code;
    char file[];
};

struct registry {
    struct folder *folders;
    struct opened *opened;
};

struct registry *registry_create(struct core *core, const char *plugin_path) {
    struct registry *registry = core_alloc(core, 1, sizeof *registry);
    if (registry == NULL) {
        return NULL;
    }
    if (!search_path_create(core, plugin_path, &registry->folders)) {
        registry_destroy(core, registry);
        return NULL;
    }
    return registry;
}

/* So that a crash in the library leads to the plugin. */
static void list_library(struct core *core, struct opened *opened) {
    struct library *library = &opened->library;
    const synrl_plugin *entry = opened->plugin.entry;
    snprintf(opened->who, sizeof opened->who, "%s \"%s\"", kind_name((synrl_kind)entry->kind),
             entry->id);
    library->who = opened->who;
    library_find(opened->plugin.library, library);
    library->next = core->running->libraries;
    core->running->libraries = library;
}

static void unlist_library(struct core *core, const struct library *library) {
    struct library **at = &core->running->libraries;
    while (*at != NULL && *at != library) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        *at = library->next;
    }
}

void registry_destroy(struct core *core, struct registry *registry) {
    while (registry->opened != NULL) {
        struct opened *opened = registry->opened;
        registry->opened = opened->next;
        unlist_library(core, &opened->library);
        dlclose(opened->plugin.library);
        core_free(core, opened->code);
        core_free(core, opened);
    }
    search_path_free(core, registry->folders);
    core_free(core, registry);
}

/* Opening -------------------------------------------------------------------------------------- */

/* A crash in here is named by the file. What a library's start-up code does to floats, such as
 * -Ofast's flushing of denormals, must not last. */
static void *load_library(struct core *core, const char *file) {
    struct operation *running = core->running;
    const struct operation before = *running;
    fenv_t environment;
    running->who = file;
    running->name = "loading";
    running->iteration = NO_ITERATION;
    fegetenv(&environment);
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    fesetenv(&environment);
    running->who = before.who;
    running->name = before.name;
    running->iteration = before.iteration;
    return library;
}

static synrl_status open_library(struct core *core, const char *file, struct plugin *plugin) {
    SYNRL_TRY(library_check(core, file));
    plugin->library = load_library(core, file);
    if (plugin->library == NULL) {
        const char *reason = dlerror();
        const size_t n = strlen(file);
        if (reason != NULL && strncmp(reason, file, n) == 0 && reason[n] == ':') {
            reason += n + 1 + strspn(reason + n + 1, " "); /* it begins with the file's name */
        }
        return core_fail(core, SYNRL_INVALID, "%s: cannot be loaded: %s", file,
                         reason != NULL ? reason : "unknown reason");
    }
    plugin->entry = dlsym(plugin->library, "synrl_plugin_entry");
    if (plugin->entry == NULL) {
        return core_fail(core, SYNRL_INVALID,
                         "%s: not a synrl plugin: it has no symbol synrl_plugin_entry", file);
    }
    return plugin_check(core, plugin->entry, file);
}

static struct opened *find_open(struct core *core, const char *file) {
    struct opened *opened = core->registry->opened;
    while (opened != NULL && strcmp(opened->file, file) != 0) {
        opened = opened->next;
    }
    return opened;
}

/* Opens and checks a file, unless that was done before. */
static synrl_status open_plugin(struct core *core, const char *file, const struct plugin **found) {
    struct opened *opened = find_open(core, file);
    if (opened != NULL) {
        *found = &opened->plugin;
        return SYNRL_OK;
    }
    opened = core_alloc(core, 1, sizeof *opened + strlen(file) + 1);
    if (opened == NULL) {
        return SYNRL_NO_MEMORY;
    }
    memcpy(opened->file, file, strlen(file));
    opened->plugin.file = opened->file;
    const synrl_status status = open_library(core, file, &opened->plugin);
    if (status != SYNRL_OK) {
        if (opened->plugin.library != NULL) {
            dlclose(opened->plugin.library);
        }
        core_free(core, opened);
        return status;
    }
    list_library(core, opened);
    opened->next = core->registry->opened;
    core->registry->opened = opened;
    *found = &opened->plugin;
    return SYNRL_OK;
}

/* Says once what a plugin that is used does that it should not. */
static void warn_of_misuse(struct core *core, const struct plugin *plugin) {
    struct opened *opened = core->registry->opened;
    char text[256];
    while (&opened->plugin != plugin) {
        opened = opened->next;
    }
    if (opened->is_used) {
        return;
    }
    opened->is_used = true;
    library_misuse(plugin->library, text, sizeof text);
    if (text[0] != '\0') {
        core_log(core, SYNRL_LOG_WARNING, "%s: %s", opened->who, text);
    }
}

/* A folder of one kind holds only that kind. */
static synrl_status check_kind(struct core *core, const struct plugin *plugin, synrl_kind kind) {
    if (plugin->entry->kind == (uint32_t)kind) {
        return SYNRL_OK;
    }
    return core_fail(core, SYNRL_INVALID, "%s: is of kind %s: must be %s", plugin->file,
                     kind_name((synrl_kind)plugin->entry->kind), kind_name(kind));
}

/* Adopting ------------------------------------------------------------------------------------- */

/* The newest one that was adopted, from this code unless it is NULL. */
static struct opened *find_adopted(const struct core *core, synrl_kind kind, const char *id,
                                   const char *code) {
    struct opened *opened = core->registry->opened;
    while (opened != NULL &&
           (opened->code == NULL || opened->plugin.entry->kind != (uint32_t)kind ||
            strcmp(opened->plugin.entry->id, id) != 0 ||
            (code != NULL && strcmp(opened->code, code) != 0))) {
        opened = opened->next;
    }
    return opened;
}

const struct plugin *registry_adopted(struct core *core, synrl_kind kind, const char *id,
                                      const char *code) {
    struct opened *adopted = find_adopted(core, kind, id, code);
    struct opened **at = &core->registry->opened;
    if (adopted == NULL) {
        return NULL;
    }
    while (*at != adopted) {
        at = &(*at)->next;
    }
    *at = adopted->next;
    adopted->next = core->registry->opened;
    core->registry->opened = adopted;
    return &adopted->plugin;
}

synrl_status registry_adopt(struct core *core, synrl_kind kind, const char *file, const char *code,
                            const struct plugin **plugin) {
    char *copy = core_strdup(core, code);
    if (copy == NULL) {
        return SYNRL_NO_MEMORY;
    }
    synrl_status status = open_plugin(core, file, plugin);
    if (status == SYNRL_OK) {
        status = check_kind(core, *plugin, kind);
    }
    struct opened *opened = status == SYNRL_OK ? find_open(core, file) : NULL;
    if (opened == NULL || opened->code != NULL) {
        core_free(core, copy);
        return status;
    }
    opened->code = copy;
    opened->plugin.code = copy;
    return SYNRL_OK;
}

/* Listing -------------------------------------------------------------------------------------- */

enum { ANY_KIND = 0, TRIAL_SECONDS = 10 };

struct list {
    struct core *core;
    struct registry_entry *entries;
    size_t n, capacity;
};

static synrl_status list_add(struct list *list, int kind, const char *file) {
    struct core *core = list->core;
    struct registry_entry *entries =
        core_grow(core, list->entries, list->n, &list->capacity, sizeof *entries);
    if (entries == NULL) {
        return SYNRL_NO_MEMORY;
    }
    list->entries = entries;
    struct registry_entry *entry = &entries[list->n];
    *entry = (struct registry_entry){.file = core_strdup(core, file), .kind = kind};
    if (entry->file == NULL) {
        return SYNRL_NO_MEMORY;
    }
    list->n++;
    return SYNRL_OK;
}

static bool is_plugin_file(const char *name) {
    const size_t length = strlen(name);
    return length > 3 && name[0] != '.' && strcmp(name + length - 3, ".so") == 0;
}

static synrl_status list_folder(struct list *list, int kind, const char *path) {
    DIR *folder = opendir(path);
    if (folder == NULL) {
        if (errno == ENOMEM) {
            return core_fail(list->core, SYNRL_NO_MEMORY, "%s: not enough memory to list it", path);
        }
        if (errno != ENOENT && errno != ENOTDIR) { /* most of the search path need not exist */
            core_log(list->core, SYNRL_LOG_WARNING, "%s: cannot list its plugins: %s", path,
                     strerror(errno));
        }
        return SYNRL_OK;
    }
    synrl_status status = SYNRL_OK;
    const struct dirent *item;
    while (status == SYNRL_OK && (item = readdir(folder)) != NULL) {
        char file[PATH_MAX];
        if (is_plugin_file(item->d_name) &&
            snprintf(file, sizeof file, "%s/%s", path, item->d_name) < (int)sizeof file) {
            status = list_add(list, kind, file);
        }
    }
    closedir(folder);
    return status;
}

static synrl_status list_all(struct list *list) {
    for (struct folder *f = list->core->registry->folders; f != NULL; f = f->next) {
        SYNRL_TRY(list_folder(list, ANY_KIND, f->path));
        for (int kind = SYNRL_KIND_ACTIVATION; kind <= SYNRL_KIND_COMM; kind++) {
            char path[PATH_MAX];
            snprintf(path, sizeof path, "%s/%s", f->path, kind_folder((synrl_kind)kind));
            SYNRL_TRY(list_folder(list, kind, path));
        }
    }
    return SYNRL_OK;
}

/* What opening does to a damaged library happens here to a child of this process. */
static void try_entry(void *context, size_t i) {
    struct list *list = context;
    struct plugin plugin = {.library = NULL};
    if (find_open(list->core, list->entries[i].file) == NULL) {
        open_library(list->core, list->entries[i].file, &plugin);
        if (plugin.library != NULL) {
            dlclose(plugin.library);
        }
    }
}

static synrl_status open_entry(struct core *core, struct registry_entry *entry, int outcome) {
    if (outcome > 0) {
        return core_fail(core, SYNRL_INVALID, "%s: cannot be loaded: it ends the program: %s",
                         entry->file, strsignal(outcome));
    }
    if (outcome == TRIAL_ENDED) {
        return core_fail(core, SYNRL_INVALID, "%s: cannot be loaded: it ends the program",
                         entry->file);
    }
    if (outcome == TRIAL_TOO_LONG) {
        return core_fail(core, SYNRL_INVALID, "%s: cannot be loaded: not done after %d seconds",
                         entry->file, TRIAL_SECONDS);
    }
    SYNRL_TRY(open_plugin(core, entry->file, &entry->plugin));
    return entry->kind == ANY_KIND ? SYNRL_OK
                                   : check_kind(core, entry->plugin, (synrl_kind)entry->kind);
}

/* Opens what has been listed; of what cannot be opened, the reason is kept. */
static synrl_status open_listed(struct list *list) {
    struct core *core = list->core;
    int *outcomes = core_alloc(core, list->n, sizeof *outcomes);
    synrl_status status = outcomes != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    if (outcomes != NULL) {
        library_trial(list->n, try_entry, list, 1000 * TRIAL_SECONDS, outcomes);
    }
    for (size_t i = 0; status == SYNRL_OK && i < list->n; i++) {
        struct registry_entry *entry = &list->entries[i];
        status = open_entry(core, entry, outcomes[i]);
        if (status != SYNRL_OK && status != SYNRL_NO_MEMORY) {
            entry->plugin = NULL;
            entry->problem = core_strdup(core, core->message);
            status = entry->problem != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
        }
    }
    core_free(core, outcomes);
    return status;
}

static bool same_plugin(const struct registry_entry *a, const struct registry_entry *b) {
    return a->plugin != NULL && b->plugin != NULL &&
           a->plugin->entry->kind == b->plugin->entry->kind &&
           strcmp(a->plugin->entry->id, b->plugin->entry->id) == 0;
}

/* By kind and id, the broken ones last; of equals the one found first stays first. */
static bool comes_before(const struct registry_entry *a, const struct registry_entry *b) {
    if (a->plugin == NULL || b->plugin == NULL) {
        return a->plugin != NULL || (b->plugin == NULL && strcmp(a->file, b->file) < 0);
    }
    if (a->plugin->entry->kind != b->plugin->entry->kind) {
        return a->plugin->entry->kind < b->plugin->entry->kind;
    }
    return strcmp(a->plugin->entry->id, b->plugin->entry->id) < 0;
}

static void sort_entries(struct registry_entry *entries, size_t n) {
    for (size_t i = 1; i < n; i++) {
        const struct registry_entry entry = entries[i];
        size_t j = i;
        for (; j > 0 && comes_before(&entry, &entries[j - 1]); j--) {
            entries[j] = entries[j - 1];
        }
        entries[j] = entry;
    }
    for (size_t i = 1; i < n; i++) {
        entries[i].shadowed = same_plugin(&entries[i - 1], &entries[i]);
    }
}

synrl_status registry_list(struct core *core, struct registry_entry **entries, size_t *n) {
    struct list list = {.core = core};
    synrl_status status = list_all(&list);
    if (status == SYNRL_OK) {
        status = open_listed(&list);
    }
    if (status != SYNRL_OK) {
        registry_list_free(core, list.entries, list.n);
        *entries = NULL;
        *n = 0;
        return status;
    }
    sort_entries(list.entries, list.n);
    *entries = list.entries;
    *n = list.n;
    return SYNRL_OK;
}

void registry_list_free(struct core *core, struct registry_entry *entries, size_t n) {
    for (size_t i = 0; i < n; i++) {
        core_free(core, entries[i].file);
        core_free(core, entries[i].problem);
    }
    core_free(core, entries);
}

/* Finding -------------------------------------------------------------------------------------- */

/* A plugin of that id, whatever its kind; NULL: there is none. */
static const struct registry_entry *entry_of_id(const struct registry_entry *entries, size_t n,
                                                const char *id) {
    for (size_t i = 0; i < n; i++) {
        if (entries[i].plugin != NULL && strcmp(entries[i].plugin->entry->id, id) == 0) {
            return &entries[i];
        }
    }
    return NULL;
}

/* What to say of an id that no file bears: the nearest one, or where it was looked for. */
static synrl_status fail_missing(struct core *core, synrl_kind kind, const char *id) {
    struct registry_entry *entries;
    size_t n, n_words = 0;
    SYNRL_TRY(registry_list(core, &entries, &n));
    const char **words = core_alloc(core, n, sizeof *words);
    if (words == NULL) {
        registry_list_free(core, entries, n);
        return SYNRL_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        if (entries[i].plugin != NULL && entries[i].plugin->entry->kind == (uint32_t)kind) {
            words[n_words++] = entries[i].plugin->entry->id;
        }
    }
    char suggestion[SUGGESTION_SIZE];
    suggest_text(id, n_words, words, suggestion);
    const struct registry_entry *other = entry_of_id(entries, n, id);
    if (other != NULL) {
        core_fail(core, SYNRL_INVALID, "no %s \"%s\": %s is of kind %s", kind_name(kind), id,
                  other->file, kind_name((synrl_kind)other->plugin->entry->kind));
    } else if (suggestion[0] != '\0') {
        core_fail(core, SYNRL_INVALID, "no %s \"%s\"%s", kind_name(kind), id, suggestion);
    } else {
        core_fail(core, SYNRL_INVALID, "no %s \"%s\"; looked in", kind_name(kind), id);
        for (const struct folder *f = core->registry->folders; f != NULL; f = f->next) {
            core_fail(core, SYNRL_INVALID, "%s %s%s", core->message, f->path,
                      f->next != NULL ? "," : "");
        }
    }
    core_free(core, words);
    registry_list_free(core, entries, n);
    return SYNRL_INVALID;
}

/* Where a plugin may be in a folder of the search path. */
static void place_of(const struct folder *folder, bool in_kind_folder, synrl_kind kind,
                     const char *id, char file[PATH_MAX]) {
    snprintf(file, PATH_MAX, "%s/%s%s%s.so", folder->path, in_kind_folder ? kind_folder(kind) : "",
             in_kind_folder ? "/" : "", id);
}

bool registry_locate(const struct core *core, synrl_kind kind, const char *id,
                     char file[PATH_MAX]) {
    for (const struct folder *f = core->registry->folders; f != NULL && is_plugin_id(id);
         f = f->next) {
        for (int in_kind_folder = 0; in_kind_folder < 2; in_kind_folder++) {
            place_of(f, in_kind_folder != 0, kind, id, file);
            if (access(file, F_OK) == 0) {
                return true;
            }
        }
    }
    return false;
}

synrl_status registry_find(struct core *core, synrl_kind kind, const char *id,
                           const struct plugin **found) {
    *found = NULL;
    if (!is_plugin_id(id)) {
        return core_fail(core, SYNRL_INVALID,
                         "no %s \"%s\": an id is lower-case letters, digits and _", kind_name(kind),
                         id);
    }
    const struct opened *adopted = find_adopted(core, kind, id, NULL);
    if (adopted != NULL) {
        *found = &adopted->plugin;
        return SYNRL_OK;
    }
    for (const struct folder *f = core->registry->folders; f != NULL; f = f->next) {
        for (int in_kind_folder = 0; in_kind_folder < 2; in_kind_folder++) {
            char file[PATH_MAX];
            place_of(f, in_kind_folder != 0, kind, id, file);
            if (access(file, F_OK) != 0) {
                continue;
            }
            const struct plugin *plugin;
            SYNRL_TRY(open_plugin(core, file, &plugin));
            if (plugin->entry->kind == (uint32_t)kind) {
                warn_of_misuse(core, plugin);
                *found = plugin;
                return SYNRL_OK;
            }
            if (in_kind_folder) {
                return check_kind(core, plugin, kind);
            }
        }
    }
    return fail_missing(core, kind, id);
}
