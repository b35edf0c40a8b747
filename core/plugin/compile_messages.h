/* SPDX-License-Identifier: MIT */
/* What a C compiler has said, as lines of synrl. */
#ifndef COMPILE_MESSAGES_H
#define COMPILE_MESSAGES_H

#include "base/core.h"

/* Reads the messages in a file of a compiler that ended with this exit code. Warnings are logged. A
 * failure becomes the core's: the first error, "script.lua:12: ...", and how many follow;
 * *has_place: it begins with a place. */
synrl_status compile_messages(struct core *core, const char *path, int code, bool *has_place);

#endif
