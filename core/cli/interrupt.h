/* SPDX-License-Identifier: MIT */
/* How a running script is ended from outside: by SIGINT, SIGTERM, SIGHUP, SIGUSR1 or SIGUSR2, or by
 * its own os.exit. Either throws an error in it again and again, so that no pcall stops it, and a
 * run that is going on is saved as interrupted.
 *
 * The first signal ends the program within a second, or a line says what it waits for. A further
 * SIGINT or SIGTERM ends it at once. */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <lua.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Signals that arrive from now on wait for interrupt_begin, and those of all threads started
 * before it for ever. A SIGHUP that is ignored, as under nohup, stays ignored. */
void interrupt_catch(void);
/* Signals are for the script that is about to run in this state, whose libraries are open: it gets
 * functions os.exit, os.execute, coroutine.resume and coroutine.wrap that know of them. */
void interrupt_begin(lua_State *L);
/* The script has ended: from now on a signal ends the program at once, with this exit code. May be
 * called again. */
void interrupt_end(int code);

/* Not 0: the script is to end, as for settings.interrupted. */
const atomic_int *interrupt_flag(void);
/* As for settings.control. */
atomic_int *interrupt_control(void);
/* Whether the script has called os.exit, and with which exit code. */
bool interrupt_is_exit(int *code);

#endif
