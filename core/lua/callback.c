/* SPDX-License-Identifier: MIT */
/* Errors of callbacks: the frames of Lua are gone once the error has left the protected call, so
 * they are written into its message before. */
#include "lua/callback.h"

#include <inttypes.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "lua/session.h"

enum { FRAMES_MAX = 8 };

struct guard {
    const struct callback *callback;
    lua_CFunction function; /* called protected: below it are the frames of the callback */
};

static bool is_function(lua_State *L, lua_Debug *frame, lua_CFunction function) {
    lua_getinfo(L, "f", frame);
    const bool is = lua_tocfunction(L, -1) == function;
    lua_pop(L, 1);
    return is;
}

static void add_frame(luaL_Buffer *text, int n, const lua_Debug *frame) {
    char line[24];
    snprintf(line, sizeof line, ":%d", frame->currentline);
    luaL_addstring(text, n == 0 ? ": " : ", ");
    luaL_addstring(text, frame->short_src);
    luaL_addstring(text, line);
    if (frame->name != NULL) {
        luaL_addstring(text, " in ");
        luaL_addstring(text, frame->name);
    }
}

/* Whether the message begins with the frame's place. */
static bool is_place(const char *message, const lua_Debug *frame) {
    char place[LUA_IDSIZE + 24];
    const int n = snprintf(place, sizeof place, "%s:%d:", frame->short_src, frame->currentline);
    return strncmp(message, place, (size_t)n) == 0;
}

/* The next frame of Lua after the level, which it moves; false at the end of the callback's. */
static bool next_frame(lua_State *L, lua_CFunction end, int *level, lua_Debug *frame) {
    while (lua_getstack(L, ++*level, frame) != 0 && !is_function(L, frame, end)) {
        lua_getinfo(L, "Sln", frame);
        if (frame->currentline > 0) {
            return true;
        }
    }
    return false;
}

/* The frames of Lua from the innermost on, unless it is only the one that the message names. */
static void add_frames(lua_State *L, luaL_Buffer *text, lua_CFunction end, const char *message) {
    lua_Debug frame, next;
    int level = 0;
    bool has = next_frame(L, end, &level, &frame);
    for (int n = 0; has; n++) {
        has = next_frame(L, end, &level, &next);
        if (n == 0 && !has && is_place(message, &frame)) {
            return;
        }
        if (n == FRAMES_MAX) {
            luaL_addstring(text, ", ...");
            return;
        }
        add_frame(text, n, &frame);
        frame = next;
    }
}

/* (message) -> message; the upvalue is the guard. Objects stay as they are. */
static int explain(lua_State *L) {
    const struct guard *guard = lua_touserdata(L, lua_upvalueindex(1));
    const struct callback *callback = guard->callback;
    luaL_Buffer text;
    lua_settop(L, 1);
    if (lua_type(L, 1) != LUA_TSTRING || callback->name == NULL) {
        return 1;
    }
    const char *message = lua_tostring(L, 1);
    luaL_buffinit(L, &text);
    luaL_addstring(&text, message);
    luaL_addstring(&text, " (in ");
    luaL_addstring(&text, callback->name);
    if (callback->id != NULL) {
        luaL_addstring(&text, " of ");
        luaL_addstring(&text, callback->kind);
        luaL_addstring(&text, " \"");
        luaL_addstring(&text, callback->id);
        luaL_addstring(&text, "\"");
    }
    if (callback->iteration != ITERATION_NONE) {
        char iteration[48];
        snprintf(iteration, sizeof iteration, " at iteration %" PRIu64, callback->iteration);
        luaL_addstring(&text, iteration);
    }
    if (callback->sample > 0) {
        char sample[48];
        snprintf(sample, sizeof sample, " of sample %" PRIu64, callback->sample);
        luaL_addstring(&text, sample);
    }
    add_frames(L, &text, guard->function, message);
    luaL_addstring(&text, ")");
    luaL_pushresult(&text);
    if (session_of(L)->settings->traceback && strstr(message, TRACEBACK) == NULL) {
        luaL_traceback(L, L, lua_tostring(L, -1), 1);
    }
    return 1;
}

/* Calls what is below the n arguments. What it returns, or its error, is on top of the stack. */
static int call_guarded(lua_State *L, const struct guard *guard, int n, int n_results) {
    const int function = lua_gettop(L) - n;
    lua_pushlightuserdata(L, (void *)guard);
    lua_pushcclosure(L, explain, 1);
    lua_insert(L, function);
    const int outcome = lua_pcall(L, n, n_results, function);
    lua_remove(L, function);
    return outcome;
}

int callback_call(lua_State *L, struct callback *callback, int n) {
    const struct guard guard = {callback, lua_tocfunction(L, lua_gettop(L) - n)};
    return call_guarded(L, &guard, n, 0);
}

void callback_ask(lua_State *L, const char *name, uint64_t sample, int n) {
    const struct callback callback = {.name = name, .iteration = ITERATION_NONE, .sample = sample};
    lua_Debug running;
    lua_getstack(L, 0, &running);
    lua_getinfo(L, "f", &running);
    const struct guard guard = {&callback, lua_tocfunction(L, -1)};
    lua_pop(L, 1);
    if (call_guarded(L, &guard, n, 1) != LUA_OK) {
        lua_error(L);
    }
}
