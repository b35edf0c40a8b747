/* SPDX-License-Identifier: MIT */
/* Provenance. Values that cannot be determined are null: provenance never fails a run. */
#include "record/provenance.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The state of a running hash on the stack. */
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#include "base/json.h"
#include "base/json_build.h"
#include "base/spawn.h"
#include "engine/engine.h"
#include "engine/pool.h"
#include "plugin/kind.h"

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

/* The commit checked out where the script is, from git; null without git, repository or commit, or
 * where the repository belongs to another user. */
static synrl_status git_json(struct core *core, const char *script, json_t **commit) {
    enum { HASH_LIMIT = 128 };
    char folder[PATH_MAX], *text, *slash;
    int code = 0;
    *commit = json_null();
    if (script == NULL || realpath(script, folder) == NULL ||
        (slash = strrchr(folder, '/')) == NULL) {
        return SYNRL_OK;
    }
    slash[slash == folder] = '\0';
    const char *const words[] = {"git", "-C", folder, "rev-parse", "--verify", "-q", "HEAD", NULL};
    const struct spawn spawn = {.words = words,
                                .input = SPAWN_NOTHING,
                                .error = SPAWN_NOTHING,
                                .without = "GIT_" /* GIT_DIR would name another repository */};
    const synrl_status status = spawn_read(core, &spawn, HASH_LIMIT, &text, &code);
    if (status == SYNRL_OK && code == 0) {
        *commit = json_stringn(text, strcspn(text, "\n"));
    }
    core_free(core, text);
    return status == SYNRL_NO_MEMORY ? status : SYNRL_OK;
}

/* XXH3-64 of a file's bytes in hexadecimal; empty, with a warning, where it cannot be read. */
static void hash_file(struct core *core, const char *path, char hash[17]) {
    char block[1 << 14];
    XXH3_state_t state;
    FILE *stream = fopen(path, "rbe");
    hash[0] = '\0';
    if (stream == NULL) {
        core_log(core, SYNRL_LOG_WARNING, "%s: recorded without its hash: %s", path,
                 strerror(errno));
        return;
    }
    XXH3_64bits_reset(&state);
    for (size_t n; (n = fread(block, 1, sizeof block, stream)) > 0;) {
        XXH3_64bits_update(&state, block, n);
    }
    if (!ferror(stream)) {
        snprintf(hash, 17, "%016" PRIx64, XXH3_64bits_digest(&state));
    } else {
        core_log(core, SYNRL_LOG_WARNING, "%s: recorded without its hash: %s", path,
                 strerror(errno));
    }
    fclose(stream);
}

static json_t *add_plugin(struct core *core, json_t *plugins, const struct plugin *plugin) {
    char key[128], hash[17];
    snprintf(key, sizeof key, "%s/%s", kind_name((synrl_kind)plugin->entry->kind),
             plugin->entry->id);
    if (json_object_get(plugins, key) != NULL) {
        return plugins;
    }
    hash_file(core, plugin->file, hash);
    return json_with(plugins, key,
                     json_pack("{s:o, s:s, s:o}", "file", json_text_bytes(plugin->file), "version",
                               plugin->entry->version, "xxh3",
                               hash[0] != '\0' ? json_string(hash) : json_null()));
}

/* The plugin of a component and those of its parameters. */
static json_t *add_component(struct core *core, json_t *plugins,
                             const struct component *component) {
    plugins = add_plugin(core, plugins, component_plugin(component));
    const struct component *part;
    for (size_t i = 0; (part = component_part(component, i)) != NULL; i++) {
        plugins = add_component(core, plugins, part);
    }
    return plugins;
}

json_t *provenance_json(struct core *core, const struct train_options *options,
                        const char *script) {
    json_t *commit, *plugins;
    if (git_json(core, script, &commit) != SYNRL_OK) {
        json_decref(commit);
        return NULL;
    }
    plugins = json_object();
    plugins = add_component(core, plugins, options->model);
    plugins = add_component(core, plugins, options->loss);
    plugins = add_component(core, plugins, options->rule);
    plugins = add_component(core, plugins, dataset_component(options->data));
    if (options->valid != NULL) {
        plugins = add_component(core, plugins, dataset_component(options->valid));
    }
    json_t *json =
        json_pack("{s:s, s:s, s:o, s:I, s:o, s:o}", "synrl", SYNRL_VERSION, "isa",
                  engine_isa() != NULL ? engine_isa() : "scalar", "cpu", cpu_json(), "threads",
                  (json_int_t)pool_size(core->pool), "git", commit, "plugins", plugins);
    if (json == NULL) {
        core_fail(core, SYNRL_NO_MEMORY, "not enough memory for the provenance");
    }
    return json;
}
