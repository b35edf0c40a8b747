/* SPDX-License-Identifier: MIT */
/* The value of a parameter as JSON, for the run's record. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json_build.h"
#include "plugin/component_private.h"
#include "plugin/param_types.h"
#include "plugin/schedule.h"
#include "policy/policy.h"

struct stored {
    const struct slot *slot;
    const synrl_param *param;
    const void *field; /* of the config */
};

static json_t *json_of_number(const struct stored *stored) {
    double number;
    memcpy(&number, stored->field, sizeof number);
    return json_real(number);
}

static json_t *json_of_integer(const struct stored *stored) {
    int64_t integer;
    memcpy(&integer, stored->field, sizeof integer);
    return json_integer(integer);
}

static json_t *json_of_boolean(const struct stored *stored) {
    bool boolean;
    memcpy(&boolean, stored->field, sizeof boolean);
    return json_boolean(boolean);
}

static json_t *json_of_string(const struct stored *stored) {
    return json_string(stored->slot->memory);
}

static json_t *json_of_word(const struct stored *stored, int64_t index) {
    const char *words = stored->param->choices;
    for (; index > 0; index--) {
        words = strchr(words, '|') + 1;
    }
    return json_stringn(words, strcspn(words, "|"));
}

static json_t *json_of_choice(const struct stored *stored) {
    int32_t index;
    memcpy(&index, stored->field, sizeof index);
    return json_of_word(stored, index);
}

static json_t *json_of_choices(const struct stored *stored) {
    const synrl_integers *indices = stored->field;
    json_t *list = json_array();
    for (size_t i = 0; i < indices->n; i++) {
        list = json_appended(list, json_of_word(stored, indices->items[i]));
    }
    return list;
}

static json_t *json_of_integers(const struct stored *stored) {
    const synrl_integers *integers = stored->field;
    json_t *list = json_array();
    for (size_t i = 0; i < integers->n; i++) {
        list = json_appended(list, json_integer(integers->items[i]));
    }
    return list;
}

static json_t *json_of_numbers(const struct stored *stored) {
    const synrl_numbers *numbers = stored->field;
    json_t *list = json_array();
    for (size_t i = 0; i < numbers->n; i++) {
        list = json_appended(list, json_real(numbers->items[i]));
    }
    return list;
}

static json_t *json_of_schedule(const struct stored *stored) {
    return schedule_json(stored->slot->schedule);
}

static json_t *json_of_features(const synrl_policy *policy) {
    json_t *list = json_array();
    for (uint32_t feature = 0; feature < policy->n_features; feature++) {
        list = json_appended(list, json_string(policy_feature_name(policy, feature)));
    }
    return list;
}

static json_t *json_of_policy(const struct stored *stored) {
    const synrl_policy *policy = stored->slot->policy;
    char hash[17];
    snprintf(hash, sizeof hash, "%016" PRIx64, policy_hash(policy));
    json_t *json = json_pack("{s:i, s:i, s:s}", "n_actions", (int)policy->n_actions, "n_rewards",
                             (int)policy->n_rewards, "hash", hash);
    return policy->n_features > 0 ? json_with(json, "features", json_of_features(policy)) : json;
}

static json_t *json_of_component(const struct component *component) {
    const synrl_plugin *entry = component->plugin->entry;
    return entry->n_params == 0 && component->plugin->code == NULL ? json_string(entry->id)
                                                                   : component_json(component);
}

static json_t *json_of_activation(const struct stored *stored) {
    return json_of_component(stored->slot->components[0]);
}

static json_t *json_of_activations(const struct stored *stored) {
    json_t *list = json_array();
    for (size_t i = 0; i < stored->slot->n_components; i++) {
        list = json_appended(list, json_of_component(stored->slot->components[i]));
    }
    return list;
}

static json_t *json_of_layers(const struct stored *stored) {
    return json_of_activations(stored);
}

json_t *param_json(const struct component *component, uint32_t p) {
    static json_t *(*const functions[])(const struct stored *) = {
#define ROW(type, word, must, c_type, name, item) [SYNRL_PARAM_##type] = json_of_##name,
        PARAM_TYPES(ROW)
#undef ROW
    };
    const synrl_param *param = &component->plugin->entry->params[p];
    const struct stored stored = {.slot = &component->slots[p],
                                  .param = param,
                                  .field = (const char *)component->config + param->offset};
    return stored.slot->is_set ? functions[param->type](&stored) : json_null();
}

const char *component_function(const struct component *component) {
    const synrl_plugin *entry = component->plugin->entry;
    const char *code = component->plugin->code;
    if (code != NULL && strcmp(code, plugin_code_function) == 0) {
        return entry->id;
    }
    for (uint32_t p = 0; p < entry->n_params; p++) {
        const struct schedule *schedule = component->slots[p].schedule;
        if (schedule != NULL && schedule_is_function(schedule)) {
            return entry->params[p].name;
        }
    }
    return NULL;
}
