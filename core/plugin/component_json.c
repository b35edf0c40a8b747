/* SPDX-License-Identifier: MIT */
/* A component made again from what a run's record says of it. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "plugin/compile.h"
#include "plugin/component.h"
#include "plugin/component_json.h"
#include "plugin/kind.h"
#include "plugin/plugin_check.h"
#include "policy/policy.h"
#include "policy/policy_csv.h"

struct making {
    struct core *core;
    struct component *component;
    const char *policy_path;
    bool may_compile;
    size_t n_settings;
    char *const *settings; /* "NAME=VALUE", in place of recorded ones */
};

static synrl_status set_from_json(struct making *making, const synrl_param *param,
                                  const json_t *json);

static synrl_status refuse(const struct making *making, const synrl_param *param,
                           const json_t *json) {
    const synrl_plugin *entry = component_plugin(making->component)->entry;
    return core_fail(making->core, SYNRL_INVALID,
                     "%s \"%s\": the recorded value of %s does not fit it: %s",
                     kind_name((synrl_kind)entry->kind), entry->id, param->name,
                     json_is_object(json) ? "an object" : "of another type");
}

/* Where a policy that a run began with is kept beside the one that it ended with: policy-HASH.csv
 * beside policy.csv. That of the end where there is no such file: older runs have none. */
static char *find_policy(const struct making *making, const char *hash) {
    const char *path = making->policy_path, *slash = strrchr(path, '/');
    const int length = slash != NULL ? (int)(slash - path + 1) : 0;
    char *first = strspn(hash, "0123456789abcdef") == strlen(hash)
                      ? core_printf(making->core, "%.*spolicy-%s.csv", length, path, hash)
                      : core_strdup(making->core, path);
    if (first != NULL && access(first, F_OK) != 0) {
        core_free(making->core, first);
        return core_strdup(making->core, path);
    }
    return first;
}

static synrl_status load_policy(const struct making *making, const char *wanted,
                                synrl_policy **policy) {
    char hash[17], *path = find_policy(making, wanted);
    synrl_status status =
        path != NULL ? policy_load_csv(making->core, path, policy) : SYNRL_NO_MEMORY;
    if (status == SYNRL_OK) {
        snprintf(hash, sizeof hash, "%016" PRIx64, policy_hash(*policy));
        if (strcmp(wanted, hash) != 0) {
            policy_release(*policy);
            status = core_fail(making->core, SYNRL_INVALID,
                               "%s: is not the policy that the run was made with", path);
        }
    }
    core_free(making->core, path);
    return status;
}

static synrl_status set_policy(struct making *making, const synrl_param *param,
                               const json_t *json) {
    synrl_policy *policy;
    const char *wanted = json_string_value(json_object_get(json, "hash"));
    SYNRL_TRY(load_policy(making, wanted != NULL ? wanted : "", &policy));
    const struct value value = {.kind = VALUE_POLICY, .as.policy = policy};
    const synrl_status status = component_set(making->component, param->name, &value);
    policy_release(policy);
    return status;
}

/* [[iteration, value], ...] */
static synrl_status set_schedule(struct making *making, const synrl_param *param,
                                 const json_t *json) {
    struct core *core = making->core;
    const size_t n = json_array_size(json);
    uint64_t *iterations = core_alloc(core, n, sizeof *iterations);
    double *values = core_alloc(core, n, sizeof *values);
    struct schedule *schedule = NULL;
    synrl_status status = iterations != NULL && values != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    for (size_t i = 0; status == SYNRL_OK && i < n; i++) {
        const json_t *step = json_array_get(json, i);
        const json_int_t iteration = json_integer_value(json_array_get(step, 0));
        iterations[i] = iteration > 0 ? (uint64_t)iteration : 0;
        values[i] = json_number_value(json_array_get(step, 1));
    }
    if (status == SYNRL_OK) {
        status = n > 0 ? schedule_steps(core, n, iterations, values, &schedule)
                       : refuse(making, param, json);
    }
    if (status == SYNRL_OK) {
        const struct value value = {.kind = VALUE_SCHEDULE, .as.schedule = schedule};
        status = component_set(making->component, param->name, &value);
    }
    schedule_release(schedule);
    core_free(core, values);
    core_free(core, iterations);
    return status;
}

static synrl_status set_component(struct making *making, const synrl_param *param,
                                  const json_t *json) {
    struct component *component;
    SYNRL_TRY(component_from_json(making->core, SYNRL_KIND_ACTIVATION, json, making->policy_path,
                                  making->may_compile, &component));
    const struct value value = {.kind = VALUE_COMPONENT, .as.component = component};
    const synrl_status status = component_set(making->component, param->name, &value);
    component_release(component);
    return status;
}

static bool scalar_from_json(const json_t *json, struct value *value) {
    switch (json_typeof(json)) {
    case JSON_TRUE:
    case JSON_FALSE:
        *value = (struct value){.kind = VALUE_BOOLEAN, .as.boolean = json_is_true(json)};
        return true;
    case JSON_INTEGER:
        *value = (struct value){.kind = VALUE_INTEGER, .as.integer = json_integer_value(json)};
        return true;
    case JSON_REAL:
        *value = (struct value){.kind = VALUE_NUMBER, .as.number = json_real_value(json)};
        return true;
    case JSON_STRING:
        *value = (struct value){.kind = VALUE_STRING, .as.string = json_string_value(json)};
        return true;
    default:
        return false;
    }
}

/* Items that are components with parameters are made first, and released when the list is set. */
static synrl_status read_items(struct making *making, const synrl_param *param, const json_t *json,
                               struct value *items) {
    for (size_t i = 0; i < json_array_size(json); i++) {
        const json_t *item = json_array_get(json, i);
        if (scalar_from_json(item, &items[i])) {
            continue;
        }
        if (param->type != SYNRL_PARAM_ACTIVATIONS && param->type != SYNRL_PARAM_LAYERS) {
            return refuse(making, param, item);
        }
        struct component *component;
        SYNRL_TRY(component_from_json(making->core, param_kind(param->type), item,
                                      making->policy_path, making->may_compile, &component));
        items[i] = (struct value){.kind = VALUE_COMPONENT, .as.component = component};
    }
    return SYNRL_OK;
}

static synrl_status set_list(struct making *making, const synrl_param *param, const json_t *json) {
    const size_t n = json_array_size(json);
    struct value *items = core_alloc(making->core, n, sizeof *items);
    if (items == NULL) {
        return SYNRL_NO_MEMORY;
    }
    synrl_status status = read_items(making, param, json, items);
    if (status == SYNRL_OK) {
        const struct value value = {.kind = VALUE_LIST, .as.list = {n, items}};
        status = component_set(making->component, param->name, &value);
    }
    for (size_t i = 0; i < n; i++) {
        if (items[i].kind == VALUE_COMPONENT) {
            component_release(items[i].as.component);
        }
    }
    core_free(making->core, items);
    return status;
}

static synrl_status set_from_json(struct making *making, const synrl_param *param,
                                  const json_t *json) {
    const bool is_schedule = param->type == SYNRL_PARAM_SCHEDULE;
    struct value value;
    if (json == NULL || json_is_null(json)) {
        return SYNRL_OK;
    }
    if (is_schedule && json_is_string(json)) {
        return core_fail(making->core, SYNRL_UNSUPPORTED,
                         "%s was a function of the script, which the record does not hold: a "
                         "number or synrl.schedule it could hold",
                         param->name);
    }
    if (json_is_array(json)) {
        return is_schedule ? set_schedule(making, param, json) : set_list(making, param, json);
    }
    if (json_is_object(json)) {
        switch (param->type) {
        case SYNRL_PARAM_POLICY:
            return set_policy(making, param, json);
        case SYNRL_PARAM_ACTIVATION:
            return set_component(making, param, json);
        default:
            return refuse(making, param, json);
        }
    }
    return scalar_from_json(json, &value) ? component_set(making->component, param->name, &value)
                                          : refuse(making, param, json);
}

/* A plugin that a script had made from `code`. */
static synrl_status make_plugin(const struct making *making, synrl_kind kind, const char *id,
                                const json_t *code) {
    const struct plugin *plugin;
    bool has_place;
    if (!json_is_string(code) || !is_plugin_id(id)) {
        return SYNRL_OK;
    }
    if (strcmp(json_string_value(code), plugin_code_function) == 0) {
        return core_fail(making->core, SYNRL_UNSUPPORTED,
                         "%s \"%s\" was a function of the script, which the record does not hold",
                         kind_name(kind), id);
    }
    char *text = core_strdup(making->core, json_string_value(code));
    if (text == NULL) {
        return SYNRL_NO_MEMORY;
    }
    text[json_unescape(text, strlen(text))] = '\0';
    const struct compile_source source = {
        .kind = kind, .id = id, .text = text, .may_compile = making->may_compile};
    const synrl_status status = compile_plugin(making->core, &source, &plugin, &has_place);
    core_free(making->core, text);
    return status;
}

/* The setting of that name; NULL: there is none. */
static const char *find_setting(const struct making *making, const char *name) {
    const size_t length = strlen(name);
    for (size_t i = 0; i < making->n_settings; i++) {
        const char *setting = making->settings[i];
        if (strncmp(setting, name, length) == 0 && setting[length] == '=') {
            return setting;
        }
    }
    return NULL;
}

/* "NAME=" of a parameter that there is; of another it is a mistake, as any value would be. */
static bool leaves_out(const synrl_plugin *entry, const char *setting) {
    const size_t length = strlen(setting) - 1;
    bool is_known = false;
    for (uint32_t p = 0; !is_known && p < entry->n_params; p++) {
        is_known = strlen(entry->params[p].name) == length &&
                   strncmp(setting, entry->params[p].name, length) == 0;
    }
    return is_known && setting[length] == '=';
}

static synrl_status set_parameters(struct making *making, const json_t *parameters) {
    const synrl_plugin *entry = component_plugin(making->component)->entry;
    for (uint32_t p = 0; p < entry->n_params; p++) {
        const synrl_param *param = &entry->params[p];
        if (find_setting(making, param->name) == NULL) {
            SYNRL_TRY(set_from_json(making, param, json_object_get(parameters, param->name)));
        }
    }
    for (size_t i = 0; i < making->n_settings; i++) {
        if (!leaves_out(entry, making->settings[i])) {
            SYNRL_TRY(component_set_line(making->component, making->settings[i]));
        }
    }
    return component_finish(making->component);
}

static synrl_status make(struct making *making, synrl_kind kind, const json_t *json,
                         struct component **made) {
    const char *id = json_string_value(json_object_get(json, "id"));
    const json_t *parameters = json_object_get(json, "parameters");
    *made = NULL;
    if (id == NULL || !json_is_object(parameters)) {
        return core_fail(making->core, SYNRL_INVALID, "the record has no %s", kind_name(kind));
    }
    SYNRL_TRY(make_plugin(making, kind, id, json_object_get(json, "code")));
    SYNRL_TRY(component_create(making->core, kind, id, &making->component));
    const synrl_status status = set_parameters(making, parameters);
    if (status != SYNRL_OK) {
        component_release(making->component);
        return status;
    }
    *made = making->component;
    return SYNRL_OK;
}

synrl_status component_from_json(struct core *core, synrl_kind kind, const json_t *json,
                                 const char *policy_path, bool may_compile,
                                 struct component **made) {
    struct making making = {.core = core, .policy_path = policy_path, .may_compile = may_compile};
    return make(&making, kind, json, made);
}

synrl_status component_from_json_but(struct core *core, synrl_kind kind, const json_t *json,
                                     size_t n, char *const *settings, struct component **made) {
    struct making making = {.core = core, .policy_path = "", .n_settings = n, .settings = settings};
    return make(&making, kind, json, made);
}
