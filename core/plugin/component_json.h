/* SPDX-License-Identifier: MIT */
/* Components from what a run recorded of them. */
#ifndef COMPONENT_JSON_H
#define COMPONENT_JSON_H

#include "plugin/component.h"

/* Makes it again from component_json. A policy is not in there: it is read from `policy_path`, and
 * must be the one meant. SYNRL_UNSUPPORTED where a parameter was a function of the script, or the
 * plugin was made from code that this user has not compiled before, unless it may be: compiling
 * runs what the record says. */
synrl_status component_from_json(struct core *core, synrl_kind kind, const json_t *json,
                                 const char *policy_path, bool may_compile,
                                 struct component **made);
/* The same without policies and code, but with these parameters, "NAME=VALUE", in place of the
 * recorded ones; "NAME=": as if none were recorded. */
synrl_status component_from_json_but(struct core *core, synrl_kind kind, const json_t *json,
                                     size_t n, char *const *settings, struct component **made);

#endif
