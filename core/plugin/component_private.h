/* SPDX-License-Identifier: MIT */
/* What component.c and component_param.c share: a component, and what it holds for one parameter.
 * They need each other, since the parameters of a component may be components. */
#ifndef COMPONENT_PRIVATE_H
#define COMPONENT_PRIVATE_H

#include "base/host.h"
#include "plugin/component.h"

/* What a component holds on behalf of one parameter. */
struct slot {
    bool is_set;
    void *memory;              /* a string, the items of a list */
    struct schedule *schedule; /* with its bounds */
    const synrl_policy *policy;
    size_t n_components;
    struct component **components; /* activations, layers */
};

struct component {
    struct core *core;
    size_t references;
    const struct plugin *plugin;
    struct host host;
    void *config;                /* [entry->config_size] */
    struct slot *slots;          /* [entry->n_params] */
    synrl_activation activation; /* what models are handed: one of the two */
    synrl_layer layer;
};

/* One parameter: from a script's value, or from text as defaults are written, into the config; and
 * back for the run's record. */
synrl_status param_set(struct component *component, uint32_t p, const struct value *value);
synrl_status param_set_text(struct component *component, uint32_t p, const char *text);
void param_release(struct component *component, uint32_t p);
json_t *param_json(const struct component *component, uint32_t p);

#endif
