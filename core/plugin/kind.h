/* SPDX-License-Identifier: MIT */
/* The kinds of plugins by number, name and folder. */
#ifndef KIND_H
#define KIND_H

#include <stdbool.h>

#include "synrl/plugin.h"

const char *
kind_name(synrl_kind kind); /* "activation"; "unknown" for a number that is not a kind */
const char *kind_folder(synrl_kind kind);                /* "activations" */
bool kind_from_name(const char *name, synrl_kind *kind); /* "rule" */
/* The same for those that scripts make instances of. */
bool kind_for_scripts(const char *name, synrl_kind *kind);

/* For messages: "activation, loss, ...", all of them or those of kind_for_scripts. */
enum { KIND_LIST_SIZE = 128 };
const char *kind_list(bool for_scripts, char list[KIND_LIST_SIZE]);

#endif
