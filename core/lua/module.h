/* SPDX-License-Identifier: MIT */
/* The entry of the Lua module. Without settings, under the stock interpreter, it uses
 * settings_default. */
#ifndef MODULE_H
#define MODULE_H

#include "lua/json.h"
#include "lua/settings.h"
#include "sweep/sweep.h"

/* The module, for `require "synrl"`. */
int luaopen_synrl(lua_State *L);

#endif
