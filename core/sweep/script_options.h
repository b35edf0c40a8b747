/* SPDX-License-Identifier: MIT */
/* The options of a script, asked of a process of its own. */
#ifndef SCRIPT_OPTIONS_H
#define SCRIPT_OPTIONS_H

#include <jansson.h>

#include "base/core.h"

/* What `synrl run --json SCRIPT --help` prints: {option: {"type", "default", ...}}; the caller's
 * reference. NULL where the script does not say: it fails before it takes options, for one. `tick`
 * is called several times per second; its status, if not SYNRL_OK, ends the process and is
 * returned. */
synrl_status script_options_read(struct core *core, const char *script,
                                 synrl_status (*tick)(void *context), void *context,
                                 json_t **options);

#endif
