/* Components as Lua objects. */
#ifndef LUA_COMPONENT_H
#define LUA_COMPONENT_H

#include "lua/box.h"
#include "plugin/component.h"

/* An empty box, to be filled. */
struct component **component_push(lua_State *L);
/* What the box at the index holds, or NULL where it is none of this kind. */
struct component *component_at(lua_State *L, int index);
synrl_kind component_kind(const struct component *component);
extern const struct type component_type;

#endif
