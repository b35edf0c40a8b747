/* Provenance. Values that cannot be determined are null: provenance never fails a run. */
#include "record/provenance.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The state of a running hash on the stack. */
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#include "base/file.h"
#include "engine/engine.h"
#include "engine/pool.h"
#include "plugin/kind.h"

enum { SMALL_FILE = 1 << 20 };

/* The first line of a file, without its end; NULL where there is none. Freed by core_free. */
static char *first_line(struct core *core, const char *path) {
    char *text;
    size_t size;
    if (file_read(core, path, SMALL_FILE, &text, &size) != SYNRL_OK) {
        return NULL;
    }
    text[strcspn(text, "\r\n")] = '\0';
    return text;
}

/* Read line by line, since files in /proc have no size. */
static json_t *cpu_json(void) {
    char line[256];
    json_t *name = NULL;
    FILE *stream = fopen("/proc/cpuinfo", "re");
    while (stream != NULL && name == NULL && fgets(line, sizeof line, stream) != NULL) {
        const char *value = strchr(line, ':');
        if (strncmp(line, "model name", strlen("model name")) == 0 && value != NULL) {
            value += 1 + strspn(value + 1, " ");
            name = json_stringn(value, strcspn(value, "\n"));
        }
    }
    if (stream != NULL) {
        fclose(stream);
    }
    return name != NULL ? name : json_null();
}

/* The hash of a reference in .git/packed-refs. */
static json_t *packed_commit(struct core *core, const char *git, const char *reference) {
    char path[2 * PATH_MAX], *text;
    size_t size;
    json_t *commit = json_null();
    snprintf(path, sizeof path, "%s/packed-refs", git);
    if (file_read(core, path, SMALL_FILE, &text, &size) != SYNRL_OK) {
        return commit;
    }
    const size_t length = strlen(reference);
    for (const char *line = text; *line != '\0';
         line += strcspn(line, "\n"), line += *line == '\n') {
        const size_t hash = strcspn(line, " \n");
        if (line[hash] == ' ' && strncmp(line + hash + 1, reference, length) == 0 &&
            strchr("\r\n", line[hash + 1 + length]) != NULL) {
            commit = json_stringn(line, hash);
            break;
        }
    }
    core_free(core, text);
    return commit;
}

/* The commit of a reference such as refs/heads/main, in a git folder. */
static json_t *reference_commit(struct core *core, const char *git, const char *reference) {
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", git, reference);
    char *hash = first_line(core, path);
    json_t *commit = hash != NULL ? json_string(hash) : packed_commit(core, git, reference);
    core_free(core, hash);
    return commit;
}

/* The commit of HEAD in a git folder; `common` contains its references. */
static json_t *head_commit(struct core *core, const char *git, const char *common) {
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/HEAD", git);
    char *head = first_line(core, path);
    if (head == NULL) {
        return json_null();
    }
    json_t *commit = strncmp(head, "ref: ", 5) == 0 ? reference_commit(core, common, head + 5)
                                                    : json_string(head);
    core_free(core, head);
    return commit;
}

/* Sets `path` to the path that follows `prefix` in a small file, relative to `folder` unless
 * absolute. */
static bool follow(struct core *core, const char *file, const char *prefix, const char *folder,
                   char path[PATH_MAX]) {
    char *line = first_line(core, file);
    bool is_there = false;
    if (line != NULL && strncmp(line, prefix, strlen(prefix)) == 0) {
        const char *value = line + strlen(prefix);
        const int length = value[0] == '/' ? snprintf(path, PATH_MAX, "%s", value)
                                           : snprintf(path, PATH_MAX, "%s/%s", folder, value);
        is_there = length < PATH_MAX;
    }
    core_free(core, line);
    return is_there;
}

/* The commit of the repository whose top is this folder; null where it is not one. A linked working
 * tree has a file .git that names its git folder, which in turn names the common one. */
static json_t *folder_commit(struct core *core, const char *folder) {
    char entry[PATH_MAX + 8], git[PATH_MAX], file[PATH_MAX + 16], common[PATH_MAX];
    snprintf(entry, sizeof entry, "%s/.git", folder);
    if (!follow(core, entry, "gitdir: ", folder, git)) {
        return head_commit(core, entry, entry);
    }
    snprintf(file, sizeof file, "%s/commondir", git);
    return head_commit(core, git, follow(core, file, "", git, common) ? common : git);
}

/* The commit of the repository that contains a path, read from .git itself. */
static json_t *git_json(struct core *core, const char *script) {
    char folder[PATH_MAX];
    if (script == NULL || realpath(script, folder) == NULL) {
        return json_null();
    }
    for (char *slash = strrchr(folder, '/'); slash != NULL; slash = strrchr(folder, '/')) {
        *slash = '\0';
        json_t *commit = folder_commit(core, folder);
        if (!json_is_null(commit)) {
            return commit;
        }
        json_decref(commit);
    }
    return json_null();
}

/* XXH3-64 of a file's bytes in hexadecimal; empty where it cannot be read. */
static void hash_file(const char *path, char hash[17]) {
    char block[1 << 14];
    XXH3_state_t state;
    FILE *stream = fopen(path, "rbe");
    hash[0] = '\0';
    if (stream == NULL) {
        return;
    }
    XXH3_64bits_reset(&state);
    for (size_t n; (n = fread(block, 1, sizeof block, stream)) > 0;) {
        XXH3_64bits_update(&state, block, n);
    }
    if (!ferror(stream)) {
        snprintf(hash, 17, "%016" PRIx64, XXH3_64bits_digest(&state));
    }
    fclose(stream);
}

static void add_plugin(json_t *plugins, const struct plugin *plugin) {
    char key[128], hash[17];
    snprintf(key, sizeof key, "%s/%s", kind_name((synrl_kind)plugin->entry->kind),
             plugin->entry->id);
    if (json_object_get(plugins, key) == NULL) {
        hash_file(plugin->file, hash);
        json_object_set_new(plugins, key,
                            json_pack("{s:s, s:s, s:s}", "file", plugin->file, "version",
                                      plugin->entry->version, "xxh3", hash));
    }
}

/* The plugin of a component and those of its parameters. */
static void add_component(json_t *plugins, const struct component *component) {
    add_plugin(plugins, component_plugin(component));
    const struct component *part;
    for (size_t i = 0; (part = component_part(component, i)) != NULL; i++) {
        add_component(plugins, part);
    }
}

json_t *provenance_json(struct core *core, const struct train_options *options,
                        const char *script) {
    json_t *plugins = json_object();
    add_component(plugins, options->model);
    add_component(plugins, options->loss);
    add_component(plugins, options->rule);
    add_component(plugins, dataset_component(options->data));
    if (options->valid != NULL) {
        add_component(plugins, dataset_component(options->valid));
    }
    json_t *json = json_pack("{s:s, s:s, s:o, s:I, s:o, s:o}", "synrl", SYNRL_VERSION, "isa",
                             engine_isa() != NULL ? engine_isa() : "scalar", "cpu", cpu_json(),
                             "threads", (json_int_t)pool_size(core->pool), "git",
                             git_json(core, script), "plugins", plugins);
    if (json == NULL) {
        core_fail(core, SYNRL_NO_MEMORY, "not enough memory for the provenance");
    }
    return json;
}
