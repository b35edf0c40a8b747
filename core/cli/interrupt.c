/* SPDX-License-Identifier: MIT */
/* Invariant: while a script runs, every Lua thread that runs or waits for another to return to it
 * has the hook, or gets it when it goes on. A handler only sets flags and hooks, writes a line, or
 * ends the process. */
#include "cli/interrupt.h"

#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <pthread.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/count.h"
#include "cli/command.h"
#include "cli/crash.h"
#include "lua/settings.h"

/* After a signal, the program looks at itself so often, and so many times before it says what it
 * waits for. */
enum { LOOK_MICROSECONDS = 200000, LOOKS = 4 };

#define SHELL "/bin/sh"
extern char **environ;

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

static atomic_int interrupted, control, looks;
static atomic_int is_asked;            /* by SIGINT or SIGTERM */
static atomic_int has_ended, end_code; /* of the script */
static atomic_int is_exit, exit_code;  /* os.exit */
static lua_State *volatile main_state, *volatile running;

const atomic_int *interrupt_flag(void) {
    return &interrupted;
}

atomic_int *interrupt_control(void) {
    return &control;
}

bool interrupt_is_exit(int *code) {
    *code = exit_code;
    return is_exit != 0;
}

/* The hook ------------------------------------------------------------------------------------- */

/* An error in a schedule would leave an iteration half done: its end is awaited for a while. */
static void throw_interrupt(lua_State *L, lua_Debug *where) {
    (void)where;
    if (control != CONTROL_SCHEDULE || looks >= LOOKS) {
        luaL_error(L, is_exit != 0 ? "ended by os.exit" : "interrupted");
    }
}

static void set_hook(lua_State *L) {
    lua_sethook(L, throw_interrupt, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

/* Handlers ------------------------------------------------------------------------------------- */

static void handle(int number, void (*handler)(int number), int flags) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    for (size_t i = 0; i < COUNT_OF(signals); i++) {
        sigaddset(&action.sa_mask, signals[i]);
    }
    sigaction(number, &action, NULL);
}

static void say_awaited(void) {
    static const char script[] =
        "synrl: interrupted: waiting for a call of the script that cannot be interrupted, such as "
        "a finalizer; a second signal ends the program at once\n";
    static const char core[] =
        "synrl: interrupted: the run is being saved; a second signal ends the program at once\n";
    if (!crash_say_operation()) {
        const bool is_script = control != CONTROL_CORE;
        const ssize_t written = write(STDERR_FILENO, is_script ? script : core,
                                      is_script ? sizeof script - 1 : sizeof core - 1);
        (void)written;
    }
}

/* A read that the script waits in is ended, and fails, by a signal without SA_RESTART. Where
 * the core is at work, everything is restarted. */
static void on_look(int number) {
    looks++;
    if (has_ended != 0 && looks >= LOOKS) {
        _exit(end_code); /* a finalizer runs, or a process that the script has begun */
    }
    if (looks == LOOKS) {
        say_awaited();
    }
    handle(number, on_look, control == CONTROL_CORE ? (int)SA_RESTART : 0);
}

static void look_on(void) {
    const struct itimerval often = {.it_interval.tv_usec = LOOK_MICROSECONDS,
                                    .it_value.tv_usec = LOOK_MICROSECONDS};
    handle(SIGALRM, on_look, (int)SA_RESTART);
    setitimer(ITIMER_REAL, &often, NULL);
}

static void begin_ending(void) {
    interrupted = 1;
    set_hook(main_state);
    set_hook(running);
}

/* Only the second SIGINT or SIGTERM ends it at once: batch systems send one after SIGUSR1, and a
 * cell's process gets one with its whole group besides the SIGUSR1 of its sweep. */
static void on_signal(int number) {
    const bool asks = number == SIGINT || number == SIGTERM;
    if (has_ended != 0) {
        _exit(end_code);
    }
    if (interrupted == 0) {
        begin_ending();
        look_on();
    } else if (asks && is_asked != 0) {
        signal(number, SIG_DFL);
        raise(number); /* when this handler returns */
    }
    is_asked = is_asked != 0 || asks;
}

static void block(int how) {
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < COUNT_OF(signals); i++) {
        sigaddset(&set, signals[i]);
    }
    pthread_sigmask(how, &set, NULL);
}

void interrupt_catch(void) {
    block(SIG_BLOCK);
    for (size_t i = 0; i < COUNT_OF(signals); i++) {
        struct sigaction now;
        if (signals[i] != SIGHUP || sigaction(SIGHUP, NULL, &now) != 0 ||
            now.sa_handler != SIG_IGN) {
            handle(signals[i], on_signal, (int)SA_RESTART);
        }
    }
}

void interrupt_end(int code) {
    end_code = code;
    looks = LOOKS / 2;
    has_ended = 1;
}

/* Coroutines ----------------------------------------------------------------------------------- */

/* Runs the coroutine with the n values on top of the stack of L. Returns the number of results, on
 * top of the stack; -1: an error, on top of the stack. */
static int resume_with(lua_State *L, lua_State *coroutine, int n) {
    int n_results;
    if (lua_checkstack(coroutine, n) == 0) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    lua_xmove(L, coroutine, n);
    running = coroutine;
    if (interrupted != 0) {
        set_hook(coroutine);
    }
    const int status = lua_resume(coroutine, L, n, &n_results);
    running = L;
    if (interrupted != 0) {
        set_hook(L);
    }
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_xmove(coroutine, L, 1);
        return -1;
    }
    if (lua_checkstack(L, n_results + 1) == 0) {
        lua_pop(coroutine, n_results);
        lua_pushliteral(L, "too many results to resume");
        return -1;
    }
    lua_xmove(coroutine, L, n_results);
    return n_results;
}

/* (coroutine, ...) -> true, ... or false, error */
static int resume(lua_State *L) {
    lua_State *coroutine = lua_tothread(L, 1);
    luaL_argexpected(L, coroutine != NULL, 1, "coroutine");
    const int n = resume_with(L, coroutine, lua_gettop(L) - 1);
    lua_pushboolean(L, n >= 0);
    lua_insert(L, n >= 0 ? -(n + 1) : -2);
    return n >= 0 ? n + 1 : 2;
}

/* (...) -> ...; upvalue: the coroutine */
static int call_wrapped(lua_State *L) {
    lua_State *coroutine = lua_tothread(L, lua_upvalueindex(1));
    const int n = resume_with(L, coroutine, lua_gettop(L));
    if (n >= 0) {
        return n;
    }
    int status = lua_status(coroutine);
    if (status != LUA_OK && status != LUA_YIELD) { /* its variables with __close are closed */
        status = lua_resetthread(coroutine);
        lua_xmove(coroutine, L, 1);
    }
    if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

/* (function) -> function */
static int wrap(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *coroutine = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, coroutine, 1);
    lua_pushcclosure(L, call_wrapped, 1);
    return 1;
}

/* Beginning ------------------------------------------------------------------------------------ */

/* (code or boolean): as Lua's own, but runs that are going on are saved. */
static int exit_script(lua_State *L) {
    exit_code = lua_isboolean(L, 1) ? (lua_toboolean(L, 1) ? EXIT_SUCCESS : EXIT_FAILURE)
                                    : (int)luaL_optinteger(L, 1, EXIT_SUCCESS);
    is_exit = 1;
    begin_ending();
    return luaL_error(L, "ended by os.exit");
}

/* (command) -> as Lua's own, which would not notice a SIGINT. The command is ended by a signal that
 * ends the script. */
static int execute(lua_State *L) {
    const char *command = luaL_optstring(L, 1, NULL);
    const char *const words[] = {"sh", "-c", command, NULL};
    pid_t process;
    int status;
    if (command == NULL) {
        lua_pushboolean(L, access(SHELL, X_OK) == 0);
        return 1;
    }
    errno = posix_spawn(&process, SHELL, NULL, NULL, (char *const *)words, environ);
    if (errno != 0) {
        return luaL_execresult(L, -1);
    }
    while (waitpid(process, &status, 0) < 0) {
        if (errno != EINTR) {
            return luaL_execresult(L, -1);
        }
        if (interrupted != 0) {
            kill(process, SIGTERM);
        }
    }
    return luaL_execresult(L, status);
}

static void replace(lua_State *L, const char *library, const char *name, lua_CFunction function) {
    if (lua_getglobal(L, library) == LUA_TTABLE) {
        lua_pushcfunction(L, function);
        lua_setfield(L, -2, name);
    }
    lua_pop(L, 1);
}

void interrupt_begin(lua_State *L) {
    replace(L, LUA_OSLIBNAME, "exit", exit_script);
    replace(L, LUA_OSLIBNAME, "execute", execute);
    replace(L, LUA_COLIBNAME, "resume", resume);
    replace(L, LUA_COLIBNAME, "wrap", wrap);
    main_state = running = L;
    block(SIG_UNBLOCK);
}
