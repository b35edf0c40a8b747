/* SPDX-License-Identifier: MIT */
/* The settings, which the program stores in Lua's registry before the module is opened. */
#include "lua/settings.h"

#include <lauxlib.h>
#include <stdio.h>

/* Its address is the key. */
static const char settings_key;

static void log_to_stderr(void *context, synrl_log_level level, const char *line) {
    (void)context;
    if (level == SYNRL_LOG_WARNING) {
        fprintf(stderr, "synrl: warning: %s\n", line);
    }
}

struct settings settings_default(void) {
    return (struct settings){.runs = "runs", .pictures = true, .seed = 1, .log = log_to_stderr};
}

void settings_give(lua_State *L, struct settings *settings) {
    lua_pushlightuserdata(L, settings);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &settings_key);
}

struct settings *settings_of(lua_State *L, struct settings *otherwise) {
    const bool is_given = lua_rawgetp(L, LUA_REGISTRYINDEX, &settings_key) == LUA_TLIGHTUSERDATA;
    struct settings *settings = is_given ? lua_touserdata(L, -1) : otherwise;
    lua_pop(L, 1);
    return settings;
}
