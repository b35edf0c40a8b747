/* SPDX-License-Identifier: MIT */
/* Whether a plugin is what its author believes: each check runs it in a small experiment of its
 * own, or a script, in more than one way, and compares what must be equal. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>

#include "base/core.h"
#include "plugin/kind.h"

struct check_request {
    synrl_kind kind;
    const char *id;
    size_t n_settings;
    const char *const *settings; /* "name=value": parameters of the plugin; or, with a script, its
                                    options */
    const char *script;          /* or NULL */
    struct operation *running;   /* see core_options */
    bool quiet;                  /* no line for what holds */
};

/* One line per check on `to`: "ok", "note" or "wrong", the check's name, and what was found.
 * *n_wrong counts the last. Another status than SYNRL_OK: the checks could not be made; the reason
 * is on stderr. */
synrl_status check_plugin(const struct check_request *request, FILE *to, size_t *n_wrong);
/* The exit code of a process without memory for what follows. */
enum { BITS_NO_MEMORY = 12 };
/* What check_plugin asks another process for: the bytes by which each use of the plugin makes it
 * grow, and the results that must be equal everywhere, by hash and name. */
synrl_status check_bits(const struct check_request *request, FILE *to);

#endif
