/* SPDX-License-Identifier: MIT */
/* The session, one per Lua state, shared by the files of the Lua module. It holds the core and is
 * closed last.
 *
 * An error of Lua never jumps over code of the core: callbacks run protected, their error is kept,
 * the core returns a failure, and session_raise throws the kept error. */
#ifndef LUA_SESSION_H
#define LUA_SESSION_H

#include <lauxlib.h>
#include <lua.h>

#include "lua/box.h"
#include "lua/settings.h"

struct session {
    struct core *core;
    struct settings *settings;
    struct settings defaults; /* if the program gave none */
    lua_State *L;             /* the thread that last called into the module, on which callbacks
                               * run */
    bool has_error;           /* a callback failed, and its error is kept */
    bool is_in_pass;          /* a function of an activation or a loss runs */
    bool has_noted_threads;   /* that a script's activations and losses run on one */
    bool is_watched;          /* sources_watch has been called */
    uint64_t seed;            /* of runs without a seed */
    char call_id[128];        /* shared by the runs recorded here; "": none yet */
    char folder[4096];        /* the working folder; "": unknown */
    uint64_t n_recorded;      /* runs started */
    bool has_longer;          /* one of them was trained longer than the script says */
    uint64_t n_sweeps;        /* sweeps started */
    json_t *options;          /* of the script, with their values; NULL: it has none */
    json_t *earlier;          /* the runs of the call that is resumed, {"1": folder, ...}; or
                               * NULL */
};

void session_open(lua_State *L);          /* unless it is open already */
struct session *session_of(lua_State *L); /* after session_open; throws after its end */

/* The core; NULL while the state is being closed. Unlike session_of, it does not make this thread
 * the one on which callbacks run. */
struct core *session_core(lua_State *L);

/* Errors --------------------------------------------------------------------------------------- */

/* Throws "script:line: message", with the position of the innermost running Lua code. */
_Noreturn void session_fail(lua_State *L, const char *format, ...);
/* Throws the error kept from a callback, or else the core's message. */
_Noreturn void session_raise(lua_State *L, struct session *session);
void session_check(lua_State *L, struct session *session, synrl_status status);
/* Keeps the error on top of the stack for session_raise, and pops it. Allocates nothing. */
synrl_status session_keep_error(lua_State *L, struct session *session);
/* What separates a message from the traceback that follows it. */
#define TRACEBACK "\nstack traceback:\n"
/* Whether the user has interrupted the program. */
bool session_interrupted(struct session *session);

/* Notes what runs from now on, and returns what ran before. */
enum control session_control(struct session *session, enum control now);

/* A box for a string of the core, freed with the box. */
char **text_push(lua_State *L);
extern const struct type text_type;

#endif
