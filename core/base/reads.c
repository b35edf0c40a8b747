/* SPDX-License-Identifier: MIT */
/* Files that were read, in two lists: noted by what read them, and looked at for comparisons; and
 * the variables of the environment that were. Invariant: a path is at most once in each. */
#include "base/reads.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <xxhash.h>

#include "base/json.h"
#include "base/stamp.h"

const char read_program[] = "program", read_script[] = "script", read_module[] = "module",
           read_data[] = "data", read_policy[] = "policy", read_plugin[] = "plugin",
           read_file[] = "file", read_cell[] = "cell", read_variable[] = "variable",
           read_weights[] = "weights";

struct one {
    const char *kind; /* one of the above; NULL: excluded */
    char *name, *path;
    struct stamp stamp;
    bool is_told; /* that it has no hash */
};

struct list {
    struct one *items;
    size_t n, capacity;
};

struct reads {
    struct list noted, compared, variables;
};

/* The lists ------------------------------------------------------------------------------------ */

static struct one *find(const struct list *list, const char *path) {
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->items[i].path, path) == 0) {
            return &list->items[i];
        }
    }
    return NULL;
}

static void free_list(struct core *core, struct list *list) {
    for (size_t i = 0; i < list->n; i++) {
        core_free(core, list->items[i].name);
        core_free(core, list->items[i].path);
    }
    core_free(core, list->items);
    *list = (struct list){.n = 0};
}

static struct reads *reads_of(struct core *core) {
    if (core->reads == NULL) {
        core->reads = core_alloc(core, 1, sizeof *core->reads);
    }
    return core->reads;
}

/* The item of that path, made if need be; NULL: no memory. */
static struct one *item_of(struct core *core, struct list *list, const char *path) {
    struct one *item = find(list, path);
    if (item != NULL) {
        return item;
    }
    struct one *items = core_grow(core, list->items, list->n, &list->capacity, sizeof *items);
    char *copy = items != NULL ? core_strdup(core, path) : NULL;
    list->items = items != NULL ? items : list->items;
    if (copy == NULL) {
        return NULL;
    }
    items[list->n] = (struct one){.path = copy};
    return &items[list->n++];
}

void reads_free(struct core *core) {
    if (core->reads != NULL) {
        free_list(core, &core->reads->noted);
        free_list(core, &core->reads->compared);
        free_list(core, &core->reads->variables);
        core_free(core, core->reads);
        core->reads = NULL;
    }
}

/* Noting --------------------------------------------------------------------------------------- */

/* The stamp of a path as it is now, with its hash: that of before where nothing has touched it. */
static synrl_status update(struct core *core, const char *path, struct stamp *stamp) {
    struct stamp now;
    stamp_take(path, &now);
    if (!stamp_is_untouched(stamp, &now) || stamp_lacks_hash(stamp)) {
        SYNRL_TRY(stamp_hash(core, path, &now));
        *stamp = now;
    }
    return SYNRL_OK;
}

synrl_status reads_note_opened(struct core *core, const char *kind, const char *path) {
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) {
        return SYNRL_OK;
    }
    const int64_t changed =
        (int64_t)status.st_ctim.tv_sec * 1000000000 + (int64_t)status.st_ctim.tv_nsec;
    return changed < core->started ? reads_note(core, kind, NULL, path) : SYNRL_OK;
}

synrl_status reads_note(struct core *core, const char *kind, const char *name, const char *path) {
    struct reads *reads = reads_of(core);
    if (reads == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const struct one *known = find(&reads->noted, path);
    if (known != NULL && known->kind == NULL) {
        return SYNRL_OK;
    }
    struct one *item = item_of(core, &reads->noted, path);
    if (item == NULL) {
        return SYNRL_NO_MEMORY;
    }
    if (item->kind == NULL || item->kind == read_file) {
        item->kind = kind;
    }
    if (name != NULL && item->name == NULL && (item->name = core_strdup(core, name)) == NULL) {
        return SYNRL_NO_MEMORY;
    }
    return update(core, path, &item->stamp);
}

/* Only its hash is kept: it may be a secret. */
static struct stamp stamp_of_variable(const char *name) {
    const char *value = getenv(name);
    struct stamp stamp = {.exists = value != NULL, .has_hash = value != NULL};
    stamp.hash = value != NULL ? XXH3_64bits(value, strlen(value)) : 0;
    return stamp;
}

synrl_status reads_note_variable(struct core *core, const char *name) {
    struct reads *reads = reads_of(core);
    struct one *item = reads != NULL ? item_of(core, &reads->variables, name) : NULL;
    if (item == NULL) {
        return SYNRL_NO_MEMORY;
    }
    item->kind = read_variable;
    item->stamp = stamp_of_variable(name);
    return SYNRL_OK;
}

synrl_status reads_exclude(struct core *core, const char *path) {
    struct reads *reads = reads_of(core);
    struct one *item = reads != NULL ? item_of(core, &reads->noted, path) : NULL;
    if (item == NULL) {
        return SYNRL_NO_MEMORY;
    }
    item->kind = item->kind == read_file ? NULL : item->kind;
    return SYNRL_OK;
}

void reads_hash(const struct core *core, const char *path, char hash[17]) {
    const struct one *item = core->reads != NULL ? find(&core->reads->noted, path) : NULL;
    hash[0] = '\0';
    if (item != NULL && item->stamp.has_hash) {
        snprintf(hash, 17, "%016" PRIx64, item->stamp.hash);
    }
}

static synrl_status append(json_t *list, const struct one *item) {
    json_t *json = stamp_json(&item->stamp);
    if (json_object_set_new(json, "kind", json_string(item->kind)) != 0 ||
        json_object_set_new(json, "path", json_text_bytes(item->path)) != 0 ||
        (item->name != NULL &&
         json_object_set_new(json, "name", json_text_bytes(item->name)) != 0)) {
        json_decref(json);
        return SYNRL_NO_MEMORY;
    }
    return json_array_append_new(list, json) == 0 ? SYNRL_OK : SYNRL_NO_MEMORY;
}

static synrl_status append_variable(json_t *list, const struct one *item) {
    char hash[17];
    snprintf(hash, sizeof hash, "%016" PRIx64, item->stamp.hash);
    json_t *json =
        json_pack("{s:s, s:o, s:o}", "kind", item->kind, "path", json_text_bytes(item->path),
                  "xxh3", item->stamp.exists ? json_string(hash) : json_null());
    return json_array_append_new(list, json) == 0 ? SYNRL_OK : SYNRL_NO_MEMORY;
}

static bool is_of_script(const char *kind) {
    return kind != read_program && kind != read_plugin && kind != read_cell;
}

/* Once, although a run records what it has read at its begin and at its end. */
static void warn_of(struct core *core, struct one *item) {
    if (is_of_script(item->kind) && stamp_lacks_hash(&item->stamp) && !item->is_told) {
        core_log(core, SYNRL_LOG_WARNING,
                 "%s: recorded without its hash, since it could not be read", item->path);
        item->is_told = true;
    }
}

json_t *reads_json(struct core *core, bool is_all) {
    struct list *noted = core->reads != NULL ? &core->reads->noted : NULL;
    json_t *list = json_array();
    synrl_status status = list != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    for (size_t i = 0; status == SYNRL_OK && noted != NULL && i < noted->n; i++) {
        struct one *item = &noted->items[i];
        if (item->kind != NULL && (is_all || is_of_script(item->kind))) {
            warn_of(core, item);
            status = append(list, item);
        }
    }
    for (size_t i = 0; status == SYNRL_OK && noted != NULL && i < core->reads->variables.n; i++) {
        status = append_variable(list, &core->reads->variables.items[i]);
    }
    if (status != SYNRL_OK) {
        json_decref(list);
        core_fail(core, status, "not enough memory for the list of files that were read");
        return NULL;
    }
    return list;
}

/* Comparing ------------------------------------------------------------------------------------ */

/* The present stamp of a path, taken once. */
static synrl_status look(struct core *core, const char *path, struct one **looked) {
    struct reads *reads = reads_of(core);
    if (reads == NULL) {
        return SYNRL_NO_MEMORY;
    }
    *looked = find(&reads->compared, path);
    if (*looked != NULL) {
        return SYNRL_OK;
    }
    struct one *item = item_of(core, &reads->compared, path);
    if (item == NULL) {
        return SYNRL_NO_MEMORY;
    }
    *looked = item;
    stamp_take(path, &item->stamp);
    return SYNRL_OK;
}

synrl_status reads_compare(struct core *core, const json_t *record, const char *path,
                           enum read_state *state) {
    const char *kind = json_string_value(json_object_get(record, "kind"));
    struct stamp earlier;
    struct one *now;
    stamp_from_json(record, &earlier);
    if (kind != NULL && strcmp(kind, read_variable) == 0) {
        const struct stamp variable = stamp_of_variable(path);
        const bool is_same = variable.exists == earlier.has_hash &&
                             (!variable.exists || variable.hash == earlier.hash);
        *state = is_same ? READ_SAME : READ_CHANGED;
        return SYNRL_OK;
    }
    SYNRL_TRY(look(core, path, &now));
    if (!now->stamp.exists || !earlier.exists) {
        *state = now->stamp.exists == earlier.exists ? READ_SAME
                 : earlier.exists                    ? READ_GONE
                                                     : READ_NEW;
        return SYNRL_OK;
    }
    if (stamp_is_untouched(&earlier, &now->stamp)) {
        *state = READ_SAME;
        return SYNRL_OK;
    }
    *state = READ_CHANGED;
    if (earlier.size != now->stamp.size || earlier.n_files != now->stamp.n_files ||
        earlier.is_folder != now->stamp.is_folder) {
        return SYNRL_OK;
    }
    if (earlier.has_hash && !now->stamp.has_hash) {
        SYNRL_TRY(stamp_hash(core, path, &now->stamp));
    }
    if (earlier.has_hash && now->stamp.has_hash) {
        *state = earlier.hash == now->stamp.hash ? READ_SAME : READ_CHANGED;
    } else if (earlier.is_folder) {
        *state = READ_TOUCHED;
    }
    return SYNRL_OK;
}

void reads_forget(struct core *core) {
    if (core->reads != NULL) {
        free_list(core, &core->reads->compared);
    }
}
