/* SPDX-License-Identifier: MIT */
/* The checks of a plugin in a script of its author's: each run of the script is recorded, with one
 * thread, with several, and interrupted and resumed; what is recorded must be equal. */
#ifndef CHECK_SCRIPT_H
#define CHECK_SCRIPT_H

#include "check/subject.h"

/* SYNRL_OK whatever is found, which is reported; else the checks could not be made. */
synrl_status check_script(struct subject *subject);

#endif
