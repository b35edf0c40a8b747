/* SPDX-License-Identifier: MIT */
#include "check/subject.h"

#include <string.h>

#include "policy/policy.h"

enum { N_HIDDEN = 6, N_LAYERS_MOST = 2 };

/* Win-stay, lose-reverse: the table of a rule that follows one. */
static synrl_status set_policy(struct subject *subject, struct component *component,
                               const char *name) {
    synrl_policy *policy;
    SYNRL_TRY(policy_create(subject->core, 1, 1, 0, &policy));
    for (int reward = -1; reward <= 1; reward++) {
        for (int last = -1; last <= 1; last++) {
            policy->q[((reward + 1) * 3 + last + 1) * 3 + reward * last + 1] = 1.0;
        }
    }
    const struct value value = {.kind = VALUE_POLICY, .as.policy = policy};
    const synrl_status status = component_set(component, name, &value);
    policy_release(policy);
    return status;
}

static synrl_status set_layers(struct component *component, const char *name,
                               const synrl_data *data) {
    char text[64];
    snprintf(text, sizeof text, "{%zu, %d, %zu}", data->n_inputs, N_HIDDEN,
             data->targets != NULL ? data->n_targets : data->n_classes);
    return component_set_text(component, name, text);
}

static bool is_given(const struct check_request *request, const char *name) {
    const size_t n = strlen(name);
    for (size_t i = 0; i < request->n_settings; i++) {
        if (strncmp(request->settings[i], name, n) == 0 && request->settings[i][n] == '=') {
            return true;
        }
    }
    return false;
}

static synrl_status set_given(struct subject *subject, struct component *component) {
    const struct check_request *request = subject->request;
    for (size_t i = 0; i < request->n_settings; i++) {
        const char *equals = strchr(request->settings[i], '=');
        char *name = core_strdup(subject->core, request->settings[i]);
        if (name == NULL) {
            return SYNRL_NO_MEMORY;
        }
        name[equals - request->settings[i]] = '\0';
        const synrl_status status = component_set_text(component, name, equals + 1);
        core_free(subject->core, name);
        SYNRL_TRY(status);
    }
    return SYNRL_OK;
}

/* Values for what must be given. */
static synrl_status set_required(struct subject *subject, struct component *component,
                                 const struct check_request *given, const synrl_data *data) {
    const synrl_plugin *entry = component_plugin(component)->entry;
    for (uint32_t p = 0; p < entry->n_params; p++) {
        const synrl_param *param = &entry->params[p];
        if (param->default_text != NULL || (given != NULL && is_given(given, param->name))) {
            continue;
        }
        if (param->type == SYNRL_PARAM_POLICY) {
            SYNRL_TRY(set_policy(subject, component, param->name));
        } else if (param->type == SYNRL_PARAM_LAYERS) {
            SYNRL_TRY(component_set_text(component, param->name, "{dense, dense}"));
        } else if (param->type == SYNRL_PARAM_INTEGERS && entry->kind == SYNRL_KIND_MODEL &&
                   data != NULL) {
            SYNRL_TRY(set_layers(component, param->name, data));
        }
    }
    return SYNRL_OK;
}

static synrl_status configure(struct subject *subject, struct component *component, bool is_subject,
                              const synrl_data *data) {
    SYNRL_TRY(set_required(subject, component, is_subject ? subject->request : NULL, data));
    if (is_subject) {
        SYNRL_TRY(set_given(subject, component));
    }
    return component_finish(component);
}

static synrl_status make(struct subject *subject, synrl_kind kind, const char *id, bool is_subject,
                         const synrl_data *data, struct component **made) {
    SYNRL_TRY(component_create(subject->core, kind, id, made));
    const synrl_status status = configure(subject, *made, is_subject, data);
    if (status != SYNRL_OK) {
        component_release(*made);
        *made = NULL;
    }
    return status;
}

synrl_status subject_component(struct subject *subject, const synrl_data *data,
                               struct component **made) {
    return make(subject, subject->request->kind, subject->request->id, true, data, made);
}

static synrl_status set_chain(struct component *model, struct component *layer, size_t n_layers) {
    const struct value dense = {.kind = VALUE_STRING, .as.string = "dense"};
    struct value items[N_LAYERS_MOST + 1];
    for (size_t i = 0; i < n_layers; i++) {
        items[i] = (struct value){.kind = VALUE_COMPONENT, .as.component = layer};
    }
    items[n_layers] = dense;
    const struct value list = {.kind = VALUE_LIST, .as.list = {n_layers + 1, items}};
    SYNRL_TRY(component_set(model, "layers", &list));
    return component_finish(model);
}

synrl_status subject_model(struct subject *subject, const synrl_data *data, size_t n_layers,
                           struct component **made) {
    struct component *layer;
    if (subject->request->kind != SYNRL_KIND_LAYER) {
        return subject_component(subject, data, made);
    }
    *made = NULL;
    SYNRL_TRY(subject_component(subject, data, &layer));
    synrl_status status = component_create(subject->core, SYNRL_KIND_MODEL, "sequential", made);
    if (status == SYNRL_OK) {
        status = set_chain(*made, layer, n_layers);
    }
    component_release(layer);
    if (status != SYNRL_OK) {
        component_release(*made);
        *made = NULL;
    }
    return status;
}

synrl_status subject_helper(struct subject *subject, synrl_kind kind, const char *id,
                            const synrl_data *data, struct component **made) {
    return make(subject, kind, id, false, data, made);
}

synrl_status subject_sigmoid_mlp(struct subject *subject, const synrl_data *data,
                                 struct component **made) {
    SYNRL_TRY(component_create(subject->core, SYNRL_KIND_MODEL, "mlp", made));
    synrl_status status = component_set_text(*made, "activation", "sigmoid");
    status = status == SYNRL_OK ? component_set_text(*made, "output", "sigmoid") : status;
    status = status == SYNRL_OK ? configure(subject, *made, false, data) : status;
    if (status != SYNRL_OK) {
        component_release(*made);
        *made = NULL;
    }
    return status;
}

void experiment_close(struct experiment *experiment) {
    component_release(experiment->rule);
    component_release(experiment->loss);
    component_release(experiment->model);
    dataset_release(experiment->data);
    *experiment = (struct experiment){.name = NULL};
}
