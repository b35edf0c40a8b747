/* Which process made a run, and whether it lives. Process numbers are used again, but not with the
 * same start in the same boot of the machine. */
#ifndef PROCESS_H
#define PROCESS_H

#include <jansson.h>

/* This process: {"pid", "start", "boot"}; start 0 or boot "" where this system does not tell. The
 * caller's reference. */
json_t *process_json(void);

enum process_life { PROCESS_GONE, PROCESS_ALIVE, PROCESS_UNKNOWN };
/* Of a process told by process_json, perhaps in another life of this machine; NULL is unknown. */
enum process_life process_life(const json_t *process);

#endif
