/* SPDX-License-Identifier: MIT */
/* A component: a plugin and its parameters, set and checked, ready to be put to work.
 *
 * Counted references. Its config struct never changes after component_finish, and it holds on to
 * everything the config points to (strings, lists, policies, schedules, activations). */
#ifndef COMPONENT_H
#define COMPONENT_H

#include <jansson.h>

#include "plugin/registry.h"
#include "plugin/value.h"
#include "synrl/activation.h"
#include "synrl/layer.h"

/* Finds the plugin. Then: component_set for each parameter given, component_finish once. Messages
 * begin with the kind and id: rule "qlearning": unknown parameter "gama", did you mean "gamma"? */
synrl_status component_create(struct core *core, synrl_kind kind, const char *id,
                              struct component **component);
/* The same for a plugin that is part of the program, in no file. */
synrl_status component_create_of(struct core *core, const struct plugin *plugin,
                                 struct component **component);
/* Checks type and range; a parameter may be set once. An integral NUMBER does for an integer, an
 * integer or number for a schedule; the id of an activation or layer for a component; one item for
 * a list.
 */
synrl_status component_set(struct component *component, const char *name,
                           const struct value *value);
/* The same from text, as a default is written: "0.25", "tanh", "{2, 100, 1}". */
synrl_status component_set_text(struct component *component, const char *name, const char *text);
/* The same from "NAME=VALUE", which has a "=". */
synrl_status component_set_line(struct component *component, const char *line);
/* Fills in defaults; fails where a required parameter is missing. */
synrl_status component_finish(struct component *component);
/* component_create and component_finish, all parameters at their defaults. */
synrl_status component_create_default(struct core *core, synrl_kind kind, const char *id,
                                      struct component **component);

struct component *component_retain(struct component *component);
void component_release(struct component *component); /* NULL is allowed */

const struct plugin *component_plugin(const struct component *component);
const void *component_config(const struct component *component); /* after finish */
/* Component number i of those that are values of its parameters; NULL after the last. */
const struct component *component_part(const struct component *component, size_t i);
/* The same of policies. */
const synrl_policy *component_policy(const struct component *component, size_t i);
/* The activation or loss, of this component and its parts, that is a function of the script and so
 * can only run on the main thread; NULL: none. */
const struct component *component_in_script(const struct component *component);
/* For the operations of an activation or loss, which have no instance of their own. */
struct host *component_host(struct component *component);
/* For SYNRL_KIND_ACTIVATION, and SYNRL_KIND_LAYER: as models are handed it. */
const synrl_activation *component_activation(const struct component *component);
const synrl_layer *component_layer(const struct component *component);
/* The kind of the components that are values of a parameter of this type. */
synrl_kind param_kind(synrl_param_type type);

/* {"id": ..., "version": ..., "file": ..., "parameters": {...}}, for run.json; a policy is written
 * as
 * {"n_actions", "n_rewards", "hash"}, a schedule as a number, a list of steps or "function". NULL
 * with the message set where there is no memory. */
json_t *component_json(const struct component *component);

/* A record does not hold functions of the script: the name of the parameter that is one, or the
 * component's own id where it is one itself; NULL where the record holds all of it. */
const char *component_function(const struct component *component);

#endif
