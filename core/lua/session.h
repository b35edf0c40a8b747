/* What the files of the Lua module share: one session per Lua state. It holds the core and is
 * closed last.
 *
 * An error of Lua never jumps over code of the core: callbacks run protected, their error is kept,
 * the core returns a failure, and session_raise throws what was kept. */
#ifndef LUA_SESSION_H
#define LUA_SESSION_H

#include <lauxlib.h>
#include <lua.h>

#include "lua/box.h"
#include "lua/settings.h"

struct session {
    struct core *core;
    struct settings *settings;
    struct settings defaults; /* where the program gave none */
    lua_State *L;             /* the thread that last called into the module: callbacks run on it */
    bool has_error;           /* a callback failed, and its error is kept */
    uint64_t seed;            /* of runs that name none */
    char call_id[128];        /* what the runs recorded here have in common; "": none yet */
    char folder[4096];        /* the working folder; "": not known */
    uint64_t n_recorded;      /* runs begun */
    uint64_t n_sweeps;        /* sweeps begun */
    json_t *earlier;          /* the call's runs from before, {"1": folder, ...}; or NULL */
};

void session_open(lua_State *L);          /* unless it is open */
struct session *session_of(lua_State *L); /* once it is open; never fails */

/* Errors --------------------------------------------------------------------------------------- */

/* Throws "script:line: message", with the place of the innermost Lua code that is being run. */
_Noreturn void session_fail(lua_State *L, const char *format, ...);
/* Throws the error that a callback left, or else the core's message. */
_Noreturn void session_raise(lua_State *L, struct session *session);
void session_check(lua_State *L, struct session *session, synrl_status status);
/* Keeps the error on top of the stack for session_raise, and pops it. Allocates nothing. */
synrl_status session_keep_error(lua_State *L, struct session *session);
/* Whether the user wants everything to end. */
bool session_interrupted(struct session *session);

/* A box for a string of the core's; the string is freed with the box. */
char **text_push(lua_State *L);
extern const struct type text_type;

#endif
