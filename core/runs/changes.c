/* SPDX-License-Identifier: MIT */
/* Files compared with their record, and the words for what has changed. */
#include "runs/changes.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/reads.h"
#include "base/stamp.h"
#include "plugin/registry.h"

/* The file in which the plugin "rule/my_rule" would be found now; "": none. */
static const char *locate(const struct core *core, const char *name, char file[PATH_MAX]) {
    char word[64];
    synrl_kind kind;
    const char *slash = strchr(name, '/');
    snprintf(word, sizeof word, "%.*s", slash != NULL ? (int)(slash - name) : 0, name);
    return slash != NULL && kind_from_name(word, &kind) &&
                   registry_locate(core, kind, slash + 1, file)
               ? file
               : "";
}

/* The path, without the folder where it is below it. */
static const char *path_below(const char *path, const char *folder) {
    const size_t length = folder != NULL ? strlen(folder) : 0;
    return length > 1 && strncmp(path, folder, length) == 0 && path[length] == '/' &&
                   path[length + 1] != '\0'
               ? path + length + 1
               : path;
}

static void describe(const char *kind, const char *name, const char *path, const char *how,
                     char change[CHANGE_SIZE]) {
    const char *slash = name != NULL ? strchr(name, '/') : NULL;
    if (strcmp(kind, read_program) == 0) {
        snprintf(change, CHANGE_SIZE, "synrl %s", how);
    } else if (strcmp(kind, read_cell) == 0) {
        snprintf(change, CHANGE_SIZE, "an earlier sweep of the script was run again");
    } else if (strcmp(kind, read_variable) == 0) {
        snprintf(change, CHANGE_SIZE, "the environment variable %s %s", path, how);
    } else if (name != NULL) {
        snprintf(change, CHANGE_SIZE, "plugin %s %s", slash != NULL ? slash + 1 : name, how);
    } else {
        snprintf(change, CHANGE_SIZE, "%s %s", path, how);
    }
}

static synrl_status compare(struct core *core, const json_t *file, const char *from,
                            enum read_state *state, char change[CHANGE_SIZE]) {
    static const char *const words[] = {[READ_SAME] = "",
                                        [READ_CHANGED] = "has changed",
                                        [READ_NEW] = "is new",
                                        [READ_GONE] = "is gone",
                                        [READ_TOUCHED] = "may have changed"};
    const char *kind = "", *path = "", *name = NULL;
    char located[PATH_MAX];
    json_take_text(file, "kind", &kind);
    json_take_text(file, "path", &path);
    json_take_text(file, "name", &name);
    path = path_below(path, from);
    SYNRL_TRY(reads_compare(core, file, name != NULL ? locate(core, name, located) : path, state));
    change[0] = '\0';
    if (*state != READ_SAME) {
        describe(kind, name, path, words[*state], change);
    }
    return SYNRL_OK;
}

synrl_status change_of_file(struct core *core, const json_t *file, const char *from,
                            char change[CHANGE_SIZE]) {
    enum read_state state;
    return compare(core, file, from, &state, change);
}

void changes_add(char changes[CHANGES_SIZE], const char *change) {
    const size_t length = strlen(changes);
    snprintf(changes + length, CHANGES_SIZE - length, "%s%s", length > 0 ? ", " : "", change);
}

/* A plugin, "rule/my_rule", that had this hash; one that is not found is found missing by who looks
 * for it. */
static synrl_status compare_plugin(struct core *core, const char *name, const char *recorded,
                                   char changes[CHANGES_SIZE]) {
    struct stamp stamp;
    char located[PATH_MAX], change[CHANGE_SIZE], hash[17];
    const char *file = locate(core, name, located);
    stamp_take(file, &stamp);
    SYNRL_TRY(stamp_hash(core, file, &stamp));
    snprintf(hash, sizeof hash, "%016" PRIx64, stamp.hash);
    if (recorded != NULL && recorded[0] != '\0' && stamp.has_hash && strcmp(hash, recorded) != 0) {
        describe(read_plugin, name, file, "has changed", change);
        changes_add(changes, change);
    }
    return SYNRL_OK;
}

/* Whether the run depends on what was read as this. */
static bool counts(const char *kind, bool with_script) {
    return strcmp(kind, read_data) == 0 || strcmp(kind, read_policy) == 0 ||
           strcmp(kind, read_weights) == 0 ||
           (with_script && (strcmp(kind, read_script) == 0 || strcmp(kind, read_module) == 0 ||
                            strcmp(kind, read_variable) == 0));
}

synrl_status changes_of_run(struct core *core, const json_t *run, bool with_script,
                            char changes[CHANGES_SIZE]) {
    const json_t *provenance = json_object_get(run, "provenance");
    const char *from = json_string_value(json_object_get(json_object_get(run, "call"), "folder"));
    json_t *plugins = json_object_get(provenance, "plugins");
    const json_t *recorded = json_object_get(provenance, "files");
    json_t *files = json_deep_copy(recorded);
    synrl_status status = SYNRL_OK;
    changes[0] = '\0';
    if ((files == NULL && recorded != NULL) || !json_restore_bytes(files)) {
        json_decref(files);
        return core_fail(core, SYNRL_NO_MEMORY, "not enough memory to compare files");
    }
    for (size_t i = 0; status == SYNRL_OK && i < json_array_size(files); i++) {
        const json_t *file = json_array_get(files, i);
        const char *kind = json_string_value(json_object_get(file, "kind"));
        enum read_state state;
        char change[CHANGE_SIZE];
        if (kind == NULL || !counts(kind, with_script)) {
            continue;
        }
        status = compare(core, file, from, &state, change);
        if (status == SYNRL_OK && change[0] != '\0' && state != READ_TOUCHED) {
            changes_add(changes, change);
        }
    }
    json_decref(files);
    SYNRL_TRY(status);
    const char *name;
    json_t *plugin;
    json_object_foreach(plugins, name, plugin) {
        SYNRL_TRY(compare_plugin(core, name, json_string_value(json_object_get(plugin, "xxh3")),
                                 changes));
    }
    return SYNRL_OK;
}

void changes_of_component(struct core *core, const json_t *run, const struct component *component,
                          char changes[CHANGES_SIZE]) {
    const struct plugin *plugin = component_plugin(component);
    const json_t *plugins = json_object_get(json_object_get(run, "provenance"), "plugins");
    char key[128], change[CHANGE_SIZE], hash[17];
    snprintf(key, sizeof key, "%s/%s", kind_name((synrl_kind)plugin->entry->kind),
             plugin->entry->id);
    const char *recorded =
        json_string_value(json_object_get(json_object_get(plugins, key), "xxh3"));
    reads_hash(core, plugin->file, hash);
    if (recorded != NULL && recorded[0] != '\0' && hash[0] != '\0' && strcmp(recorded, hash) != 0) {
        snprintf(change, sizeof change, "plugin %s has changed", plugin->entry->id);
        changes_add(changes, change);
    }
    const struct component *part;
    for (size_t i = 0; (part = component_part(component, i)) != NULL; i++) {
        changes_of_component(core, run, part, changes);
    }
}
