/* The runs of one call of the program. */
#ifndef LUA_CALLS_H
#define LUA_CALLS_H

#include "lua/session.h"

/* Which run of this call comes next. Before the first it finds out, where a run is to be resumed,
 * which ones there are. What it fills in lives as long as the session. */
synrl_status calls_next_run(struct session *session, struct recorder_options *options,
                            struct invocation *invocation);

#endif
