/* SPDX-License-Identifier: MIT */
/* The file of this program; the process that made a run, and whether it is alive. Process ids are
 * reused, but not with the same start time in the same boot of the machine. */
#ifndef PROCESS_H
#define PROCESS_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include <jansson.h>

/* The executable file of this process; false where the system does not report it. */
bool process_program(char path[PATH_MAX]);

/* From now on this process gets SIGUSR1, perhaps more than once, when its parent ends. False if
 * `parent` is not its parent any more: it has ended already. */
bool process_end_with(pid_t parent);

/* This process: {"pid", "start", "boot", "namespace", "host"}; start is 0 and the texts are ""
 * where the system does not report them. The caller's reference. */
json_t *process_json(void);

/* PROCESS_HIDDEN: in another container of this machine; PROCESS_UNKNOWN: on another machine, or not
 * described. */
enum process_life { PROCESS_GONE, PROCESS_ALIVE, PROCESS_HIDDEN, PROCESS_UNKNOWN };
/* Whether the process described by process_json, perhaps before a reboot, is alive; NULL is
 * unknown. */
enum process_life process_life(const json_t *process);
/* "host" of it where that is not this one; NULL: it is this one, or not known. */
const char *process_other_host(const json_t *process);

#endif
