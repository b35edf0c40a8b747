/* Where a run comes from. What cannot be found out is null: provenance never fails a run. */
#include "provenance.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "engine/engine.h"
#include "engine/pool.h"
#include "file.h"

enum { SMALL_FILE = 1 << 20, LARGE_FILE = 1 << 28 };

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

static json_t *cpu_json(struct core *core) {
    char *text, name[128] = "";
    size_t size;
    if (file_read(core, "/proc/cpuinfo", SMALL_FILE, &text, &size) != SYNRL_OK) {
        return json_null();
    }
    const char *model = strstr(text, "model name");
    const char *value = model != NULL ? strchr(model, ':') : NULL;
    if (value != NULL) {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(value + 1, "\n"), value + 1);
    }
    core_free(core, text);
    return name[0] != '\0' ? json_string(name + strspn(name, " ")) : json_null();
}

/* The hash that a line of .git/packed-refs gives a reference. */
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

/* What HEAD in this .git folder stands for. */
static json_t *head_commit(struct core *core, const char *git) {
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/HEAD", git);
    char *head = first_line(core, path);
    if (head == NULL) {
        return json_null();
    }
    json_t *commit = NULL;
    if (strncmp(head, "ref: ", 5) != 0) {
        commit = json_string(head);
    } else {
        snprintf(path, sizeof path, "%s/%s", git, head + 5);
        char *hash = first_line(core, path);
        commit = hash != NULL ? json_string(hash) : packed_commit(core, git, head + 5);
        core_free(core, hash);
    }
    core_free(core, head);
    return commit;
}

/* The commit of the repository that a path lies in, read from .git itself. */
static json_t *git_json(struct core *core, const char *script) {
    char folder[PATH_MAX], git[PATH_MAX + 8];
    if (script == NULL || realpath(script, folder) == NULL) {
        return json_null();
    }
    for (char *slash = strrchr(folder, '/'); slash != NULL; slash = strrchr(folder, '/')) {
        *slash = '\0';
        snprintf(git, sizeof git, "%s/.git", folder);
        json_t *commit = head_commit(core, git);
        if (!json_is_null(commit)) {
            return commit;
        }
        json_decref(commit);
    }
    return json_null();
}

static void add_plugin(struct core *core, json_t *plugins, const struct plugin *plugin) {
    char *bytes, hash[17] = "";
    size_t size;
    if (file_read(core, plugin->file, LARGE_FILE, &bytes, &size) == SYNRL_OK) {
        snprintf(hash, sizeof hash, "%016llx", (unsigned long long)XXH3_64bits(bytes, size));
        core_free(core, bytes);
    }
    json_object_set_new(plugins, plugin->entry->id,
                        json_pack("{s:s, s:s, s:s}", "file", plugin->file, "version",
                                  plugin->entry->version, "xxh3", hash));
}

json_t *provenance_json(struct core *core, const struct train_options *options,
                        const char *script) {
    json_t *plugins = json_object();
    add_plugin(core, plugins, component_plugin(options->model));
    add_plugin(core, plugins, component_plugin(options->loss));
    add_plugin(core, plugins, component_plugin(options->rule));
    add_plugin(core, plugins, component_plugin(dataset_component(options->data)));
    json_t *json = json_pack("{s:s, s:s, s:o, s:I, s:o, s:o}", "synrl", SYNRL_VERSION, "isa",
                             engine_isa() != NULL ? engine_isa() : "scalar", "cpu", cpu_json(core),
                             "threads", (json_int_t)pool_size(core->pool), "git",
                             git_json(core, script), "plugins", plugins);
    if (json == NULL) {
        core_fail(core, SYNRL_NO_MEMORY, "not enough memory to tell where the run comes from");
    }
    return json;
}
