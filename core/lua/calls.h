/* SPDX-License-Identifier: MIT */
/* The runs of one call of the program. */
#ifndef LUA_CALLS_H
#define LUA_CALLS_H

#include "lua/session.h"

/* The invocation of the next run of this call. Before the first, if a run is to be resumed, finds
 * the existing ones. The strings live as long as the session. */
synrl_status calls_next_run(struct session *session, struct recorder_options *options,
                            struct invocation *invocation);

#endif
