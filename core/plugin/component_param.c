/* SPDX-License-Identifier: MIT */
/* One parameter: checking and storing. Invariant: a config's field is written only once
 * all of its value has been checked. */
#include "plugin/component_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "plugin/bounds.h"
#include "plugin/param_types.h"
#include "policy/policy.h"
#include "synrl/utf8.h"

/* A parameter on its way in. */
struct setting {
    struct component *component;
    struct core *core;
    const synrl_param *param;
    struct slot *slot;
    const struct value *value;
};

/* What came, in a few words, for a message. */
static const char *value_text(const struct value *value, char *text, size_t size) {
    switch (value->kind) {
    case VALUE_NIL:
        return "nil";
    case VALUE_BOOLEAN:
        return value->as.boolean ? "true" : "false";
    case VALUE_INTEGER:
        snprintf(text, size, "%lld", (long long)value->as.integer);
        return text;
    case VALUE_NUMBER:
        snprintf(text, size, "%.15g", value->as.number);
        return text;
    case VALUE_STRING:
        snprintf(text, size, "\"%s\"", value->as.string);
        return text;
    case VALUE_LIST:
        return "a list";
    case VALUE_SCHEDULE:
        return "a schedule";
    case VALUE_POLICY:
        return "a policy";
    case VALUE_COMPONENT:
        return value->as.component->host.who;
    case VALUE_OTHER:
        return value->as.string;
    }
    return "nothing";
}

static synrl_status fail_type(const struct setting *setting) {
    char text[64];
    const bool is_choice = param_has_choices(setting->param->type);
    return core_fail(setting->core, SYNRL_INVALID, "%s: %s = %s: must be %s%s%s",
                     setting->component->host.who, setting->param->name,
                     value_text(setting->value, text, sizeof text),
                     param_type(setting->param->type)->must, is_choice ? " " : "",
                     is_choice ? setting->param->choices : "");
}

static synrl_status check_range(const struct setting *setting, double number) {
    const struct bounds bounds = {setting->param->min, setting->param->max};
    if (bounds_hold(bounds, number)) {
        return SYNRL_OK;
    }
    char must[96];
    bounds_text(bounds, must, sizeof must);
    return core_fail(setting->core, SYNRL_INVALID, "%s: %s = %.15g: must be %s",
                     setting->component->host.who, setting->param->name,
                     isnan(number) ? (double)NAN : number /* without a sign */, must);
}

static void store(const struct setting *setting, const void *field, size_t size) {
    memcpy((char *)setting->component->config + setting->param->offset, field, size);
    setting->slot->is_set = true;
}

/* By type -------------------------------------------------------------------------------------- */

static bool as_number(const struct value *value, double *number) {
    if (value->kind == VALUE_INTEGER) {
        *number = (double)value->as.integer;
    } else if (value->kind == VALUE_NUMBER) {
        *number = value->as.number;
    }
    return value->kind == VALUE_INTEGER || value->kind == VALUE_NUMBER;
}

static bool as_integer(const struct value *value, int64_t *integer) {
    if (value->kind == VALUE_INTEGER) {
        *integer = value->as.integer;
        return true;
    }
    if (value->kind == VALUE_NUMBER && value->as.number == floor(value->as.number) &&
        fabs(value->as.number) < 9007199254740992.0) {
        *integer = (int64_t)value->as.number;
        return true;
    }
    return false;
}

static synrl_status read_integer(const struct setting *setting, int64_t *integer) {
    return as_integer(setting->value, integer) ? check_range(setting, (double)*integer)
                                               : fail_type(setting);
}

static synrl_status read_number(const struct setting *setting, double *number) {
    return as_number(setting->value, number) ? check_range(setting, *number) : fail_type(setting);
}

static synrl_status set_number(const struct setting *setting) {
    double number = 0;
    SYNRL_TRY(read_number(setting, &number));
    store(setting, &number, sizeof number);
    return SYNRL_OK;
}

static synrl_status set_integer(const struct setting *setting) {
    int64_t integer = 0;
    SYNRL_TRY(read_integer(setting, &integer));
    store(setting, &integer, sizeof integer);
    return SYNRL_OK;
}

static synrl_status set_boolean(const struct setting *setting) {
    if (setting->value->kind != VALUE_BOOLEAN) {
        return fail_type(setting);
    }
    store(setting, &setting->value->as.boolean, sizeof(bool));
    return SYNRL_OK;
}

/* JSON, and so run.json, takes nothing else. */
static bool is_utf8(const char *text) {
    size_t n = strlen(text), length = 1;
    for (; n > 0 && length > 0; n -= length, text += length) {
        length = synrl_utf8_character(text, n);
    }
    return length > 0;
}

static synrl_status set_string(const struct setting *setting) {
    if (setting->value->kind != VALUE_STRING) {
        return fail_type(setting);
    }
    if (!is_utf8(setting->value->as.string)) {
        return core_fail(setting->core, SYNRL_INVALID, "%s: %s: must be text in UTF-8",
                         setting->component->host.who, setting->param->name);
    }
    const char *string = core_strdup(setting->core, setting->value->as.string);
    if (string == NULL) {
        return SYNRL_NO_MEMORY;
    }
    setting->slot->memory = (void *)string;
    store(setting, &string, sizeof(const char *));
    return SYNRL_OK;
}

static synrl_status read_choice(const struct setting *setting, int32_t *index) {
    if (setting->value->kind == VALUE_STRING) {
        const char *word = setting->param->choices;
        const size_t length = strlen(setting->value->as.string);
        for (*index = 0; word != NULL; ++*index) {
            if (strcspn(word, "|") == length &&
                memcmp(word, setting->value->as.string, length) == 0) {
                return SYNRL_OK;
            }
            word = strchr(word, '|');
            word = word != NULL ? word + 1 : NULL;
        }
    }
    return fail_type(setting);
}

static synrl_status set_choice(const struct setting *setting) {
    int32_t index;
    SYNRL_TRY(read_choice(setting, &index));
    store(setting, &index, sizeof index);
    return SYNRL_OK;
}

/* One item stands for a list of it. */
static void items_of(const struct value *value, size_t *n, const struct value **items) {
    const bool is_list = value->kind == VALUE_LIST;
    *n = is_list ? value->as.list.n : 1;
    *items = is_list ? value->as.list.items : value;
}

/* Memory for the items of a list; param_set frees it after a failure. */
static void *begin_list(const struct setting *setting, size_t size, size_t *n,
                        const struct value **values) {
    items_of(setting->value, n, values);
    setting->slot->memory = core_alloc(setting->core, *n, size);
    return setting->slot->memory;
}

static synrl_status set_integers(const struct setting *setting) {
    const struct value *values;
    struct setting item = *setting;
    size_t n;
    int64_t *integers = begin_list(setting, sizeof *integers, &n, &values);
    if (integers == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        item.value = &values[i];
        SYNRL_TRY(read_integer(&item, &integers[i]));
    }
    store(setting, &(synrl_integers){n, integers}, sizeof(synrl_integers));
    return SYNRL_OK;
}

static synrl_status set_numbers(const struct setting *setting) {
    const struct value *values;
    struct setting item = *setting;
    size_t n;
    double *numbers = begin_list(setting, sizeof *numbers, &n, &values);
    if (numbers == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        item.value = &values[i];
        SYNRL_TRY(read_number(&item, &numbers[i]));
    }
    store(setting, &(synrl_numbers){n, numbers}, sizeof(synrl_numbers));
    return SYNRL_OK;
}

static synrl_status set_choices(const struct setting *setting) {
    const struct value *values;
    struct setting item = *setting;
    size_t n;
    int64_t *indices = begin_list(setting, sizeof *indices, &n, &values);
    if (indices == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        int32_t index;
        item.value = &values[i];
        SYNRL_TRY(read_choice(&item, &index));
        indices[i] = index;
    }
    store(setting, &(synrl_integers){n, indices}, sizeof(synrl_integers));
    return SYNRL_OK;
}

static synrl_status bound_schedule(const struct setting *setting, struct schedule *inner) {
    const synrl_param *param = setting->param;
    char who[192];
    snprintf(who, sizeof who, "%s: %s", setting->component->host.who, param->name);
    SYNRL_TRY(schedule_bounded(setting->core, inner, who, param->min, param->max,
                               &setting->slot->schedule));
    const synrl_schedule *api = schedule_public(setting->slot->schedule);
    store(setting, &api, sizeof(const synrl_schedule *));
    return SYNRL_OK;
}

static synrl_status set_schedule(const struct setting *setting) {
    double number;
    if (setting->value->kind == VALUE_SCHEDULE) {
        return bound_schedule(setting, setting->value->as.schedule);
    }
    if (!as_number(setting->value, &number)) {
        return fail_type(setting);
    }
    SYNRL_TRY(check_range(setting, number));
    struct schedule *constant;
    SYNRL_TRY(schedule_constant(setting->core, number, &constant));
    const synrl_status status = bound_schedule(setting, constant);
    schedule_release(constant);
    return status;
}

static synrl_status set_policy(const struct setting *setting) {
    if (setting->value->kind != VALUE_POLICY) {
        return fail_type(setting);
    }
    setting->slot->policy = policy_retain(setting->value->as.policy);
    store(setting, &setting->slot->policy, sizeof(const synrl_policy *));
    return SYNRL_OK;
}

synrl_kind param_kind(synrl_param_type type) {
    return type == SYNRL_PARAM_LAYERS ? SYNRL_KIND_LAYER : SYNRL_KIND_ACTIVATION;
}

/* An activation or layer as a component of its own: the one given, or by its id with its defaults.
 */
static synrl_status part_of(const struct setting *setting, const struct value *value,
                            struct component **part) {
    const synrl_kind kind = param_kind(setting->param->type);
    if (value->kind == VALUE_COMPONENT &&
        value->as.component->plugin->entry->kind == (uint32_t)kind) {
        *part = component_retain(value->as.component);
        return SYNRL_OK;
    }
    if (value->kind != VALUE_STRING) {
        struct setting item = *setting;
        item.value = value;
        return fail_type(&item);
    }
    const synrl_status status =
        component_create_default(setting->core, kind, value->as.string, part);
    if (status != SYNRL_OK) {
        char prefix[192];
        snprintf(prefix, sizeof prefix, "%s: %s", setting->component->host.who,
                 setting->param->name);
        core_fail_in(setting->core, status, prefix);
    }
    return status;
}

/* The components of a list, one for each of its items. */
static synrl_status set_parts(const struct setting *setting) {
    size_t n;
    const struct value *items;
    items_of(setting->value, &n, &items);
    struct slot *slot = setting->slot;
    slot->components = core_alloc(setting->core, n, sizeof *slot->components);
    if (slot->components == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (; slot->n_components < n; slot->n_components++) {
        SYNRL_TRY(
            part_of(setting, &items[slot->n_components], &slot->components[slot->n_components]));
    }
    return SYNRL_OK;
}

static synrl_status set_activations(const struct setting *setting) {
    struct slot *slot = setting->slot;
    SYNRL_TRY(set_parts(setting));
    const synrl_activation **activations =
        core_alloc(setting->core, slot->n_components, sizeof *activations);
    slot->memory = activations;
    if (activations == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (size_t i = 0; i < slot->n_components; i++) {
        activations[i] = component_activation(slot->components[i]);
    }
    const synrl_activations list = {slot->n_components, activations};
    if (setting->param->type == SYNRL_PARAM_ACTIVATIONS) {
        store(setting, &list, sizeof list);
    } else {
        store(setting, activations, sizeof *activations);
    }
    return SYNRL_OK;
}

static synrl_status set_layers(const struct setting *setting) {
    struct slot *slot = setting->slot;
    SYNRL_TRY(set_parts(setting));
    const synrl_layer **layers = core_alloc(setting->core, slot->n_components, sizeof *layers);
    slot->memory = layers;
    if (layers == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (size_t i = 0; i < slot->n_components; i++) {
        layers[i] = component_layer(slot->components[i]);
    }
    const synrl_layers value = {slot->n_components, layers};
    store(setting, &value, sizeof value);
    return SYNRL_OK;
}

static synrl_status set_activation(const struct setting *setting) {
    return setting->value->kind == VALUE_LIST ? fail_type(setting) : set_activations(setting);
}

/* Defaults: what is not written as its type is a string, which its type then refuses ----------- */

static struct value string_item(const char *text) {
    return (struct value){.kind = VALUE_STRING, .as.string = text};
}

static struct value number_item(const char *text) {
    char *end;
    const double number = strtod_l(text, &end, number_locale());
    return *end == '\0' ? (struct value){.kind = VALUE_NUMBER, .as.number = number}
                        : string_item(text);
}

static struct value boolean_item(const char *text) {
    const bool is_true = strcmp(text, "true") == 0;
    return is_true || strcmp(text, "false") == 0
               ? (struct value){.kind = VALUE_BOOLEAN, .as.boolean = is_true}
               : string_item(text);
}

/* All types ------------------------------------------------------------------------------------ */

static const struct {
    synrl_status (*set)(const struct setting *setting);
    struct value (*item)(const char *text); /* of a default */
} operations[] = {
#define ROW(type, word, must, c_type, functions, text) \
    [SYNRL_PARAM_##type] = {set_##functions, text##_item},
    PARAM_TYPES(ROW)
#undef ROW
};

synrl_status param_set(struct component *component, uint32_t p, const struct value *value) {
    const struct setting setting = {.component = component,
                                    .core = component->core,
                                    .param = &component->plugin->entry->params[p],
                                    .slot = &component->slots[p],
                                    .value = value};
    const synrl_status status = operations[setting.param->type].set(&setting);
    if (status != SYNRL_OK) {
        param_release(component, p);
    }
    return status;
}

/* Text ----------------------------------------------------------------------------------------- */

/* A list is written "{2, 100, 1}". */
static synrl_status set_list_text(struct component *component, uint32_t p, char *text) {
    enum { ITEMS_MAX = 16 };
    struct value items[ITEMS_MAX];
    size_t n = 0;
    char *rest = NULL;
    for (char *item = strtok_r(text, "{, }", &rest); item != NULL && n < ITEMS_MAX;
         item = strtok_r(NULL, "{, }", &rest)) {
        items[n++] = operations[component->plugin->entry->params[p].type].item(item);
    }
    if (n == ITEMS_MAX) {
        return core_fail(component->core, SYNRL_INVALID,
                         "%s: %s: a list of %d items or more: must have fewer", component->host.who,
                         component->plugin->entry->params[p].name, ITEMS_MAX);
    }
    const struct value list = {.kind = VALUE_LIST, .as.list = {n, items}};
    return param_set(component, p, &list);
}

synrl_status param_set_text(struct component *component, uint32_t p, const char *text) {
    if (text[0] != '{') {
        const synrl_param_type type = component->plugin->entry->params[p].type;
        const struct value value = operations[type].item(text);
        return param_set(component, p, &value);
    }
    char *items = core_strdup(component->core, text);
    if (items == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const synrl_status status = set_list_text(component, p, items);
    core_free(component->core, items);
    return status;
}

void param_release(struct component *component, uint32_t p) {
    struct slot *slot = &component->slots[p];
    for (size_t i = 0; i < slot->n_components; i++) {
        component_release(slot->components[i]);
    }
    core_free(component->core, slot->components);
    core_free(component->core, slot->memory);
    schedule_release(slot->schedule);
    policy_release(slot->policy);
    *slot = (struct slot){0};
}

const struct component *component_part(const struct component *component, size_t i) {
    for (uint32_t p = 0; p < component->plugin->entry->n_params; p++) {
        const struct slot *slot = &component->slots[p];
        if (i < slot->n_components) {
            return slot->components[i];
        }
        i -= slot->n_components;
    }
    return NULL;
}

const synrl_policy *component_policy(const struct component *component, size_t i) {
    for (uint32_t p = 0; p < component->plugin->entry->n_params; p++) {
        const synrl_policy *policy = component->slots[p].policy;
        if (policy != NULL && i-- == 0) {
            return policy;
        }
    }
    return NULL;
}
