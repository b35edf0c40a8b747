/* SPDX-License-Identifier: MIT */
/* A plugin with its parameters. Invariant: whatever the config points to is held by this component:
 * owned memory on a list, or a counted reference in the slot of its parameter. */
#include "plugin/component.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/json_build.h"
#include "base/reads.h"
#include "base/suggest.h"
#include "engine/pool.h"
#include "plugin/activation_trial.h"
#include "plugin/component_private.h"
#include "plugin/host.h"
#include "policy/policy.h"

/* That the defaults of a table are values of their parameters is the author's to see to; an
 * activation's or a layer's is looked at when it is used. */
static synrl_status check_defaults(struct component *component) {
    const synrl_plugin *entry = component->plugin->entry;
    for (uint32_t p = 0; p < entry->n_params; p++) {
        const synrl_param *param = &entry->params[p];
        if (param->default_text == NULL || param->default_text[0] == '\0' ||
            param->type == SYNRL_PARAM_ACTIVATION || param->type == SYNRL_PARAM_ACTIVATIONS ||
            param->type == SYNRL_PARAM_LAYERS) {
            continue;
        }
        const synrl_status status = param_set_text(component, p, param->default_text);
        if (status != SYNRL_OK) {
            core_fail_in(component->core, status, "the default of a parameter");
            return core_fail_in(component->core, status, component->plugin->file);
        }
        param_release(component, p);
    }
    memset(component->config, 0, entry->config_size);
    return SYNRL_OK;
}

synrl_status component_create_of(struct core *core, const struct plugin *plugin,
                                 struct component **component) {
    *component = NULL;
    struct component *made = core_alloc(core, 1, sizeof *made);
    if (made == NULL) {
        return SYNRL_NO_MEMORY;
    }
    made->core = core;
    made->references = 1;
    made->plugin = plugin;
    host_init(&made->host, core, (synrl_kind)plugin->entry->kind, plugin->entry->id);
    made->config = core_alloc(core, plugin->entry->config_size, 1);
    made->slots = core_alloc(core, plugin->entry->n_params, sizeof *made->slots);
    if (made->config == NULL || made->slots == NULL) {
        component_release(made);
        return SYNRL_NO_MEMORY;
    }
    made->activation = (synrl_activation){.size = sizeof(synrl_activation),
                                          .id = plugin->entry->id,
                                          .ops = plugin->entry->ops,
                                          .config = made->config,
                                          .host = &made->host.api};
    made->layer = (synrl_layer){.size = sizeof(synrl_layer),
                                .id = plugin->entry->id,
                                .ops = plugin->entry->ops,
                                .config = made->config};
    const synrl_status status = check_defaults(made);
    if (status != SYNRL_OK) {
        component_release(made);
        return status;
    }
    if (plugin->context != NULL) {
        memcpy(made->config, &plugin->context, sizeof plugin->context);
    }
    *component = made;
    return SYNRL_OK;
}

synrl_status component_create(struct core *core, synrl_kind kind, const char *id,
                              struct component **component) {
    *component = NULL;
    const struct plugin *plugin;
    SYNRL_TRY(registry_find(core, kind, id, &plugin));
    char name[128];
    snprintf(name, sizeof name, "%s/%s", kind_name(kind), id);
    if (plugin->code == NULL) { /* else the script's text decides */
        SYNRL_TRY(reads_note(core, read_plugin, name, plugin->file));
    }
    return component_create_of(core, plugin, component);
}

static synrl_status fail_unknown(const struct component *component, const char *name) {
    const synrl_plugin *entry = component->plugin->entry;
    struct core *core = component->core;
    if (entry->n_params == 0) {
        return core_fail(core, SYNRL_INVALID, "%s: unknown parameter \"%s\": it has none",
                         component->host.who, name);
    }
    const char **words = core_alloc(core, entry->n_params, sizeof *words);
    if (words == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (uint32_t p = 0; p < entry->n_params; p++) {
        words[p] = entry->params[p].name;
    }
    char suggestion[SUGGESTION_SIZE];
    suggest_text(name, entry->n_params, words, suggestion);
    core_fail(core, SYNRL_INVALID, "%s: unknown parameter \"%s\"%s", component->host.who, name,
              suggestion);
    if (suggestion[0] == '\0') {
        core_fail(core, SYNRL_INVALID, "%s; it has", core->message);
        for (uint32_t p = 0; p < entry->n_params; p++) {
            core_fail(core, SYNRL_INVALID, "%s%s %s", core->message, p > 0 ? "," : "", words[p]);
        }
    }
    core_free(core, words);
    return SYNRL_INVALID;
}

/* The number of a parameter that is still to be set. */
static synrl_status find_param(const struct component *component, const char *name, uint32_t *p) {
    const synrl_plugin *entry = component->plugin->entry;
    for (*p = 0; *p < entry->n_params; ++*p) {
        if (strcmp(entry->params[*p].name, name) == 0) {
            return component->slots[*p].is_set
                       ? core_fail(component->core, SYNRL_INVALID, "%s: %s is given twice",
                                   component->host.who, name)
                       : SYNRL_OK;
        }
    }
    return fail_unknown(component, name);
}

synrl_status component_set(struct component *component, const char *name,
                           const struct value *value) {
    uint32_t p;
    SYNRL_TRY(find_param(component, name, &p));
    return param_set(component, p, value);
}

synrl_status component_set_text(struct component *component, const char *name, const char *text) {
    uint32_t p;
    SYNRL_TRY(find_param(component, name, &p));
    return param_set_text(component, p, text);
}

synrl_status component_set_line(struct component *component, const char *line) {
    const char *equals = strchr(line, '=');
    char *name = core_strdup(component->core, line);
    if (name == NULL) {
        return SYNRL_NO_MEMORY;
    }
    name[equals - line] = '\0';
    const synrl_status status = component_set_text(component, name, equals + 1);
    core_free(component->core, name);
    return status;
}

const struct component *component_in_script(const struct component *component) {
    const struct plugin *plugin = component->plugin;
    const bool is_unit =
        plugin->entry->kind == SYNRL_KIND_ACTIVATION || plugin->entry->kind == SYNRL_KIND_LOSS;
    if (is_unit && plugin->code == plugin_code_function) {
        return component;
    }
    const struct component *part, *found = NULL;
    for (size_t i = 0; found == NULL && (part = component_part(component, i)) != NULL; i++) {
        found = component_in_script(part);
    }
    return found;
}

/* What a script computes is tried on its thread. */
static synrl_status try_activation(struct component *component) {
    const bool is_in_script = component_in_script(component) != NULL;
    if (is_in_script) {
        pool_keep(component->core->pool, true);
    }
    const synrl_status status = activation_trial(&component->host, &component->activation);
    if (is_in_script) {
        pool_keep(component->core->pool, false);
    }
    return status;
}

synrl_status component_finish(struct component *component) {
    const synrl_plugin *entry = component->plugin->entry;
    for (uint32_t p = 0; p < entry->n_params; p++) {
        const synrl_param *param = &entry->params[p];
        if (component->slots[p].is_set) {
            continue;
        }
        if (param->default_text == NULL) {
            return core_fail(component->core, SYNRL_INVALID, "%s: %s must be given: %s",
                             component->host.who, param->name, param->meaning);
        }
        if (param->default_text[0] != '\0') {
            SYNRL_TRY(param_set_text(component, p, param->default_text));
        }
    }
    host_settled(&component->host, true); /* a loss and an activation have nowhere to keep memory */
    return entry->kind == SYNRL_KIND_ACTIVATION ? try_activation(component) : SYNRL_OK;
}

synrl_status component_create_default(struct core *core, synrl_kind kind, const char *id,
                                      struct component **component) {
    SYNRL_TRY(component_create(core, kind, id, component));
    const synrl_status status = component_finish(*component);
    if (status != SYNRL_OK) {
        component_release(*component);
        *component = NULL;
    }
    return status;
}

struct component *component_retain(struct component *component) {
    component->references++;
    return component;
}

void component_release(struct component *component) {
    if (component == NULL || --component->references > 0) {
        return;
    }
    struct core *core = component->core;
    const synrl_plugin *entry = component->plugin->entry;
    for (uint32_t p = 0; component->slots != NULL && p < entry->n_params; p++) {
        param_release(component, p);
    }
    core_free(core, component->slots);
    core_free(core, component->config);
    host_release(&component->host, 0);
    core_free(core, component);
}

const struct plugin *component_plugin(const struct component *component) {
    return component->plugin;
}

const void *component_config(const struct component *component) {
    return component->config;
}

struct host *component_host(struct component *component) {
    return &component->host;
}

const synrl_activation *component_activation(const struct component *component) {
    return &component->activation;
}

const synrl_layer *component_layer(const struct component *component) {
    return &component->layer;
}

json_t *component_json(const struct component *component) {
    const synrl_plugin *entry = component->plugin->entry;
    json_t *parameters = json_object();
    for (uint32_t p = 0; p < entry->n_params; p++) {
        if (json_object_set_new(parameters, entry->params[p].name, param_json(component, p)) != 0) {
            json_decref(parameters);
            parameters = NULL; /* which json_pack refuses */
            break;
        }
    }
    json_t *json = json_pack("{s:s, s:s, s:s, s:o}", "id", entry->id, "version", entry->version,
                             "file", component->plugin->file, "parameters", parameters);
    if (json != NULL && component->plugin->code != NULL) {
        json = json_with(json, "code", json_text_bytes(component->plugin->code));
    }
    if (json == NULL) {
        core_fail(component->core, SYNRL_NO_MEMORY, "not enough memory to describe %s",
                  component->host.who);
    }
    return json;
}
