/* SPDX-License-Identifier: MIT */
/* The kinds of plugins, each with the folder that holds those of its kind. */
#include "plugin/kind.h"

#include <stdio.h>
#include <string.h>

#include "base/count.h"

static const struct {
    const char *name, *folder;
} kinds[] = {
    [SYNRL_KIND_ACTIVATION] = {"activation", "activations"},
    [SYNRL_KIND_LOSS] = {"loss", "losses"},
    [SYNRL_KIND_DATASET] = {"dataset", "datasets"},
    [SYNRL_KIND_MODEL] = {"model", "models"},
    [SYNRL_KIND_RULE] = {"rule", "rules"},
    [SYNRL_KIND_LAYER] = {"layer", "layers"},
    [SYNRL_KIND_COMM] = {"comm", "comm"},
};
enum { N_KINDS = COUNT_OF(kinds) };

static bool is_kind(synrl_kind kind) {
    return (unsigned)kind < N_KINDS && kinds[kind].name != NULL;
}

const char *kind_name(synrl_kind kind) {
    return is_kind(kind) ? kinds[kind].name : "unknown";
}

const char *kind_folder(synrl_kind kind) {
    return is_kind(kind) ? kinds[kind].folder : "unknown";
}

bool kind_from_name(const char *name, synrl_kind *kind) {
    for (unsigned k = SYNRL_KIND_ACTIVATION; k < N_KINDS; k++) {
        if (strcmp(name, kinds[k].name) == 0 || strcmp(name, kinds[k].folder) == 0) {
            *kind = (synrl_kind)k;
            return true;
        }
    }
    return false;
}

static bool is_for_scripts(synrl_kind kind) {
    return kind != SYNRL_KIND_COMM;
}

bool kind_for_scripts(const char *name, synrl_kind *kind) {
    return kind_from_name(name, kind) && is_for_scripts(*kind);
}

const char *kind_list(bool for_scripts, char list[KIND_LIST_SIZE]) {
    size_t length = 0;
    for (unsigned k = SYNRL_KIND_ACTIVATION; k < N_KINDS; k++) {
        if (!for_scripts || is_for_scripts((synrl_kind)k)) {
            length += (size_t)snprintf(list + length, KIND_LIST_SIZE - length, "%s%s",
                                       length > 0 ? ", " : "", kinds[k].name);
        }
    }
    return list;
}
