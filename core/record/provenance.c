/* SPDX-License-Identifier: MIT */
/* Provenance. Values that cannot be determined are null: provenance never fails a run. */
#include "record/provenance.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/json.h"
#include "base/json_build.h"
#include "base/reads.h"
#include "base/spawn.h"
#include "engine/engine.h"
#include "engine/pool.h"
#include "plugin/kind.h"

#ifdef __clang__
#define COMPILER __VERSION__ /* begins with its name */
#else
#define COMPILER "gcc " __VERSION__
#endif
#ifndef SYNRL_FLAGS /* the Makefile's CFLAGS */
#define SYNRL_FLAGS ""
#endif

/* The first processor's name; NULL where there is no memory. A stream would need some to be opened.
 */
static json_t *cpu_json(void) {
    char text[4096]; /* of a few lines for each processor */
    const int file = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
    const ssize_t n = file >= 0 ? read(file, text, sizeof text - 1) : -1;
    if (file >= 0) {
        close(file);
    }
    text[n > 0 ? n : 0] = '\0';
    const char *name = strstr(text, "model name");
    name = name != NULL ? strchr(name, ':') : NULL;
    if (name == NULL) {
        return json_null();
    }
    name += 1 + strspn(name + 1, " ");
    return json_stringn(name, strcspn(name, "\n"));
}

/* Whether there are signs of a repository, or of a bare one, in the folder or above it; else git
 * need not be started. */
static bool may_be_in_repository(const char *folder) {
    static const char *const signs[] = {".git", "HEAD"};
    char path[PATH_MAX + 8];
    for (size_t n = strlen(folder);; n--) {
        for (size_t i = 0; i < SYNRL_COUNT(signs); i++) {
            snprintf(path, sizeof path, "%.*s/%s", (int)n, folder, signs[i]);
            if (access(path, F_OK) == 0) {
                return true;
            }
        }
        while (n > 0 && folder[n - 1] != '/') {
            n--;
        }
        if (n == 0) {
            return false;
        }
    }
}

/* Runs git in the folder of the script; *text, to be freed, is NULL where that failed. */
static synrl_status ask_git(struct core *core, const char *folder, const char *const question[3],
                            char **text) {
    enum { ANSWER_LIMIT = 128 };
    int code = 0;
    /* Without optional locks: `git status` would write the index of the repository. */
    const char *const words[] = {"git",       "--no-optional-locks", "-C",        folder,
                                 question[0], question[1],           question[2], NULL};
    const struct spawn spawn = {.words = words,
                                .input = SPAWN_NOTHING,
                                .error = SPAWN_NOTHING,
                                .without = "GIT_" /* GIT_DIR would name another repository */};
    const synrl_status status = spawn_read(core, &spawn, ANSWER_LIMIT, text, &code);
    if (status == SYNRL_OK && code != 0) {
        core_free(core, *text);
        *text = NULL;
    }
    return status == SYNRL_NO_MEMORY ? status : SYNRL_OK;
}

/* The commit checked out where the script is, and whether files under version control differ from
 * it; null without git, repository or commit, or where the repository belongs to another user. */
static synrl_status git_json(struct core *core, const char *script, json_t **commit,
                             json_t **dirty) {
    static const char *const head[] = {"rev-parse", "--verify", "HEAD"};
    static const char *const changes[] = {"status", "--porcelain", "--untracked-files=no"};
    char folder[PATH_MAX], *text = NULL, *slash;
    *commit = json_null();
    *dirty = json_null();
    if (script == NULL || realpath(script, folder) == NULL ||
        (slash = strrchr(folder, '/')) == NULL) {
        return SYNRL_OK;
    }
    slash[slash == folder] = '\0';
    if (!may_be_in_repository(folder)) {
        return SYNRL_OK;
    }
    SYNRL_TRY(ask_git(core, folder, head, &text));
    if (text == NULL) {
        return SYNRL_OK;
    }
    *commit = json_stringn(text, strcspn(text, "\n"));
    core_free(core, text);
    SYNRL_TRY(ask_git(core, folder, changes, &text));
    if (text != NULL) {
        *dirty = json_boolean(text[0] != '\0');
    }
    core_free(core, text);
    return SYNRL_OK;
}

static json_t *add_plugin(struct core *core, json_t *plugins, const struct plugin *plugin) {
    char key[128], hash[17];
    snprintf(key, sizeof key, "%s/%s", kind_name((synrl_kind)plugin->entry->kind),
             plugin->entry->id);
    if (json_object_get(plugins, key) != NULL) {
        return plugins;
    }
    reads_hash(core, plugin->file, hash);
    /* What a script made has its code in the config; without a folder it is part of synrl itself.
     */
    if (hash[0] == '\0' && plugin->code == NULL && strchr(plugin->file, '/') != NULL) {
        core_log(core, SYNRL_LOG_WARNING, "%s: recorded without its hash", plugin->file);
    }
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

static json_t *plugins_json(struct core *core, const struct train_options *options) {
    json_t *plugins = json_object();
    plugins = add_component(core, plugins, options->model);
    plugins = add_component(core, plugins, options->loss);
    plugins = add_component(core, plugins, options->rule);
    plugins = add_component(core, plugins, dataset_component(options->data));
    return options->valid != NULL ? add_component(core, plugins, dataset_component(options->valid))
                                  : plugins;
}

static json_t *samples_json(struct dataset *dataset) {
    char hash[17];
    if (dataset == NULL) {
        return json_null();
    }
    snprintf(hash, sizeof hash, "%016" PRIx64, dataset_hash(dataset));
    return json_string(hash);
}

/* "Linux 6.1.0 x86_64" */
static json_t *system_json(void) {
    struct utsname name;
    char text[sizeof name];
    if (uname(&name) != 0) {
        return json_null();
    }
    snprintf(text, sizeof text, "%s %s %s", name.sysname, name.release, name.machine);
    return json_string(text);
}

static json_t *host_json(void) {
    char name[256];
    return gethostname(name, sizeof name) == 0 ? json_text_bytes(name) : json_null();
}

/* Where the run was made. */
static bool add_machine(const struct core *core, json_t *json) {
    json_t *machine = json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:o, s:I}", "compiler", COMPILER, "flags", SYNRL_FLAGS, "isa",
        engine_isa() != NULL ? engine_isa() : "scalar", "cpu", cpu_json(), "host", host_json(),
        "system", system_json(), "threads", (json_int_t)pool_size(core->pool));
    const bool is_added = json_object_update(json, machine) == 0;
    json_decref(machine);
    return is_added;
}

/* What the run depends on, as it is now. */
static bool add_sources(struct core *core, const struct train_options *options, json_t *json) {
    return json_object_set_new(json, "synrl", json_string(SYNRL_VERSION)) == 0 &&
           json_object_set_new(json, "plugins", plugins_json(core, options)) == 0 &&
           json_object_set_new(json, "files", reads_json(core, false)) == 0 &&
           json_object_set_new(json, "samples",
                               json_pack("{s:o, s:o}", "data", samples_json(options->data), "valid",
                                         samples_json(options->valid))) == 0;
}

synrl_status provenance_renew(struct core *core, const struct train_options *options,
                              json_t *json) {
    return add_sources(core, options, json)
               ? SYNRL_OK
               : core_fail(core, SYNRL_NO_MEMORY, "not enough memory for the provenance");
}

json_t *provenance_json(struct core *core, const struct train_options *options,
                        const char *script) {
    json_t *commit, *dirty;
    const synrl_status status = git_json(core, script, &commit, &dirty);
    json_t *json = json_with(json_with(json_object(), "git", commit), "dirty", dirty);
    if (status == SYNRL_OK && json != NULL && add_machine(core, json) &&
        add_sources(core, options, json)) {
        return json;
    }
    json_decref(json);
    core_fail(core, SYNRL_NO_MEMORY, "not enough memory for the provenance");
    return NULL;
}
